// Appearance, language, the account, the server, shortcuts, signing out.

import Divider from "@mui/material/Divider";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemIcon from "@mui/material/ListItemIcon";
import ListItemText from "@mui/material/ListItemText";
import ListSubheader from "@mui/material/ListSubheader";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useColorScheme } from "@mui/material/styles";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { call, importSessions } from "@/lib/api";
import { language, LANGUAGES, setLanguage, t, type Language } from "@/lib/i18n";
import { useRights } from "@/lib/queries";

export function SettingsMenu({ onHelp, onNavigate }: { onHelp: () => void; onNavigate: () => void }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const { mode, setMode } = useColorScheme();
  const { fail, say } = useNotices();
  const { user, server } = useRights();
  const client = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const importChats = async (chats: File) => {
    const { sessions } = await importSessions(chats);
    await client.invalidateQueries({ queryKey: ["sessions"] });
    say(t.imported(sessions.length));
  };
  const leave = () => { setAnchor(null); onNavigate(); };
  const signOut = () => call("POST", "/api/auth/logout/").then(() => location.reload(), fail);
  return (
    <>
      <ListItemButton aria-haspopup="menu" aria-expanded={anchor !== null} onClick={(event) => setAnchor(event.currentTarget)}>
        <ListItemIcon sx={{ minWidth: 34 }}><Icon name="settings" /></ListItemIcon>
        <ListItemText primary={t.settings} secondary={user?.username === "local" ? undefined : user?.username} />
      </ListItemButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)} slotProps={{ list: { dense: true, sx: { minWidth: 220 } } }}>
        <ListSubheader>{t.theme}</ListSubheader>
        {(["light", "dark", "system"] as const).map((one) => <MenuItem key={one} role="menuitemradio" aria-checked={mode === one} selected={mode === one} onClick={() => setMode(one)}>{t[one]}</MenuItem>)}
        <ListSubheader>{t.language}</ListSubheader>
        {(Object.keys(LANGUAGES) as Language[]).map((one) => <MenuItem key={one} role="menuitemradio" aria-checked={language === one} lang={one} selected={language === one} onClick={() => setLanguage(one)}>{LANGUAGES[one]}</MenuItem>)}
        <Divider />
        <MenuItem component="a" href="#/account" onClick={leave}>{t.accountKeys}</MenuItem>
        {server && <MenuItem component="a" href="#/settings" onClick={leave}>{t.serverSettings}</MenuItem>}
        <Divider />
        <MenuItem onClick={() => { setAnchor(null); file.current?.click(); }}>{t.importChats}</MenuItem>
        <MenuItem onClick={() => { setAnchor(null); onHelp(); }}>{t.shortcuts}</MenuItem>
        <MenuItem onClick={() => void signOut()}>{t.signOut}</MenuItem>
      </Menu>
      <input ref={file} type="file" accept=".json" hidden onChange={(event) => { const [one] = event.target.files ?? []; if (one) importChats(one).catch(fail); event.target.value = ""; }} />
    </>
  );
}
