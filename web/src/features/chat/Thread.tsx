// The messages of a branch, kept at its end while one is written, unless the reader has scrolled up.

import Button from "@mui/material/Button";
import Fab from "@mui/material/Fab";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";

const NEAR_PX = 80;

interface Props {
  session: string; children: ReactNode;
  /** The message to show instead of the end, once it is drawn. */
  at: string | null;
  /** The answer under way: one that begins is looked at. */
  running: string | null;
  /** The first message drawn. */
  first: string;
  /** Shows earlier messages; null where there are none. */
  onEarlier: (() => void) | null;
}

export function Thread({ session, children, at, running, first, onEarlier }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const height = useRef(0); // as last seen
  const [away, setAway] = useState(false);

  const held = useRef<HTMLElement | null>(null); // stays in sight until the reader scrolls

  const toEnd = () => {
    held.current = null;
    follows.current = true;
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [session]);
  useLayoutEffect(() => { // what is read stays where it is when earlier messages come before it
    if (height.current && !follows.current && scroller.current) scroller.current.scrollTop += scroller.current.scrollHeight - height.current;
  }, [first]);
  useLayoutEffect(() => {
    const message = at !== null && content.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(at)}"]`);
    if (!message) return;
    follows.current = false;
    held.current = message;
    bringToSight(message);
    message.focus({ preventScroll: true });
  }, [at]);
  useEffect(() => {
    const grown = new ResizeObserver(() => {
      if (held.current) bringToSight(held.current);
      else if (follows.current) toEnd();
      height.current = scroller.current?.scrollHeight ?? 0;
    });
    if (content.current) grown.observe(content.current);
    return () => grown.disconnect();
  }, []);
  const asked = useRef(running);
  useEffect(() => {
    if (running && running !== asked.current) toEnd();
    asked.current = running;
  }, [running]);
  const release = () => { held.current = null; };
  const scrolled = () => {
    const { scrollHeight, scrollTop, clientHeight } = scroller.current!;
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    setAway(!follows.current);
  };
  return (
    <div className="thread" ref={scroller} onScroll={scrolled} onPointerDown={release} onTouchMove={release} onKeyDown={release}
      onWheel={(event) => { release(); if (event.deltaY < 0) follows.current = false; }}>
      <div className="thread-content" ref={content}>
        {onEarlier && <Button size="small" onClick={onEarlier}>{t.earlierMessages}</Button>}
        {children}
      </div>
      {away && <Fab size="small" className="to-end" aria-label={t.toEnd} onClick={toEnd}><Icon name="down" /></Fab>}
    </div>
  );
}

/** In the middle, or from its beginning where it is taller than the screen. */
function bringToSight(message: HTMLElement): void {
  message.scrollIntoView({ block: message.offsetHeight < innerHeight / 2 ? "center" : "start" });
}
