// One's own API keys.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import DialogContentText from "@mui/material/DialogContentText";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { Icon } from "@/components/Icon";
import { told } from "@/components/Notices";
import { date, dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Key, MadeKey } from "@/lib/types";
import { useAccountActions, useKeys } from "./api";
import { MadeKeyDialog, NewKeyDialog } from "./KeyDialogs";

export function Keys() {
  const keys = useKeys();
  const { revokeKey } = useAccountActions();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKey | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  return (
    <section aria-labelledby="keys">
      <div className="table-head">
        <Typography variant="h6" component="h2" id="keys">{t.apiKeys}</Typography>
        <Button startIcon={<Icon name="add" />} onClick={() => setMaking(true)}>{t.newKey}</Button>
      </div>
      <Typography color="textSecondary">{t.apiKeysText}</Typography>
      {keys.isError && <Alert severity="error">{told(keys.error)}</Alert>}
      {keys.data?.length === 0 && <Typography color="textSecondary" sx={{ py: 2 }}>{t.noKeys}</Typography>}
      <List>{keys.data?.map((one) => <KeyRow key={one.id} one={one} onRevoke={() => setRevoking(one)} />)}</List>
      {making && <NewKeyDialog onMade={setMade} onClose={() => setMaking(false)} />}
      {made && <MadeKeyDialog made={made} onClose={() => setMade(null)} />}
      {revoking && (
        <FormDialog title={t.revoke} action={t.revoke} danger onSubmit={() => revokeKey(revoking.id)} onClose={() => setRevoking(null)}>
          <DialogContentText>{t.revokeKey(revoking.name)}</DialogContentText>
        </FormDialog>
      )}
    </section>
  );
}

function KeyRow({ one, onRevoke }: { one: Key; onRevoke: () => void }) {
  const over = one.expires_at !== null && new Date(one.expires_at) < new Date();
  const until = one.expires_at && (over ? t.keyExpired(date(one.expires_at)) : t.keyExpires(date(one.expires_at)));
  const facts = [t.keyCreated(date(one.created_at)), until, one.used_at ? t.keyUsed(dateTime(one.used_at)) : t.keyUnused].filter(Boolean).join(" · ");
  return (
    <ListItem disableGutters divider secondaryAction={<Button size="small" color="error" aria-label={t.revokeKeyNamed(one.name)} onClick={onRevoke}>{t.revoke}</Button>}>
      <ListItemText disableTypography sx={{ pr: 10 }}
        primary={<div className="chips"><Typography component="span" dir="auto" sx={{ overflowWrap: "anywhere", minWidth: 0 }}>{one.name}</Typography>{one.scopes.map((scope) => <Chip key={scope} size="small" variant="outlined" label={t.scopes[scope]} />)}</div>}
        secondary={<Typography variant="body2" color={over ? "error" : "textSecondary"}>{facts}</Typography>} />
    </ListItem>
  );
}
