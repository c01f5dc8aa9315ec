// Which messages of a long branch are drawn: the last ones at once, those before them a few at a time, between frames.

import { startTransition, useCallback, useEffect, useState } from "react";

const AT_ONCE = 6;
const AT_A_TIME = 6; // one commit of React's
const SHOWN = 40; // until earlier ones are asked for

/** `first` is the index of the first message drawn; `ready` says that `length` is the branch's. */
export function useDrawn(length: number, ready: boolean) {
  const [wanted, setWanted] = useState<number | null>(null);
  const [drawn, setDrawn] = useState(0);
  if (ready && wanted === null) {
    setWanted(Math.max(0, length - SHOWN));
    setDrawn(Math.max(0, length - AT_ONCE));
  }
  const first = Math.min(drawn, Math.max(0, length - AT_ONCE)); // a version may have a shorter branch
  const goal = Math.min(wanted ?? 0, first);
  useEffect(() => {
    if (first > goal) startTransition(() => setDrawn(Math.max(goal, first - AT_A_TIME)));
  }, [first, goal]);
  const earlier = useCallback(() => setWanted(Math.max(0, first - SHOWN)), [first]);
  const include = useCallback((index: number) => setWanted((known) => Math.min(known ?? index, Math.max(0, index - AT_ONCE))), []);
  return { first, earlier: goal > 0 ? earlier : null, include };
}
