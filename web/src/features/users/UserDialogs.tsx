// The small forms of the users page.

import DialogContentText from "@mui/material/DialogContentText";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { t } from "@/lib/i18n";
import type { Person } from "@/lib/types";
import { useUserActions } from "./api";

const LEAST_CHARS = 12;

export function AddUserDialog({ onClose }: { onClose: () => void }) {
  const { add } = useUserActions();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Person["role"]>("member");
  return (
    <FormDialog title={t.addUser} action={t.add} disabled={!username.trim() || password.length < LEAST_CHARS} onSubmit={() => add({ username: username.trim(), role, password })} onClose={onClose}>
      <TextField label={t.username} autoFocus autoComplete="off" value={username} onChange={(event) => setUsername(event.target.value)} sx={{ mt: 1 }} />
      <TextField select label={t.role} value={role} helperText={t.roleHints[role]} onChange={(event) => setRole(event.target.value as Person["role"])}>
        {(["member", "admin"] as const).map((one) => <MenuItem key={one} value={one}>{t.roles[one]}</MenuItem>)}
      </TextField>
      <PasswordField label={t.password} value={password} onChange={setPassword} />
    </FormDialog>
  );
}

export function SetPasswordDialog({ user, onSet, onClose }: { user: Person; onSet: () => void; onClose: () => void }) {
  const { change } = useUserActions();
  const [password, setPassword] = useState("");
  return (
    <FormDialog title={t.setPasswordFor(user.username)} action={t.setPassword} disabled={password.length < LEAST_CHARS} onSubmit={() => change(user.id, { password }).then(onSet)} onClose={onClose}>
      <DialogContentText>{t.setPasswordText}</DialogContentText>
      <PasswordField label={t.newPassword} value={password} onChange={setPassword} />
    </FormDialog>
  );
}

export function DisableDialog({ user, onClose }: { user: Person; onClose: () => void }) {
  const { change } = useUserActions();
  return (
    <FormDialog title={t.disable} action={t.disable} danger onSubmit={() => change(user.id, { disabled: true })} onClose={onClose}>
      <DialogContentText>{t.disableUser(user.username)}</DialogContentText>
    </FormDialog>
  );
}

function PasswordField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return <TextField label={label} type="password" autoComplete="new-password" helperText={t.passwordHint} value={value} onChange={(event) => onChange(event.target.value)} />;
}
