// Keys that work on every page.

import { useEffect } from "react";
import { isComposing } from "@/lib/keys";

interface Shortcuts { onSearch: () => void; onNew: () => void; onHelp: () => void }

const isTyping = (target: EventTarget | null) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useShortcuts({ onSearch, onNew, onHelp }: Shortcuts): void {
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (isComposing(event)) return;
      const command = event.ctrlKey || event.metaKey;
      const wanted = command && event.key.toLowerCase() === "k" ? onSearch
        : command && event.shiftKey && event.key.toLowerCase() === "o" ? onNew
        : event.key === "?" && !isTyping(event.target) ? onHelp : null;
      if (!wanted) return;
      event.preventDefault();
      wanted();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [onSearch, onNew, onHelp]);
}
