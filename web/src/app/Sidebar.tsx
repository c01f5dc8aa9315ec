// New chat, the chats, and the other sections.

import Button from "@mui/material/Button";
import List from "@mui/material/List";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemIcon from "@mui/material/ListItemIcon";
import ListItemText from "@mui/material/ListItemText";
import type { RefObject } from "react";
import { useLocation, useNavigate } from "react-router";
import { Icon, type IconName } from "@/components/Icon";
import { SessionList } from "@/features/chat/SessionList";
import { t } from "@/lib/i18n";
import { SettingsMenu } from "./SettingsMenu";

interface Props { current: string | null; search: RefObject<HTMLInputElement | null>; onNavigate: () => void; onHelp: () => void }

export const SECTIONS: [string, string, IconName][] = [
  ["/documents", t.documents, "folder"], ["/templates", t.templates, "template"], ["/models", t.models, "model"], ["/jobs", t.jobs, "jobs"],
];

export function Sidebar({ current, search, onNavigate, onHelp }: Props) {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  return (
    <>
      <div className="side-head">
        <a href="#/" className="brand" onClick={onNavigate}><img src="/assets/icon.svg" alt="" width={26} height={26} /> Ibidem</a>
      </div>
      <div className="side-new"><Button fullWidth variant="contained" startIcon={<Icon name="newChat" />} href="#/" onClick={onNavigate}>{t.newChat}</Button></div>
      <SessionList current={current} search={search} onOpen={onNavigate} onGone={(id) => { if (id === current) void navigate("/"); }} />
      <List dense component="div" className="sections">
        {SECTIONS.map(([path, label, icon]) => (
          <ListItemButton key={path} component="a" href={`#${path}`} selected={pathname.startsWith(path)} aria-current={pathname.startsWith(path) ? "page" : undefined} onClick={onNavigate}>
            <ListItemIcon sx={{ minWidth: 34 }}><Icon name={icon} /></ListItemIcon>
            <ListItemText primary={label} />
          </ListItemButton>
        ))}
        <SettingsMenu onHelp={onHelp} onNavigate={onNavigate} />
      </List>
    </>
  );
}
