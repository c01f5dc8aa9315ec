// The text of the message box, kept for each session until it is sent.

import { useCallback, useEffect, useState } from "react";
import { keep, kept } from "@/lib/storage";

export function useDraft(place: string): [string, (text: string) => void] {
  const key = `draft-${place}`;
  const [text, setText] = useState(() => kept(key) ?? "");
  useEffect(() => setText(kept(key) ?? ""), [key]);
  const change = useCallback((next: string) => {
    setText(next);
    keep(key, next || null);
  }, [key]);
  return [text, change];
}
