// The models that can be asked now, those that fit this machine, and the embedder.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import CircularProgress from "@mui/material/CircularProgress";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemText from "@mui/material/ListItemText";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { told } from "@/components/Notices";
import { fitOf } from "@/lib/fit";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { isUnderWay, useFits, useModels, useNearby, usePulls, useUser } from "@/lib/queries";
import type { Fits, Model, Models } from "@/lib/types";
import { Embedder } from "./Embedder";
import { FitTable } from "./FitTable";
import { ModelRow } from "./ModelRow";
import { Nearby } from "./Nearby";
import { PullOtherDialog } from "./PullDialog";
import { PullRows } from "./PullRows";

const SHOWN = 6; // of the models that can be asked; more are searched, or shown when asked for

export default function ModelsPage() {
  useTitle(t.models);
  const admin = useUser().data?.role === "admin";
  const models = useModels();
  const fits = useFits();
  const nearby = useNearby(admin);
  const pulls = usePulls(admin);
  const [other, setOther] = useState(false);
  const busy = new Set(pulls.data?.filter(isUnderWay).map((one) => one.name));
  const found = nearby.data?.some((one) => !one.current);
  return (
    <main className="page models" id="main">
      <Typography variant="h5" component="h1">{t.models}</Typography>
      <Typography color="textSecondary" sx={{ mb: 2 }}>{t.modelsText}</Typography>
      {pulls.data && <PullRows pulls={pulls.data} />}
      {models.isError && <Alert severity="error">{told(models.error)}</Alert>}
      {models.isPending && <div className="center"><CircularProgress aria-label={t.loading} /></div>}
      {models.data && <Askable models={models.data} fits={fits.data} admin={admin} />}
      {found && <section aria-labelledby="nearby"><Typography variant="h6" component="h2" id="nearby" sx={{ mt: 4 }}>{t.nearby}</Typography><ul className="fits"><Nearby servers={nearby.data ?? []} /></ul></section>}
      <section aria-labelledby="fitting">
        <div className="table-head">
          <Typography variant="h6" component="h2" id="fitting">{t.fitting}</Typography>
          {admin && <Button size="small" variant="outlined" onClick={() => setOther(true)}>{t.pullOther}</Button>}
        </div>
        {fits.data && <MachineText fits={fits.data} />}
        {fits.isError && <Alert severity="error">{told(fits.error)}</Alert>}
        {fits.isPending && <div className="center"><CircularProgress aria-label={t.loading} /></div>}
        {fits.data && <FitTable fits={fits.data} admin={admin} busy={busy} />}
      </section>
      <Embedder admin={admin} busy={busy} />
      {models.data && <Servers servers={models.data.servers} />}
      {other && <PullOtherDialog onClose={() => setOther(false)} />}
    </main>
  );
}

function Askable({ models, fits, admin }: { models: Models; fits: Fits | undefined; admin: boolean }) {
  const [query, setQuery] = useState("");
  const [all, setAll] = useState(false);
  const wanted = query.trim().toLowerCase();
  const first = (one: Model) => Number(isDefault(models.default, one.name)) * 2 + Number(one.loaded ?? false);
  const items = models.items.filter((one) => one.name.toLowerCase().includes(wanted)).sort((one, other) => first(other) - first(one));
  return (
    <section aria-label={t.askable}>
      {models.items.every((one) => one.provider === "quotes") && <Alert severity="info" sx={{ mb: 1 }}>{t.noModel}</Alert>}
      {models.items.length > SHOWN && <TextField fullWidth type="search" label={t.findModel} value={query} onChange={(event) => setQuery(event.target.value)} sx={{ mb: 1 }} />}
      <ul className="fits">{items.slice(0, all ? undefined : SHOWN).map((one) => <ModelRow key={one.name} model={one} fit={fitOf(fits, one.name)} isDefault={isDefault(models.default, one.name)} admin={admin} />)}</ul>
      {items.length > SHOWN && <Button size="small" onClick={() => setAll(!all)} aria-expanded={all}>{all ? t.fewerModels : t.allModels(items.length)}</Button>}
      {items.length === 0 && <Typography color="textSecondary">{t.noneFound}</Typography>}
    </section>
  );
}

/** Ollama's `:latest` may be left out. */
const isDefault = (chosen: string, name: string) => name === chosen || name === `${chosen}:latest`;

function MachineText({ fits: { machine, warnings, engine } }: { fits: Fits }) {
  const cards = machine.gpus.map((one) => `${one.name}, ${bytes(one.total_bytes)}`);
  return (
    <>
      <Typography color="textSecondary" sx={{ mb: 1 }}>{[machine.processor, t.cores(machine.cores), t.memoryOf(bytes(machine.memory_bytes), bytes(machine.available_bytes)), ...cards].filter(Boolean).join(" · ")}</Typography>
      {[...(engine ? [] : [t.noEngine]), ...warnings].map((one) => <Alert key={one} severity="warning" sx={{ mb: 1 }}>{one}</Alert>)}
    </>
  );
}

function Servers({ servers }: Pick<Models, "servers">) {
  return (
    <>
      <Typography variant="h6" component="h2" sx={{ mt: 4 }}>{t.servers}</Typography>
      <List dense>
        {servers.map((one) => (
          <ListItem key={one.provider} disableGutters secondaryAction={<Chip size="small" variant="outlined" color={one.reachable ? "success" : "default"} label={one.reachable ? t.reachable : t.unreachable} />}>
            <ListItemText primary={`${one.provider} · ${one.address}`} secondary={one.detail} slotProps={{ primary: { sx: { overflowWrap: "anywhere", pr: 10 } }, secondary: { sx: { pr: 10, overflowWrap: "anywhere" } } }} />
          </ListItem>
        ))}
      </List>
    </>
  );
}
