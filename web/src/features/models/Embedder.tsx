// What makes vectors: the one in use, how far its vectors are, and another in its place while the old ones answer.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import DialogContentText from "@mui/material/DialogContentText";
import LinearProgress from "@mui/material/LinearProgress";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { bytes, count } from "@/lib/format";
import { inWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import type { Embedders } from "@/lib/types";
import { useEmbedder, useModelActions } from "./api";
import { PullDialog, type Wanted } from "./PullDialog";

type Item = Embedders["items"][number];

const languages = (item: Item) => (item.languages.includes("*") ? t.manyLanguages : item.languages.length === 1 ? t.englishOnly : item.languages.join(", "));

export function Embedder({ admin, busy }: { admin: boolean; busy: ReadonlySet<string> }) {
  const state = useEmbedder();
  const [chosen, setChosen] = useState<string | null>(null);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  if (!state.data) return null;
  const { embedder, items, workspaces, failure } = state.data;
  return (
    <section aria-labelledby="embedder">
      <Typography variant="h6" component="h2" id="embedder" sx={{ mt: 4 }}>{t.embedder}</Typography>
      <Typography color="textSecondary" sx={{ mb: 1 }}>{t.embedderText}</Typography>
      {failure && <Alert severity="warning" sx={{ mb: 1 }}>{inWords(failure)}</Alert>}
      {embedder && <Progress embedder={embedder} workspaces={workspaces} />}
      <ul className="fits">
        <li>
          <div className="fit"><div className="fit-head"><b>{t.noEmbedder}</b> {!embedder && <Chip size="small" color="primary" label={t.inUse} />}</div><small>{t.noEmbedderText}</small></div>
          {admin && embedder && <div className="fit-action"><Button size="small" onClick={() => setChosen("")}>{t.noEmbedderUse}</Button></div>}
        </li>
        {items.map((one) => (
          <li key={one.name}>
            <div className="fit">
              <div className="fit-head"><b className="any">{one.here ? one.name : one.title}</b> {one.name === embedder && <Chip size="small" color="primary" label={t.inUse} />}</div>
              <small>{[languages(one), one.size_bytes && bytes(one.size_bytes), one.licence].filter(Boolean).join(" · ")}</small>
            </div>
            {admin && one.name !== embedder && (
              <div className="fit-action">{one.here
                ? <Button size="small" variant="outlined" aria-label={`${t.use}: ${one.name}`} onClick={() => setChosen(one.name)}>{t.use}</Button>
                : <Button size="small" variant="outlined" disabled={busy.has(one.name)} aria-label={`${t.pull}: ${one.title}`} onClick={() => setWanted(one)}>{t.pull}</Button>}</div>
            )}
          </li>
        ))}
      </ul>
      {chosen !== null && <ChangeDialog embedder={chosen} building={Boolean(embedder)} onClose={() => setChosen(null)} />}
      {wanted && <PullDialog wanted={wanted} onClose={() => setWanted(null)} />}
    </section>
  );
}

function Progress({ embedder, workspaces }: Pick<Embedders, "embedder" | "workspaces">) {
  return workspaces.filter((one) => one.chunks > 0).map((one) => {
    const ready = one.embedded >= one.chunks && one.answering === embedder;
    const meanwhile = ready ? t.vectorsReady : one.answering && one.answering !== embedder ? t.oldAnswers(one.answering) : one.answering ? t.vectorsGrow : t.wordsAnswer;
    return (
      <div key={one.slug} className="upload building">
        <span className="any">{one.name}</span> <small>{t.embeddedOf(count(one.embedded), count(one.chunks))} · {meanwhile}</small>
        {!ready && <LinearProgress variant="determinate" value={(100 * one.embedded) / one.chunks} aria-label={`${t.embedder}: ${one.name}`} />}
      </div>
    );
  });
}

function ChangeDialog({ embedder, building, onClose }: { embedder: string; building: boolean; onClose: () => void }) {
  const { setEmbedder } = useModelActions();
  return (
    <FormDialog title={embedder || t.noEmbedder} action={embedder ? t.use : t.noEmbedderUse} onSubmit={() => setEmbedder(embedder)} onClose={onClose}>
      <DialogContentText>{!embedder ? t.embedderStop : building ? t.embedderChange : t.embedderStart}</DialogContentText>
    </FormDialog>
  );
}
