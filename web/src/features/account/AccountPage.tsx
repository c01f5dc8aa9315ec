// What concerns the one who is signed in: profile or password, keys, sign-ins.

import Button from "@mui/material/Button";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { useRights } from "@/lib/queries";
import { useAccountActions } from "./api";
import { Keys } from "./Keys";
import { Logins } from "./Logins";
import { Profiles } from "./Profiles";

export default function AccountPage() {
  useTitle(t.account);
  const { user, local } = useRights();
  const [changing, setChanging] = useState(false);
  if (!user) return null; // the gate lets nobody in without
  return (
    <main className="page" id="main">
      <Typography variant="h5" component="h1">{t.account}</Typography>
      <div className="toolbar">
        <Typography color="textSecondary" sx={{ flex: "1 1 200px" }}>{t.accountText(user.username)}</Typography>
        {user.has_password && <Button variant="outlined" onClick={() => setChanging(true)}>{t.changePassword}</Button>}
      </div>
      {local && <Profiles current={user.id} />}
      <Keys />
      <Logins />
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </main>
  );
}

function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { changePassword } = useAccountActions();
  const { say } = useNotices();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  return (
    <FormDialog title={t.changePassword} action={t.save} disabled={!old || !fresh} onSubmit={() => changePassword(old, fresh).then(() => say(t.passwordChanged))} onClose={onClose}>
      <TextField label={t.oldPassword} type="password" autoFocus autoComplete="current-password" value={old} onChange={(event) => setOld(event.target.value)} sx={{ mt: 1 }} />
      <TextField label={t.newPassword} type="password" autoComplete="new-password" helperText={t.passwordHint} value={fresh} onChange={(event) => setFresh(event.target.value)} />
    </FormDialog>
  );
}
