// A new API key: what it may do and for how long; and its text, shown once.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Checkbox from "@mui/material/Checkbox";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import FormControlLabel from "@mui/material/FormControlLabel";
import FormGroup from "@mui/material/FormGroup";
import FormLabel from "@mui/material/FormLabel";
import InputAdornment from "@mui/material/InputAdornment";
import MenuItem from "@mui/material/MenuItem";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useId, useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import { FormDialog } from "@/components/FormDialog";
import { t } from "@/lib/i18n";
import type { Key, MadeKey } from "@/lib/types";
import { useAccountActions } from "./api";

type Scope = Key["scopes"][number];
const SCOPES: Scope[] = ["chat", "read", "ingest"];
const FOR_EVER = 0;
const DAYS = [FOR_EVER, 30, 90, 365];
const DAY_MS = 24 * 3600 * 1000;

export function NewKeyDialog({ onMade, onClose }: { onMade: (key: MadeKey) => void; onClose: () => void }) {
  const { makeKey } = useAccountActions();
  const id = useId();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["chat", "read"]);
  const [days, setDays] = useState(FOR_EVER);
  const expires_at = days === FOR_EVER ? null : new Date(Date.now() + days * DAY_MS).toISOString();
  const toggle = (scope: Scope) => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <FormDialog title={t.newKey} action={t.create} disabled={!name.trim() || scopes.length === 0} onSubmit={async () => onMade(await makeKey({ name: name.trim(), scopes, expires_at }))} onClose={onClose}>
      <TextField label={t.keyName} autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 100 } }} sx={{ mt: 1 }} />
      <div role="group" aria-labelledby={id}>
        <FormLabel id={id}>{t.keyScopes}</FormLabel>
        <FormGroup>
          {SCOPES.map((scope) => (
            <FormControlLabel key={scope} control={<Checkbox checked={scopes.includes(scope)} onChange={() => toggle(scope)} />}
              label={<>{t.scopes[scope]}<Typography variant="caption" color="textSecondary" component="span" sx={{ display: "block" }}>{t.scopeHints[scope]}</Typography></>} />
          ))}
        </FormGroup>
      </div>
      <TextField select label={t.keyExpiry} value={days} onChange={(event) => setDays(Number(event.target.value))}>
        {DAYS.map((one) => <MenuItem key={one} value={one}>{one === FOR_EVER ? t.keyForever : t.keyDays(one)}</MenuItem>)}
      </TextField>
    </FormDialog>
  );
}

export function MadeKeyDialog({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const id = useId();
  const copy = <InputAdornment position="end"><CopyButton text={() => made.key} label={t.copyKey} /></InputAdornment>;
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby={id}>
      <DialogTitle id={id}>{t.keyMade}</DialogTitle>
      <DialogContent className="form">
        <Alert severity="warning">{t.keyOnce}</Alert>
        <TextField label={made.name} value={made.key} onFocus={(event) => event.target.select()} slotProps={{ input: { readOnly: true, endAdornment: copy, sx: { fontFamily: "monospace" } } }} sx={{ mt: 1 }} />
      </DialogContent>
      <DialogActions><Button variant="contained" onClick={onClose}>{t.done}</Button></DialogActions>
    </Dialog>
  );
}
