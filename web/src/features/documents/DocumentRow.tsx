// One document of the list: its state, the reason, and what can be done.

import IconButton from "@mui/material/IconButton";
import TableCell from "@mui/material/TableCell";
import TableRow from "@mui/material/TableRow";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { memo } from "react";
import { Icon, type IconName } from "@/components/Icon";
import { bytes, date } from "@/lib/format";
import { reasonInWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import type { Document } from "@/lib/types";
import { StateChip } from "./StateChip";

export interface RowActions { erase: (one: Document) => void; cancel: (one: Document) => void; retry: (one: Document) => void }

export const isWaiting = ({ state }: Document) => state === "queued" || state === "reading";
/** The server's rule: what was left out by a rule stays out. */
export const canRetry = ({ state, reason }: Document) => state === "failed" || state === "partial" || (state === "skipped" && reason === "cancelled");

/** `actions` is null where the documents are only to be read. */
export const DocumentRow = memo(function DocumentRow({ document: one, actions }: { document: Document; actions: RowActions | null }) {
  const button = (label: string, icon: IconName, act: (one: Document) => void) => (
    <Tooltip title={label}><IconButton size="small" aria-label={`${label}: ${one.title}`} onClick={() => act(one)}><Icon name={icon} /></IconButton></Tooltip>
  );
  return (
    <TableRow hover>
      <TableCell sx={{ overflowWrap: "anywhere" }}>
        <a href={`#/documents/${one.id}`} dir="auto">{one.title}</a>
        {one.path !== one.title && <Typography variant="caption" color="textSecondary" component="div" dir="auto">{one.path}</Typography>}
        {one.reason && one.state !== "ok" && <Typography variant="caption" color={one.state === "failed" ? "error" : "textSecondary"} component="div">{reasonInWords(one.reason)}</Typography>}
      </TableCell>
      <TableCell><StateChip document={one} /></TableCell>
      <TableCell align="right" className="optional" sx={{ whiteSpace: "nowrap" }}>{bytes(one.size_bytes)}</TableCell>
      <TableCell className="optional" sx={{ whiteSpace: "nowrap" }}>{date(one.created_at)}</TableCell>
      <TableCell align="right" className="row-actions">
        {actions && isWaiting(one) && button(t.cancelReading, "stop", actions.cancel)}
        {actions && canRetry(one) && button(t.retry, "regenerate", actions.retry)}
        {actions && one.source === null && button(t.delete, "trash", actions.erase)}
      </TableCell>
    </TableRow>
  );
});
