// Where one is signed in, and signing out there.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { told, useNotices } from "@/components/Notices";
import { dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Login } from "@/lib/types";
import { browserName } from "./agent";
import { useAccountActions, useLogins } from "./api";

export function Logins() {
  const logins = useLogins();
  const { endLogins } = useAccountActions();
  const { say, fail } = useNotices();
  const others = logins.data?.filter((one) => !one.current) ?? [];
  const endAll = () => endLogins(others.map((one) => one.id)).then(() => say(t.signedOutElsewhere), fail);
  const end = ({ current, agent, id }: Login) => current
    ? <Chip size="small" color="success" variant="outlined" label={t.thisBrowser} />
    : <Button size="small" aria-label={t.signOutThere(browserName(agent))} onClick={() => void endLogins([id]).catch(fail)}>{t.signOut}</Button>;
  return (
    <section aria-labelledby="logins">
      <div className="table-head">
        <Typography variant="h6" component="h2" id="logins">{t.signIns}</Typography>
        {others.length > 0 && <Button onClick={() => void endAll()}>{t.signOutElsewhere}</Button>}
      </div>
      <Typography color="textSecondary">{t.signInsText}</Typography>
      {logins.isError && <Alert severity="error">{told(logins.error)}</Alert>}
      <List>
        {logins.data?.map((one) => (
          <ListItem key={one.id} disableGutters divider secondaryAction={end(one)}>
            <ListItemText primary={browserName(one.agent)} secondary={[one.address, t.lastUsed(dateTime(one.used_at))].filter(Boolean).join(" · ")} slotProps={{ primary: { sx: { overflowWrap: "anywhere", pr: 10 } }, secondary: { sx: { pr: 10 } } }} />
          </ListItem>
        ))}
      </List>
    </section>
  );
}
