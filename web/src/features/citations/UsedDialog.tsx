// What an answer was made from: the passages read, what was left out and why, times, tokens, and scores by channel.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useMutation } from "@tanstack/react-query";
import { Icon } from "@/components/Icon";
import { told } from "@/components/Notices";
import { call } from "@/lib/api";
import { count, seconds } from "@/lib/format";
import { t } from "@/lib/i18n";
import { placeOf } from "@/lib/place";
import type { Found, Message, Omitted } from "@/lib/types";
import { ScoreTable } from "./ScoreTable";

interface Props { message: Message; question: string; workspace: string; onClose: () => void }

export default function UsedDialog({ message, question, workspace, onClose }: Props) {
  const search = useMutation({ mutationFn: () => call<Found>("POST", "/api/search/", { query: question, workspace, trace: true, limit: 20 }) });
  const { usage, timings, rag_context: passages, omitted = [] } = message;
  const times = [["search_ms", t.searchTime], ["first_token_ms", t.firstToken], ["total_ms", t.totalTime]] as const;
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="md" aria-labelledby="used-title">
      <DialogTitle id="used-title" sx={{ pr: 6 }}>{t.used}</DialogTitle>
      <IconButton aria-label={t.close} onClick={onClose} sx={{ position: "absolute", right: 12, top: 12 }}><Icon name="close" /></IconButton>
      <DialogContent className="used">
        <Section title={t.usedTimes}>{times.filter(([name]) => timings[name] !== undefined).map(([name, label]) => `${label} ${t.seconds(seconds(timings[name] ?? 0))}`).join(" · ")}</Section>
        <Section title={t.usedTokens}>{[t.tokensRead(count(usage.prompt ?? 0), count(usage.reused ?? 0)), t.tokensWritten(count(usage.completion ?? 0))].join(" · ")}</Section>
        {passages.length === 0
          ? <Alert severity="info" sx={{ my: 2 }}>{t.usedNone}</Alert>
          : <Section title={t.usedPassages(passages.length)}>
              <ol>{passages.map((one) => <li key={one.number} value={one.number}><a href={one.url.replace(/^\//, "")} onClick={onClose}>{placeOf(one)}</a>{one.heading && <small> {one.heading}</small>}</li>)}</ol>
            </Section>}
        {omitted.length > 0 && <Section title={t.usedOmitted(omitted.length)}><ul>{omitted.map((one, index) => <li key={index}>{omittedText(one)}</li>)}</ul></Section>}
        {passages.length > 0 && !search.data && <Button variant="outlined" size="small" loading={search.isPending} onClick={() => search.mutate()} sx={{ mt: 1 }}>{t.searchAgain}</Button>}
        {search.isError && <Alert severity="error">{told(search.error)}</Alert>}
        {search.data?.trace && <ScoreTable trace={search.data.trace} />}
      </DialogContent>
    </Dialog>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return <section><Typography variant="subtitle2" component="h3">{title}</Typography><div>{children}</div></section>;
}

function omittedText({ path, start_line, turns, reason }: Omitted): string {
  const what = turns ? t.turnsForgotten(turns) : [path, start_line && t.lines(start_line, start_line)].filter(Boolean).join(" · ");
  return `${what} — ${t.reasons[reason] ?? reason}`;
}
