// The text of the message box, kept for each session until the server has it.

import { useCallback, useEffect, useState } from "react";
import { keep, kept } from "@/lib/storage";

/** The text, what changes it, and what empties the box alone: the text stays kept until it is changed. */
export function useDraft(place: string): [string, (text: string) => void, () => void] {
  const key = `draft-${place}`;
  const [text, setText] = useState(() => kept(key) ?? "");
  useEffect(() => setText(kept(key) ?? ""), [key]);
  const change = useCallback((next: string) => {
    setText(next);
    keep(key, next || null);
  }, [key]);
  const empty = useCallback(() => setText(""), []);
  return [text, change, empty];
}
