// The messages of a branch, kept at its end while one is written, unless the reader has scrolled up.

import Button from "@mui/material/Button";
import Fab from "@mui/material/Fab";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";

const NEAR_PX = 80;

interface Props {
  session: string; children: ReactNode;
  /** The first message drawn. */
  first: string;
  /** Shows earlier messages; null where there are none. */
  onEarlier: (() => void) | null;
}

export function Thread({ session, children, first, onEarlier }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const height = useRef(0); // as last seen
  const [away, setAway] = useState(false);

  const toEnd = () => {
    follows.current = true;
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [session]);
  useLayoutEffect(() => { // what is read stays where it is when earlier messages come before it
    if (height.current && !follows.current && scroller.current) scroller.current.scrollTop += scroller.current.scrollHeight - height.current;
  }, [first]);
  useEffect(() => {
    const grown = new ResizeObserver(() => {
      if (follows.current) toEnd();
      height.current = scroller.current?.scrollHeight ?? 0;
    });
    if (content.current) grown.observe(content.current);
    return () => grown.disconnect();
  }, []);
  const scrolled = () => {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current!;
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    setAway(!follows.current);
  };
  return (
    <div className="thread" ref={scroller} onScroll={scrolled} onWheel={(event) => { if (event.deltaY < 0) follows.current = false; }}>
      <div className="thread-content" ref={content}>
        {onEarlier && <Button size="small" onClick={onEarlier}>{t.earlierMessages}</Button>}
        {children}
      </div>
      {away && <Fab size="small" className="to-end" aria-label={t.toEnd} onClick={toEnd}><Icon name="down" /></Fab>}
    </div>
  );
}
