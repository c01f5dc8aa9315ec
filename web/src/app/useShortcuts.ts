// Keys that work on every page.

import { useEffect, useRef } from "react";
import { isComposing } from "@/lib/keys";

interface Shortcuts { onPalette: () => void; onNew: () => void; onHelp: () => void; onCopy: () => void; onFocus: () => void; onStep: (by: 1 | -1) => void }

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** A dialog is left first: what is written in it would be lost. */
const inDialog = (target: EventTarget | null) => target instanceof Element && target.closest(".MuiDialog-root") !== null;

/** What a key does; null: nothing. By the place of the key too, since a Korean keyboard writes ㅏ where K is. */
function wanted(event: KeyboardEvent, does: Shortcuts): (() => void) | null {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  const pressed = (letter: string) => event.key.toLowerCase() === letter || event.code === `Key${letter.toUpperCase()}`;
  if (command && !event.shiftKey && pressed("k")) return does.onPalette;
  if (command && event.shiftKey && pressed("o")) return does.onNew;
  if (command && event.shiftKey && pressed("c")) return does.onCopy;
  if (event.shiftKey && event.key === "Escape") return does.onFocus;
  if (event.altKey && !event.ctrlKey && event.key === "ArrowDown") return () => does.onStep(1);
  if (event.altKey && !event.ctrlKey && event.key === "ArrowUp") return () => does.onStep(-1);
  return event.key === "?" && !isTyping(event.target) ? does.onHelp : null;
}

export function useShortcuts(does: Shortcuts): void {
  const latest = useRef(does);
  useEffect(() => { latest.current = does; });
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (isComposing(event) || event.defaultPrevented || inDialog(event.target)) return;
      const act = wanted(event, latest.current);
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
}
