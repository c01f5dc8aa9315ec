// How the server is, and what it takes of the disk.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import CircularProgress from "@mui/material/CircularProgress";
import Typography from "@mui/material/Typography";
import { told } from "@/components/Notices";
import { bytes, dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Status } from "@/lib/types";
import { useStatus } from "./api";

export default function StatePage() {
  const found = useStatus();
  if (found.isPending) return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
  if (found.isError) return <Alert severity="error">{told(found.error)}</Alert>;
  const status = found.data;
  const facts: [string, string][] = [
    [t.version, `Ibidem ${status.version} · Python ${status.python} · SQLite ${status.sqlite}`],
    [t.runningSince, dateTime(status.started_at)],
    [t.signInMode, t.signInModes[status.sign_in] ?? status.sign_in],
    [t.dataDir, status.data_dir],
    [t.storeState, status.writable ? t.storeFine : t.storeRefuses],
    [t.indexState, status.behind ? t.indexBehind(status.behind) : t.indexReady],
  ];
  return (
    <>
      <Typography color="textSecondary">{t.stateText}</Typography>
      {!status.writable && <Alert severity="error" sx={{ my: 1 }}>{t.storeRefuses}</Alert>}
      <dl className="facts-list">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <Disk disk={status.disk} />
    </>
  );
}

function Disk({ disk }: { disk: Status["disk"] }) {
  const parts = disk.parts.filter((one) => one.size_bytes > 0).sort((one, other) => other.size_bytes - one.size_bytes);
  return (
    <section aria-labelledby="disk">
      <Typography variant="h6" component="h2" id="disk" sx={{ mt: 3 }}>{t.disk}</Typography>
      <Typography color="textSecondary">{t.diskUsed(bytes(disk.used_bytes))} · {t.diskFree(bytes(disk.free_bytes), bytes(disk.total_bytes))}</Typography>
      {disk.low && <Alert severity="warning" sx={{ my: 1 }}>{t.diskLow(bytes(disk.low_below_bytes))}</Alert>}
      <div className="disk-bar" aria-hidden>
        {parts.map((one) => <Box key={one.name} className={`part-${one.name}`} sx={{ flex: `${one.size_bytes} 0 3px` }} />)}
      </div>
      <ul className="disk-parts">
        {parts.map((one) => <li key={one.name}><span className={`dot part-${one.name}`} aria-hidden /><span>{t.diskParts[one.name] ?? one.name}</span><span>{bytes(one.size_bytes)}</span></li>)}
      </ul>
    </section>
  );
}
