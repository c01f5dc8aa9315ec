// Whom a workspace is shared with, and what each may do. Changes count at once.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogContentText from "@mui/material/DialogContentText";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Icon } from "@/components/Icon";
import { told } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { useUser } from "@/lib/queries";
import type { Workspace } from "@/lib/types";
import { useDocumentActions, useNames } from "./api";

type Sharing = NonNullable<Workspace["shared_with"]>;
type May = Sharing[number]["access"];

export function ShareDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const id = useId();
  const [username, setUsername] = useState("");
  const [access, setAccess] = useState<May>("read");
  const user = useUser();
  const names = useNames();
  const { shareWorkspace } = useDocumentActions(workspace.slug);
  const change = useMutation({ mutationFn: (wanted: Sharing) => shareWorkspace(wanted) });
  const shared = workspace.shared_with ?? [];
  const free = (names.data ?? []).filter((name) => name !== user.data?.username && !shared.some((one) => one.username === name));
  const add = () => change.mutate([...shared.filter((one) => one.username !== username.trim()), { username: username.trim(), access }], { onSuccess: () => setUsername("") });
  const may = (label: string, value: May, onMay: (value: May) => void) => (
    <TextField select value={value} disabled={change.isPending} onChange={(event) => onMay(event.target.value as May)} sx={{ minWidth: 116 }} slotProps={{ select: { SelectDisplayProps: { "aria-label": label } } }}>
      <MenuItem value="read">{t.mayRead}</MenuItem>
      <MenuItem value="write">{t.mayWrite}</MenuItem>
    </TextField>
  );
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={id}>
      <DialogTitle id={id}>{t.shareTitle(workspace.name)}</DialogTitle>
      <DialogContent className="form">
        <DialogContentText>{t.shareText}</DialogContentText>
        {change.isError && <Alert severity="error">{told(change.error)}</Alert>}
        <List dense disablePadding aria-label={t.sharedWith}>
          <ListItem disableGutters><ListItemText primary={user.data?.username} secondary={t.owner} slotProps={{ primary: { dir: "auto" } }} /></ListItem>
          {shared.map((one) => (
            <ListItem key={one.username} disableGutters sx={{ gap: 1 }}>
              <ListItemText primary={one.username} slotProps={{ primary: { dir: "auto", sx: { overflowWrap: "anywhere" } } }} />
              {may(t.mayOf(one.username), one.access, (value) => change.mutate(shared.map((other) => (other === one ? { ...one, access: value } : other))))}
              <IconButton edge="end" size="small" aria-label={t.unshare(one.username)} disabled={change.isPending} onClick={() => change.mutate(shared.filter((other) => other !== one))}><Icon name="close" /></IconButton>
            </ListItem>
          ))}
        </List>
        <form className="share-form" onSubmit={(event) => { event.preventDefault(); add(); }}>
          <TextField label={t.username} value={username} onChange={(event) => setUsername(event.target.value)} slotProps={{ htmlInput: { list: `${id}-names`, maxLength: 200, autoComplete: "off" } }} />
          <datalist id={`${id}-names`}>{free.map((name) => <option key={name} value={name} />)}</datalist>
          {may(t.mayDo, access, setAccess)}
          <Button type="submit" variant="contained" disabled={!username.trim()} loading={change.isPending}>{t.share}</Button>
        </form>
      </DialogContent>
      <DialogActions><Button onClick={onClose}>{t.close}</Button></DialogActions>
    </Dialog>
  );
}
