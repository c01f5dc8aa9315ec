// The state of a document in words and colour, with the reason where there is one.

import Chip from "@mui/material/Chip";
import Tooltip from "@mui/material/Tooltip";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Counts, Document, DocumentState } from "@/lib/types";

const COLOURS: Record<DocumentState, "success" | "info" | "warning" | "error" | "default"> = {
  ok: "success", queued: "default", reading: "info", indexing: "info", partial: "warning", skipped: "default", failed: "error",
};
export const STATES = Object.keys(COLOURS) as DocumentState[];

export function StateChip({ document: { state, reason, chunks_so_far } }: { document: Pick<Document, "state" | "reason" | "chunks_so_far"> }) {
  const label = chunks_so_far > 0 ? t.chunking(count(chunks_so_far)) : t.states[state];
  return <Tooltip title={reason}><Chip size="small" variant="outlined" color={COLOURS[state]} label={label} /></Tooltip>;
}

export function StateChips({ counts }: { counts: Counts }) {
  return <>{STATES.filter((state) => counts[state]).map((state) => <Chip key={state} size="small" variant="outlined" color={COLOURS[state]} label={`${t.states[state]} ${count(counts[state] ?? 0)}`} />)}</>;
}
