// The command palette: one box that finds chats by title and text, pages and actions; arrows and Enter choose.

import Dialog from "@mui/material/Dialog";
import InputBase from "@mui/material/InputBase";
import { useDeferredValue, useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import { Icon } from "@/components/Icon";
import { useSessions } from "@/features/chat/api";
import { addressOf } from "@/features/chat/found";
import { t } from "@/lib/i18n";
import { isComposing } from "@/lib/keys";
import { matchingCommands, useCommands, type Command } from "./useCommands";

const MOST_CHATS = 12;

interface Props { onHelp: () => void; onCopy: (() => void) | null; onClose: () => void }

export default function Palette({ onHelp, onCopy, onClose }: Props) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const navigate = useNavigate();
  const sessions = useSessions(useDeferredValue(query.trim()));
  const commands = matchingCommands(useCommands({ onHelp, onCopy }), query);
  const chats = (sessions.data?.pages[0]?.items ?? []).slice(0, MOST_CHATS).map((one): Command => ({
    key: one.id, label: one.title || t.untitled, icon: "chat", hint: one.match?.excerpt, run: () => void navigate(addressOf(one)),
  }));
  const groups = [{ title: t.actions, items: commands }, { title: t.chats, items: chats }].filter(({ items }) => items.length > 0);
  const all = groups.flatMap(({ items }) => items);
  const at = Math.min(active, all.length - 1);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [at]);

  const pick = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const keys = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (move === undefined) pick(all[at]);
    else setActive((at + move + all.length) % Math.max(1, all.length));
  };
  let number = -1;
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={`${id}-title`} className="palette" slotProps={{ transition: { timeout: 0 } }}>
      <h2 id={`${id}-title`} className="visually-hidden">{t.palette}</h2>
      <InputBase autoFocus fullWidth value={query} placeholder={t.paletteHint} onKeyDown={keys} onChange={(event) => { setQuery(event.target.value); setActive(0); }}
        startAdornment={<Icon name="search" />}
        slotProps={{ input: { role: "combobox", "aria-label": t.palette, "aria-expanded": true, "aria-controls": id, "aria-activedescendant": all.length ? `${id}-${at}` : undefined, maxLength: 200 } }} />
      <ul id={id} role="listbox" aria-label={t.palette} ref={list}>
        {groups.map(({ title, items }) => (
          <li key={title} role="group" aria-label={title}>
            <span className="group" aria-hidden>{title}</span>
            <ul role="presentation">
              {items.map((one) => {
                const index = ++number;
                return (
                  <li key={one.key} id={`${id}-${index}`} role="option" aria-selected={index === at} onMouseMove={() => setActive(index)} onClick={() => pick(one)}>
                    <Icon name={one.icon} /><span className="name" dir="auto">{one.label}</span>{one.hint && <span className="hint" dir="auto">{one.hint}</span>}
                  </li>
                );
              })}
            </ul>
          </li>
        ))}
      </ul>
      {all.length === 0 && !sessions.isFetching && <p className="none" role="status">{t.noneFound}</p>}
    </Dialog>
  );
}
