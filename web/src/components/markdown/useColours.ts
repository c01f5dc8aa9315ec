// The colours of a code block, once it is whole and the browser has nothing better to do.

import { useEffect, useState } from "react";
import { whenIdle } from "../idle";
import type { Coloured } from "./highlight";

const MOST_CHARS = 20_000; // a longer text takes more than a frame

export function useColours(code: string, language: string, whole: boolean): Coloured | null {
  const [coloured, setColoured] = useState<{ code: string; tree: Coloured | null } | null>(null);
  useEffect(() => {
    if (!whole || !language || code.length > MOST_CHARS) return;
    let gone = false;
    const forget = whenIdle(() => void import("./highlight").then(({ highlight }) => {
      if (!gone) setColoured({ code, tree: highlight(code, language) });
    }, () => undefined)); // without it the code is plain
    return () => {
      gone = true;
      forget();
    };
  }, [code, language, whole]);
  return coloured?.code === code ? coloured.tree : null;
}
