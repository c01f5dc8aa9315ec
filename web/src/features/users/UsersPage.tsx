// Who may sign in: for admins, where users have passwords.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import CircularProgress from "@mui/material/CircularProgress";
import IconButton from "@mui/material/IconButton";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useRights } from "@/lib/queries";
import type { Person } from "@/lib/types";
import { useUserActions, useUsers } from "./api";
import { AddUserDialog, DisableDialog, SetPasswordDialog } from "./UserDialogs";

const MACHINE_OWNER = "1"; // whom the command line acts as: stays an admin
type Open = { what: "add" } | { what: "password" | "disable"; user: Person } | null;

export default function UsersPage() {
  const users = useUsers();
  const { user: me } = useRights();
  const { say } = useNotices();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <>
      <div className="toolbar">
        <Typography color="textSecondary" sx={{ flex: "1 1 260px" }}>{t.usersText}</Typography>
        <Button variant="contained" startIcon={<Icon name="add" />} onClick={() => setOpen({ what: "add" })}>{t.addUser}</Button>
      </div>
      {users.isError && <Alert severity="error">{told(users.error)}</Alert>}
      {users.isPending && <div className="center"><CircularProgress aria-label={t.loading} /></div>}
      <List>{users.data?.map((one) => <UserRow key={one.id} user={one} mine={one.id === me?.id} onOpen={(what) => setOpen({ what, user: one })} />)}</List>
      {open?.what === "add" && <AddUserDialog onClose={close} />}
      {open?.what === "password" && <SetPasswordDialog user={open.user} onSet={() => say(t.passwordSet(open.user.username))} onClose={close} />}
      {open?.what === "disable" && <DisableDialog user={open.user} onClose={close} />}
    </>
  );
}

function UserRow({ user, mine, onOpen }: { user: Person; mine: boolean; onOpen: (what: "password" | "disable") => void }) {
  const [menu, setMenu] = useState<HTMLElement | null>(null);
  const { change } = useUserActions();
  const { fail } = useNotices();
  const fixed = mine || user.id === MACHINE_OWNER;
  const act = (work: () => unknown) => () => { setMenu(null); work(); };
  const other = user.role === "admin" ? "member" : "admin";
  return (
    <ListItem disableGutters divider secondaryAction={<IconButton aria-label={t.userActions(user.username)} aria-haspopup="menu" onClick={(event) => setMenu(event.currentTarget)}><Icon name="more" /></IconButton>}>
      <ListItemText disableTypography sx={{ pr: 4 }}
        primary={
          <div className="chips">
            <Typography component="span" dir="auto" sx={{ overflowWrap: "anywhere", minWidth: 0 }}>{user.username}</Typography>
            <Chip size="small" variant="outlined" color={user.role === "admin" ? "primary" : "default"} label={t.roles[user.role]} />
            {mine && <Chip size="small" variant="outlined" label={t.itsYou} />}
            {user.disabled && <Chip size="small" color="error" variant="outlined" label={t.disabled} />}
            {!user.has_password && <Chip size="small" variant="outlined" label={t.noPassword} />}
          </div>
        }
        secondary={<Typography variant="body2" color="textSecondary">{user.seen_at ? t.lastSeen(dateTime(user.seen_at)) : t.neverSeen}</Typography>} />
      <Menu anchorEl={menu} open={menu !== null} onClose={() => setMenu(null)}>
        <MenuItem onClick={act(() => onOpen("password"))}>{t.setPassword}</MenuItem>
        {!fixed && <MenuItem onClick={act(() => change(user.id, { role: other }).catch(fail))}>{other === "admin" ? t.makeAdmin : t.makeMember}</MenuItem>}
        {!fixed && (user.disabled
          ? <MenuItem onClick={act(() => change(user.id, { disabled: false }).catch(fail))}>{t.enable}</MenuItem>
          : <MenuItem sx={{ color: "error.main" }} onClick={act(() => onOpen("disable"))}>{t.disable}</MenuItem>)}
      </Menu>
    </ListItem>
  );
}
