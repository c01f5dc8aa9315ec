// The documents of a workspace, a page at a time: found by name and state, sorted.

import Alert from "@mui/material/Alert";
import MenuItem from "@mui/material/MenuItem";
import Table from "@mui/material/Table";
import TableBody from "@mui/material/TableBody";
import TableCell from "@mui/material/TableCell";
import TableContainer from "@mui/material/TableContainer";
import TableHead from "@mui/material/TableHead";
import TableRow from "@mui/material/TableRow";
import TableSortLabel from "@mui/material/TableSortLabel";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useDeferredValue, useMemo, useState } from "react";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import type { DocumentState } from "@/lib/types";
import { PAGE, useDocumentActions, useDocuments, type Sort, type Wanted } from "./api";
import { DocumentRow, type RowActions } from "./DocumentRow";
import { Pager } from "./Pager";
import { STATES } from "./StateChip";

const SORTS: Sort[] = ["name", "state", "size", "added"];
const FIRST: Record<Sort, "asc" | "desc"> = { name: "asc", state: "asc", size: "desc", added: "desc" };

export function DocumentTable({ workspace, busy, writable }: { workspace: string; busy: boolean; writable: boolean }) {
  const [wanted, setWanted] = useState<Wanted>({ state: "", name: "", sort: "added", order: "desc", start: 0 });
  const name = useDeferredValue(wanted.name.trim());
  const documents = useDocuments(workspace, { ...wanted, name }, busy);
  const { removeDocument, cancelReading, readAgain } = useDocumentActions(workspace);
  const { hidden, removeLater, fail } = useNotices();
  const change = (part: Partial<Wanted>) => setWanted({ ...wanted, start: 0, ...part });
  const sortBy = (sort: Sort) => change({ sort, order: sort === wanted.sort ? (wanted.order === "asc" ? "desc" : "asc") : FIRST[sort] });
  const actions = useMemo((): RowActions => ({
    erase: (one) => removeLater({ key: `document ${one.id}`, label: one.title, run: () => removeDocument(one.id) }),
    cancel: (one) => void cancelReading(one.id).catch(fail),
    retry: (one) => void readAgain(one.id).catch(fail),
  }), [workspace, removeLater, fail]); // eslint-disable-line -- the others are new at each drawing and do the same
  const { items = [], total = 0 } = documents.data ?? {};
  if (documents.isSuccess && !documents.isPlaceholderData && !items.length && total > 0 && wanted.start > 0) change({ start: PAGE * Math.floor((total - 1) / PAGE) }); // its last row was deleted
  const shown = items.filter((one) => !hidden.has(`document ${one.id}`));
  const nothing = documents.isSuccess && !documents.isPlaceholderData && shown.length === 0 && !name && !wanted.state;
  const head = (sort: Sort, label: string, place: { align?: "right"; className?: string } = {}) => (
    <TableCell {...place} sortDirection={wanted.sort === sort && wanted.order}><TableSortLabel active={wanted.sort === sort} direction={wanted.sort === sort ? wanted.order : FIRST[sort]} onClick={() => sortBy(sort)}>{label}</TableSortLabel></TableCell>
  );
  return (
    <>
      <div className="table-head">
        <Typography variant="h6" component="h2">{t.files}</Typography>
        {documents.data && !nothing && <>
          <TextField type="search" placeholder={t.filterByName} value={wanted.name} onChange={(event) => change({ name: event.target.value })} slotProps={{ htmlInput: { "aria-label": t.filterByName, maxLength: 500 } }} />
          <TextField select label={t.state} value={wanted.state} onChange={(event) => change({ state: event.target.value as DocumentState | "" })} sx={{ minWidth: 120 }} slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}>
            <MenuItem value="">{t.allStates}</MenuItem>
            {STATES.map((one) => <MenuItem key={one} value={one}>{t.states[one]}</MenuItem>)}
          </TextField>
          <TextField select label={t.sort} value={wanted.sort} onChange={(event) => change({ sort: event.target.value as Sort, order: FIRST[event.target.value as Sort] })} sx={{ minWidth: 120 }}>
            {SORTS.map((one) => <MenuItem key={one} value={one}>{t.sorts[one]}</MenuItem>)}
          </TextField>
        </>}
      </div>
      {documents.isError && <Alert severity="error">{told(documents.error)}</Alert>}
      {nothing && writable && <div className="first-drop"><Icon name="upload" fontSize="large" color="primary" /><span>{t.noDocumentsText}</span></div>}
      {documents.isSuccess && shown.length === 0 && !nothing && <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{t.noneMatch}</Typography>}
      {shown.length > 0 && (
        <TableContainer aria-busy={documents.isPlaceholderData}>
          <Table size="small" className="documents" aria-label={t.files}>
            <TableHead><TableRow>{head("name", t.name)}{head("state", t.state)}{head("size", t.size, { align: "right", className: "optional" })}{head("added", t.added, { className: "optional" })}<TableCell><span className="visually-hidden">{t.rowActions}</span></TableCell></TableRow></TableHead>
            <TableBody>{shown.map((one) => <DocumentRow key={one.id} document={one} actions={writable ? actions : null} />)}</TableBody>
          </Table>
        </TableContainer>
      )}
      <Pager start={wanted.start} size={PAGE} total={total} onStart={(start) => change({ start })} />
    </>
  );
}
