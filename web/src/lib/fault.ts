// What went wrong, in the reader's language as far as it is known, and in the server's words.

import { t } from "./i18n";
import type { Fault } from "./types";

export const inWords = ({ code = "", message, hint }: Partial<Fault>) => [t.faults[code], message, hint].filter(Boolean).join(" — ");

/** Why a document is not, or not wholly, read. A bare word is replaced, more than that is kept. */
export function reasonInWords(reason: string): string {
  const known = Object.keys(t.unread).find((start) => reason.startsWith(start));
  if (known === undefined) return reason;
  return reason === known ? t.unread[known]! : `${t.unread[known]} — ${reason}`;
}
