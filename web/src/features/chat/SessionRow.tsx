// One chat of the list.

import IconButton from "@mui/material/IconButton";
import ListItem from "@mui/material/ListItem";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemText from "@mui/material/ListItemText";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { memo, useRef, useState } from "react";
import { Icon } from "@/components/Icon";
import { useFocusBack } from "@/components/useFocusBack";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { isComposing } from "@/lib/keys";
import type { Session } from "@/lib/types";
import { useSessionActions } from "./api";
import { addressOf } from "./found";

interface Props { session: Session; selected: boolean; onOpen: (id: string) => void; onGone: (id: string) => void }

export const SessionRow = memo(function SessionRow({ session, selected, onOpen, onGone }: Props) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [renaming, setRenaming] = useState(false);
  const { removeLater, fail } = useNotices();
  const { change, remove } = useSessionActions();
  const title = session.title || t.untitled;
  const menu = useRef<HTMLButtonElement>(null);
  useFocusBack(renaming, () => menu.current);

  const rename = (next: string) => {
    setRenaming(false);
    if (next.trim() && next !== session.title) change(session.id, { title: next }).catch(fail);
  };
  const leave = (action: () => void) => () => {
    setAnchor(null);
    action();
  };
  const erase = () => {
    removeLater({ key: `session ${session.id}`, label: title, run: () => remove(session.id) });
    onGone(session.id);
  };
  if (renaming) return <Rename title={session.title} onDone={rename} />;
  const download = (form: string) => ({ component: "a", href: `/api/sessions/${session.id}/export/?format=${form}`, download: true, onClick: () => setAnchor(null) }) as const;
  return (
    <ListItem disablePadding secondaryAction={
      <IconButton ref={menu} edge="end" size="small" aria-label={t.chatActions(title)} aria-haspopup="menu" onClick={(event) => setAnchor(event.currentTarget)}><Icon name="more" /></IconButton>
    }>
      <ListItemButton component="a" href={`#${addressOf(session)}`} selected={selected} aria-current={selected ? "page" : undefined} onClick={() => onOpen(session.id)}>
        <ListItemText primary={title} secondary={session.match?.excerpt} slotProps={{ primary: { noWrap: true, dir: "auto" }, secondary: { noWrap: true, dir: "auto" } }} />
      </ListItemButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem onClick={leave(() => setRenaming(true))}>{t.rename}</MenuItem>
        <MenuItem {...download("markdown")}>{t.exportMarkdown}</MenuItem>
        <MenuItem {...download("json")}>{t.exportJson}</MenuItem>
        <MenuItem onClick={leave(erase)} sx={{ color: "error.main" }}>{t.delete}</MenuItem>
      </Menu>
    </ListItem>
  );
});

function Rename({ title, onDone }: { title: string; onDone: (title: string) => void }) {
  const [text, setText] = useState(title);
  return (
    <ListItem disablePadding>
      <TextField fullWidth autoFocus value={text} onChange={(event) => setText(event.target.value)} onBlur={() => onDone(text)} slotProps={{ htmlInput: { "aria-label": t.rename, maxLength: 200 } }}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === "Enter") onDone(text);
          if (event.key === "Escape") { event.stopPropagation(); onDone(title); }
        }} />
    </ListItem>
  );
}
