// A job: what it does and for what, how far it is or why it failed.

import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNotices } from "@/components/Notices";
import { call } from "@/lib/api";
import { count, dateTime } from "@/lib/format";
import { inWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import type { Job } from "@/lib/types";

export function JobRow({ job }: { job: Job }) {
  const client = useQueryClient();
  const { fail } = useNotices();
  const waits = job.state === "queued" || job.state === "running";
  const act = useMutation({ mutationFn: () => call("POST", `/api/jobs/${job.id}/${waits ? "cancel" : "retry"}/`), onError: fail, onSettled: () => client.invalidateQueries({ queryKey: ["jobs"] }) });
  const kind = t.jobKinds[job.kind] ?? job.kind;
  const what = job.about ? `${kind} · ${job.about}` : kind;
  const repeatable = job.kind !== "answer"; // an answer is asked for again in its chat
  const button = (waits || repeatable) && <Button size="small" loading={act.isPending} aria-label={waits ? t.cancelJob(what) : t.runJobAgain(what)} onClick={() => act.mutate()}>{waits ? t.cancel : t.runAgain}</Button>;
  return (
    <ListItem disableGutters divider secondaryAction={button}>
      <ListItemText disableTypography sx={{ pr: 13 }} primary={<Typography dir="auto" sx={{ overflowWrap: "anywhere" }}>{what}</Typography>} secondary={<Detail job={job} />} />
    </ListItem>
  );
}

function Detail({ job: { state, updated_at, error, attempts, retries, progress } }: { job: Job }) {
  const tries = attempts + retries;
  const { done, total } = progress as { done?: number; total?: number };
  const facts = [t.jobStates[state] ?? state, dateTime(updated_at), tries > 1 && t.jobTries(tries), state === "running" && total ? t.jobProgress(count(done ?? 0), count(total)) : ""].filter(Boolean).join(" · ");
  return (
    <>
      <Typography variant="body2" color="textSecondary">{facts}</Typography>
      {state === "running" && <LinearProgress aria-label={facts} sx={{ my: 0.5, borderRadius: 2 }} {...(total ? { variant: "determinate", value: (100 * Math.min(done ?? 0, total)) / total } : {})} />}
      {error && <Typography variant="body2" color="error" sx={{ overflowWrap: "anywhere" }}>{inWords(error)}</Typography>}
    </>
  );
}
