// Tells screen readers when an answer is complete, once and whole, instead of every token.

import { useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";

export function Announcer({ running, text }: { running: string | null; text: string }) {
  const before = useRef(running);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (before.current && !running) setSaid(`${t.answerReady} ${text}`);
    if (running) setSaid("");
    before.current = running;
  }, [running, text]);
  return <div className="visually-hidden" aria-live="polite">{said}</div>;
}
