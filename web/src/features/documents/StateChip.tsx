// The state of a document in words and colour, with the reason where there is one.

import Chip from "@mui/material/Chip";
import Tooltip from "@mui/material/Tooltip";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Counts, DocumentState } from "@/lib/types";

const COLOURS: Record<DocumentState, "success" | "info" | "warning" | "error" | "default"> = {
  ok: "success", queued: "default", reading: "info", indexing: "info", partial: "warning", skipped: "default", failed: "error",
};
export const STATES = Object.keys(COLOURS) as DocumentState[];

export function StateChip({ state, reason, number }: { state: DocumentState; reason?: string; number?: number }) {
  const label = number === undefined ? t.states[state] : `${t.states[state]} ${count(number)}`;
  return <Tooltip title={reason ?? ""}><Chip size="small" variant="outlined" color={COLOURS[state]} label={label} /></Tooltip>;
}

export function StateChips({ counts }: { counts: Counts }) {
  return <>{STATES.filter((state) => counts[state]).map((state) => <StateChip key={state} state={state} number={counts[state]} />)}</>;
}
