// The focus goes back to where it came from once a field in its place is gone; a click elsewhere keeps it.

import { useEffect, useRef } from "react";

export function useFocusBack(away: boolean, place: () => HTMLElement | null | undefined): void {
  const was = useRef(away);
  useEffect(() => {
    if (was.current && !away && document.activeElement === document.body) place()?.focus({ preventScroll: true });
    was.current = away;
  });
}
