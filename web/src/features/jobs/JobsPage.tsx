// What the server does and what failed: cancel what waits, run again what failed.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { told, useNotices } from "@/components/Notices";
import { call } from "@/lib/api";
import { dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Job, Page } from "@/lib/types";

const SHOWN = ["running", "queued", "failed", "dead"]; // in this order; what is done is of no interest
const COLOURS: Record<string, "error" | "info" | "default"> = { failed: "error", dead: "error", running: "info" };

async function jobs(): Promise<Job[]> {
  const pages = await Promise.all(SHOWN.map((state) => call<Page<Job>>("GET", `/api/jobs/?state=${state}&limit=100`)));
  return pages.flatMap((page) => page.items);
}

export default function JobsPage() {
  const client = useQueryClient();
  const { fail } = useNotices();
  const found = useQuery({ queryKey: ["jobs"], queryFn: jobs, refetchInterval: 2000 });
  const act = (job: Job, verb: "cancel" | "retry") => () => void call("POST", `/api/jobs/${job.id}/${verb}/`).then(() => client.invalidateQueries({ queryKey: ["jobs"] }), fail);
  return (
    <main className="page" id="main">
      <Typography variant="h5" component="h1">{t.jobs}</Typography>
      <Typography color="textSecondary" sx={{ mb: 2 }}>{t.jobsText}</Typography>
      {found.isError && <Alert severity="error">{told(found.error)}</Alert>}
      {found.data?.length === 0 && <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{t.noJobs}</Typography>}
      <List>
        {found.data?.map((job) => {
          const waits = job.state === "queued" || job.state === "running";
          return (
            <ListItem key={job.id} disableGutters divider secondaryAction={<Button size="small" onClick={act(job, waits ? "cancel" : "retry")}>{waits ? t.cancel : t.runAgain}</Button>}>
              <ListItemText primary={<>{t.jobKinds[job.kind] ?? job.kind} <Chip size="small" variant="outlined" color={COLOURS[job.state] ?? "default"} label={t.jobStates[job.state] ?? job.state} /></>}
                secondary={[dateTime(job.updated_at), job.error && [job.error.message, job.error.hint].filter(Boolean).join(" — ")].filter(Boolean).join(" · ")} slotProps={{ secondary: { sx: { pr: 12, overflowWrap: "anywhere" } } }} />
            </ListItem>
          );
        })}
      </List>
    </main>
  );
}
