// What the server does and what failed: cancel what waits, run again what failed.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import List from "@mui/material/List";
import { useQuery } from "@tanstack/react-query";
import { told } from "@/components/Notices";
import { call } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { useRights } from "@/lib/queries";
import type { Job, Page } from "@/lib/types";
import { JobRow } from "./JobRow";

const BUSY_MS = 1000;
const IDLE_MS = 5000;
const GROUPS = { running: ["running"], queued: ["queued"], failed: ["failed", "dead"] } as const; // what is done is of no interest
type Group = keyof typeof GROUPS;

async function jobs(): Promise<Record<Group, Job[]>> {
  const listed = async (group: Group) => {
    const pages = await Promise.all(GROUPS[group].map((state) => call<Page<Job>>("GET", `/api/jobs/?state=${state}&limit=100`)));
    return pages.flatMap((page) => page.items);
  };
  const [running, queued, failed] = await Promise.all([listed("running"), listed("queued"), listed("failed")]);
  return { running, queued, failed };
}

export default function JobsPage() {
  useTitle(t.jobs);
  const found = useQuery({ queryKey: ["jobs"], queryFn: jobs, refetchInterval: ({ state }) => (state.data?.running.length ? BUSY_MS : IDLE_MS) });
  const { server } = useRights();
  const groups = (Object.keys(GROUPS) as Group[]).filter((group) => found.data?.[group].length);
  return (
    <main className="page" id="main">
      <Typography variant="h5" component="h1">{t.jobs}</Typography>
      <Typography color="textSecondary">{t.jobsText}</Typography>
      {server && <div className="toolbar"><Button size="small" variant="outlined" href="#/settings/state">{t.seeState}</Button></div>}
      {found.isError && <Alert severity="error">{told(found.error)}</Alert>}
      {found.data && groups.length === 0 && <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{t.noJobs}</Typography>}
      {groups.map((group) => (
        <section key={group} aria-label={t.jobGroups[group]}>
          <Typography variant="h6" component="h2" sx={{ mt: 3 }}>{t.jobGroups[group]}</Typography>
          <List>{found.data?.[group].map((job) => <JobRow key={job.id} job={job} />)}</List>
        </section>
      ))}
    </main>
  );
}
