// Whom the server may speak to, and whom it has spoken to since its start.

import Alert from "@mui/material/Alert";
import Chip from "@mui/material/Chip";
import CircularProgress from "@mui/material/CircularProgress";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { told } from "@/components/Notices";
import { dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Outbound } from "@/lib/types";
import { useOutbound } from "./api";

type Seen = Outbound["items"][number]["seen"];
interface Row { title: string; why: string; here: boolean; allowed: boolean; seen: Seen }

export default function ConnectionsPage() {
  const found = useOutbound();
  if (found.isPending) return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
  if (found.isError) return <Alert severity="error">{told(found.error)}</Alert>;
  const { items, others, offline } = found.data;
  const rows = items.map(({ address, provider, uses, ...rest }) => ({ ...rest, title: address, why: `${provider}: ${uses.map((use) => t.uses[use] ?? use).join(" · ")}` }));
  return (
    <>
      <Typography color="textSecondary">{t.connectionsText}</Typography>
      <Alert severity={offline ? "success" : "info"} sx={{ my: 1 }}>{offline ? t.offlineOn : t.offlineOff}</Alert>
      <Rows title={t.mayContact} rows={rows} />
      <Rows title={t.otherContacts} rows={rest(others, offline)} />
    </>
  );
}

/** Engines listen on another port at each start: they are one row. */
function rest(others: Outbound["others"], offline: boolean): Row[] {
  const engines = others.filter((one) => one.here);
  const beyond = others.filter((one) => !one.here).map(({ host, port, here, seen }) => ({ title: `${host}:${port}`, why: "", here, allowed: !offline, seen }));
  if (engines.length === 0) return beyond;
  const times = engines.map((one) => one.seen.last_at ?? "").sort();
  const seen = { connections: engines.reduce((sum, one) => sum + one.seen.connections, 0), refused: 0, last_at: times.at(-1) || null };
  return [{ title: t.engineContacts, why: "", here: true, allowed: true, seen }, ...beyond];
}

function Rows({ title, rows }: { title: string; rows: Row[] }) {
  return (
    <section aria-label={title}>
      <Typography variant="h6" component="h2" sx={{ mt: 3 }}>{title}</Typography>
      {rows.length === 0 && <Typography color="textSecondary">{t.noOtherContacts}</Typography>}
      <List>
        {rows.map((one) => (
          <ListItem key={one.title} disableGutters divider sx={{ flexWrap: "wrap", gap: 1 }}>
            <ListItemText primary={one.title} secondary={<>{one.why && <span className="line">{one.why}</span>}<span className="line">{history(one.seen)}</span></>} slotProps={{ primary: { sx: { overflowWrap: "anywhere" } } }} sx={{ flex: "1 1 240px" }} />
            <div className="chips">
              <Chip size="small" variant="outlined" color={one.here ? "success" : "warning"} label={one.here ? t.onThisMachine : t.beyondThisMachine} />
              {!one.allowed && <Chip size="small" color="error" variant="outlined" label={t.forbidden} />}
            </div>
          </ListItem>
        ))}
      </List>
    </section>
  );
}

function history({ connections, refused, last_at }: Seen): string {
  const made = connections && last_at ? t.contacted(connections, dateTime(last_at)) : t.neverContacted;
  return refused ? `${made} · ${t.refusedContacts(refused)}` : made;
}
