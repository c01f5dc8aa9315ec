// The text of the message box, kept for each session until the server has it.

import { useCallback, useEffect, useState } from "react";
import { keep, kept } from "@/lib/storage";

const keyOf = (place: string) => `draft-${place}`;

/** For the next load of the page: what is shown stays as it is. */
export const keepDraft = (place: string, text: string) => keep(keyOf(place), text || null);

export function useDraft(place: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => kept(keyOf(place)) ?? "");
  useEffect(() => setText(kept(keyOf(place)) ?? ""), [place]);
  const change = useCallback((next: string) => {
    setText(next);
    keepDraft(place, next);
  }, [place]);
  return [text, change];
}
