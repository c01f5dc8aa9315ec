// The documents of a workspace: filtered by name and state, each with its state and the reason.

import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import MenuItem from "@mui/material/MenuItem";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import TextField from "@mui/material/TextField";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { memo, useDeferredValue, useState } from "react";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { bytes, date } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Document, DocumentState } from "@/lib/types";
import { useDocumentActions, useDocuments } from "./api";
import { StateChip, STATES } from "./StateChip";

const ROWS = 300; // drawn at once

export function DocumentTable({ workspace, busy, writable }: { workspace: string; busy: boolean; writable: boolean }) {
  const [state, setState] = useState<DocumentState | "">("");
  const [typed, setTyped] = useState("");
  const [most, setMost] = useState(ROWS);
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  const documents = useDocuments(workspace, state, busy);
  const { removeDocument } = useDocumentActions(workspace);
  const { hidden, removeLater } = useNotices();
  const all = (documents.data?.pages ?? []).flatMap((page) => page.items).filter((one) => !hidden.has(`document ${one.id}`) && one.path.toLowerCase().includes(wanted));
  const more = all.length > most ? () => setMost(most + ROWS) : documents.hasNextPage ? () => void documents.fetchNextPage() : null;
  const erase = (one: Document) => removeLater({ key: `document ${one.id}`, label: one.title, run: () => removeDocument(one.id) });
  return (
    <>
      <div className="table-head">
        <Typography variant="h6" component="h2">{t.files}</Typography>
        <TextField type="search" placeholder={t.filterByName} value={typed} onChange={(event) => setTyped(event.target.value)} slotProps={{ htmlInput: { "aria-label": t.filterByName } }} />
        <TextField select label={t.state} value={state} onChange={(event) => setState(event.target.value as DocumentState | "")} sx={{ minWidth: 130 }} slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}>
          <MenuItem value="">{t.allStates}</MenuItem>
          {STATES.map((one) => <MenuItem key={one} value={one}>{t.states[one]}</MenuItem>)}
        </TextField>
      </div>
      {documents.isSuccess && all.length === 0
        ? <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{typed || state ? t.noneMatch : t.noDocumentsText}</Typography>
        : <TableContainer>
            <Table size="small" className="documents">
              <TableHead><TableRow><TableCell>{t.name}</TableCell><TableCell>{t.state}</TableCell><TableCell align="right" className="optional">{t.size}</TableCell><TableCell className="optional">{t.added}</TableCell><TableCell /></TableRow></TableHead>
              <TableBody>{all.slice(0, most).map((one) => <Row key={one.id} document={one} onDelete={writable ? erase : undefined} />)}</TableBody>
            </Table>
          </TableContainer>}
      {more && <Button fullWidth size="small" onClick={more}>{t.loadMore}</Button>}
    </>
  );
}

const Row = memo(function Row({ document: one, onDelete }: { document: Document; onDelete: ((one: Document) => void) | undefined }) {
  const uploaded = one.path === one.title; // what belongs to a folder is deleted there
  return (
    <TableRow hover>
      <TableCell sx={{ overflowWrap: "anywhere" }}>
        <a href={`#/documents/${one.id}`} dir="auto">{one.title}</a>
        {!uploaded && <Typography variant="caption" color="textSecondary" component="div" dir="auto">{one.path}</Typography>}
        {one.reason && one.state !== "ok" && <Typography variant="caption" color="error" component="div">{one.reason}</Typography>}
      </TableCell>
      <TableCell><StateChip state={one.state} reason={one.reason} /></TableCell>
      <TableCell align="right" className="optional" sx={{ whiteSpace: "nowrap" }}>{bytes(one.size_bytes)}</TableCell>
      <TableCell className="optional" sx={{ whiteSpace: "nowrap" }}>{date(one.created_at)}</TableCell>
      <TableCell align="right">{onDelete && uploaded && <Tooltip title={t.delete}><IconButton size="small" aria-label={`${t.delete}: ${one.title}`} onClick={() => onDelete(one)}><Icon name="trash" /></IconButton></Tooltip>}</TableCell>
    </TableRow>
  );
});
