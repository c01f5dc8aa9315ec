// An answer as it comes: one reducer over the frames of the server's WebSocket.

import type { Citation, Fault, Message, Omitted, Session } from "@/lib/types";

export type Stage = "queued" | "searching" | "reading" | "writing";

interface OfRun { run_id: string; seq: string }
export type Frame =
  | { type: "session_info"; session: Session; running: string[] }
  | ({ type: "message_saved"; message: Message } & OfRun)
  | ({ type: "stream_start"; message: { id: string; role: "assistant"; model: string | null } } & OfRun)
  | ({ type: "stream_status"; stage: Stage; done?: number; total?: number; position?: number } & OfRun)
  | ({ type: "stream_context"; citations: Citation[]; omitted?: Omitted[]; searched?: string } & OfRun)
  | ({ type: "stream_token" | "stream_reasoning"; token: string } & OfRun)
  | ({ type: "stream_reset"; attempt: number } & OfRun)
  | ({ type: "stream_cited"; citations: Citation[] } & OfRun)
  | ({ type: "stream_end"; message?: Message; error?: Fault } & OfRun)
  | ({ type: "error"; run_id: string | null; seq: string | null } & Fault);

/** `seq` is that of the last frame taken. `tokens` came since `writingSince`, in milliseconds of the page's clock. */
export interface Turn {
  seq: string; stage: Stage; done: number | null; total: number | null; position: number;
  text: string; reasoning: string; passages: Citation[]; citations: Citation[];
  tokens: number; writingSince: number; rate: number; restarted: boolean; ended: boolean;
}

/** Turns under way, by run. */
export type Turns = Readonly<Record<string, Turn>>;

const NEW: Turn = {
  seq: "", stage: "queued", done: null, total: null, position: 0, text: "", reasoning: "", passages: [], citations: [],
  tokens: 0, writingSince: 0, rate: 0, restarted: false, ended: false,
};
const RATE_AFTER_MS = 500; // a rate told earlier would jump about

/** Whether `seq` (attempt.number) lies behind `last`. */
export function isLater(seq: string, last: string): boolean {
  if (!last) return true;
  const [attempt = 0, number = 0] = seq.split(".").map(Number);
  const [lastAttempt = 0, lastNumber = 0] = last.split(".").map(Number);
  return attempt > lastAttempt || (attempt === lastAttempt && number > lastNumber);
}

/** `now` is in milliseconds. A frame that was seen before changes nothing. */
export function step(turns: Turns, frame: Frame, now: number): Turns {
  if (!("run_id" in frame) || !frame.run_id || frame.type === "error") return turns;
  const turn = turns[frame.run_id] ?? NEW;
  if (frame.type === "message_saved" || !isLater(frame.seq, turn.seq) || turn.ended) {
    return frame.run_id in turns ? turns : { ...turns, [frame.run_id]: turn };
  }
  return { ...turns, [frame.run_id]: { ...after(turn, frame, now), seq: frame.seq } };
}

function after(turn: Turn, frame: Exclude<Frame, { type: "session_info" | "message_saved" | "error" }>, now: number): Turn {
  switch (frame.type) {
    case "stream_start": return turn;
    case "stream_status": return { ...turn, stage: frame.stage, done: frame.done ?? null, total: frame.total ?? null, position: frame.position ?? 0 };
    case "stream_context": return { ...turn, passages: frame.citations };
    case "stream_token": return { ...counted(turn, now), text: turn.text + frame.token };
    case "stream_reasoning": return { ...counted(turn, now), reasoning: turn.reasoning + frame.token };
    case "stream_reset": return { ...NEW, restarted: true };
    case "stream_cited": return { ...turn, citations: frame.citations };
    case "stream_end": return { ...turn, ended: true };
    default: return turn; // of a newer server
  }
}

function counted(turn: Turn, now: number): Turn {
  const since = turn.writingSince || now;
  const tokens = turn.tokens + 1;
  const rate = now - since > RATE_AFTER_MS ? Math.round((1000 * tokens) / (now - since)) : turn.rate;
  return { ...turn, stage: "writing", tokens, writingSince: since, rate };
}
