// What is happening to an answer, truthfully: waiting, searching, reading, writing, or how it ended.

import Box from "@mui/material/Box";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Message } from "@/lib/types";
import type { Turn } from "./turn";

export function statusText(message: Message, turn: Turn | undefined): string {
  if (message.status !== "running") return message.status === "finished" ? "" : t[message.status];
  if (!turn) return t.queued(0);
  switch (turn.stage) {
    case "queued": return t.queued(turn.position);
    case "searching": return t.searching;
    case "reading": return turn.done !== null && turn.total !== null ? t.readingTokens(count(turn.done), count(turn.total)) : t.reading(turn.passages.length);
    default: return t.writing(turn.rate);
  }
}

/** Numbers that change every moment: read out, they would drown everything else. */
const COUNTS = new Set<Turn["stage"]>(["reading", "writing"]);

export function StatusLine({ message, turn }: { message: Message; turn: Turn | undefined }) {
  const text = statusText(message, turn);
  if (!text) return null;
  const running = message.status === "running";
  return (
    <Box role="status" aria-live={turn && COUNTS.has(turn.stage) ? "off" : undefined} className="status-line" sx={{ color: "text.secondary", fontSize: "0.85rem" }}>
      {running && <span className="pulse" aria-hidden />}
      {text}{turn?.restarted && running ? ` ${t.again}` : ""}
    </Box>
  );
}
