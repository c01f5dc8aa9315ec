// Local mode: the profiles of this machine, and another one by its name.

import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import type { Person } from "@/lib/types";
import { pickProfile, useProfiles } from "./api";

export function Profiles({ current }: { current: string }) {
  const profiles = useProfiles(true);
  const { fail } = useNotices();
  const [asking, setAsking] = useState<Person | null>(null);
  const [making, setMaking] = useState(false);
  const pick = (one: Person) => (one.has_password ? setAsking(one) : void pickProfile(one.username).catch(fail));
  return (
    <section aria-labelledby="profiles">
      <div className="table-head">
        <Typography variant="h6" component="h2" id="profiles">{t.profiles}</Typography>
        <Button startIcon={<Icon name="add" />} onClick={() => setMaking(true)}>{t.newProfile}</Button>
      </div>
      <Typography color="textSecondary">{t.profilesText}</Typography>
      <List>
        {profiles.data?.filter((one) => !one.disabled).map((one) => (
          <ListItem key={one.id} disableGutters divider secondaryAction={one.id === current ? <Chip size="small" color="success" variant="outlined" label={t.profileCurrent} /> : <Button size="small" aria-label={t.useProfile(one.username)} onClick={() => pick(one)}>{t.switchProfile}</Button>}>
            <ListItemText primary={one.username} slotProps={{ primary: { dir: "auto", sx: { overflowWrap: "anywhere", pr: 10 } } }} />
          </ListItem>
        ))}
      </List>
      {making && <NameDialog onClose={() => setMaking(false)} />}
      {asking && <AskDialog profile={asking} onClose={() => setAsking(null)} />}
    </section>
  );
}

function NameDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  return (
    <FormDialog title={t.newProfile} action={t.create} disabled={!name.trim()} onSubmit={() => pickProfile(name.trim())} onClose={onClose}>
      <TextField label={t.name} autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} sx={{ mt: 1 }} />
    </FormDialog>
  );
}

function AskDialog({ profile, onClose }: { profile: Person; onClose: () => void }) {
  const [password, setPassword] = useState("");
  return (
    <FormDialog title={t.useProfile(profile.username)} action={t.switchProfile} disabled={!password} onSubmit={() => pickProfile(profile.username, password)} onClose={onClose}>
      <TextField label={t.passwordOf(profile.username)} type="password" autoFocus autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} sx={{ mt: 1 }} />
    </FormDialog>
  );
}
