// The last step, above the first answer: a model that was found on this machine, or one to download that fits it.

import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { FitChip } from "@/components/FitChip";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { useMessages } from "@/features/chat/api";
import { useModelActions } from "@/features/models/api";
import { PullDialog } from "@/features/models/PullDialog";
import { open, PullRows } from "@/features/models/PullRows";
import { fitOf, rate, verdictText, writes } from "@/lib/fit";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useFits, useModels, useNearby, usePulls } from "@/lib/queries";
import type { Fit, Fits, Model } from "@/lib/types";
import { FirstSteps } from "./FirstSteps";

const OFFERED = 3; // models: more are a choice, not a guide

interface Offer { model: Model; where: string; fit: Fit | undefined; setting?: "ollama_url" | "openai_url"; address?: string }

export default function FirstModel({ session, onEnd }: { session: string; onEnd: () => void }) {
  const answered = useMessages(session).data?.some((one) => one.role === "assistant" && one.status !== "running");
  return answered ? <Guide onEnd={onEnd} /> : null;
}

function Guide({ onEnd }: { onEnd: () => void }) {
  const models = useModels();
  const nearby = useNearby(true);
  const fits = useFits();
  const pulls = usePulls(true);
  const { setDefault } = useModelActions();
  const { say, fail } = useNotices();
  const use = useMutation({
    mutationFn: ({ name, setting, address }: { name: string; setting?: Offer["setting"]; address?: string | undefined }) => setDefault({ model: name, ...(setting && { setting, address: address ?? "" }) }),
    onSuccess: () => { say(t.firstDone); onEnd(); },
    onError: fail,
  });
  if (!models.data || !fits.data || nearby.isPending) return null;
  const here = models.data.items.filter((one) => one.provider !== "quotes" && writes(one)).map((model): Offer => ({ model, where: model.provider, fit: fitOf(fits.data, model.name) }));
  const around = (nearby.data ?? []).filter((one) => !one.current).flatMap(({ program, setting, address, models: offered }) => offered.filter(writes).map((model): Offer => ({ model, where: program, fit: undefined, setting, address })));
  const offers = [...here, ...around].filter(({ fit }) => fit?.verdict !== "too_large" && fit?.verdict !== "unusable").slice(0, OFFERED);
  return (
    <section className="first-model" aria-label={t.firstRun}>
      <FirstSteps at={2} />
      <IconButton size="small" className="first-close" aria-label={`${t.firstRun}: ${t.close}`} onClick={onEnd}><Icon name="close" /></IconButton>
      <Typography variant="h6" component="h2">{t.firstModelTitle}</Typography>
      <p>{t.firstModelText} {offers.length ? t.firstFound : ""}</p>
      {offers.map(({ model, where, fit, setting, address }) => (
        <div key={`${address ?? ""}${model.name}`} className="first-offer">
          <span className="any"><b>{model.name.slice(model.name.indexOf(":") + 1)}</b> <small>{[where, model.size_bytes && bytes(model.size_bytes)].filter(Boolean).join(" · ")}</small> {fit && <FitChip fit={fit} />}</span>
          <Button size="small" variant="contained" loading={use.isPending && use.variables.name === model.name} aria-label={`${t.firstUse}: ${model.name}`} onClick={() => use.mutate({ name: model.name, setting, address })}>{t.firstUse}</Button>
        </div>
      ))}
      {offers.length === 0 && <ToFetch fits={fits.data} busy={open(pulls.data ?? []).length > 0} />}
      {pulls.isError && <p className="wrong">{told(pulls.error)}</p>}
      {pulls.data && <PullRows pulls={pulls.data} onDone={(pull) => use.mutate({ name: pull.model })} />}
      <div className="toolbar">
        <Button size="small" color="inherit" onClick={onEnd}>{t.notNow}</Button>
        <Button size="small" href="#/models">{t.allOptions}</Button>
      </div>
    </section>
  );
}

function ToFetch({ fits, busy }: { fits: Fits; busy: boolean }) {
  const [asked, setAsked] = useState(false);
  const best = fits.items.find((one) => one.advised);
  if (!fits.engine) return <p>{t.noEngine}</p>;
  if (!best) return <p>{t.firstNoneFits}</p>;
  if (busy) return null; // its progress is shown instead
  const facts = [best.size_bytes && bytes(best.size_bytes), best.generation_tokens_s && t.expectedSpeed(rate(best.generation_tokens_s), t.speedBasis[best.speed_basis] ?? ""), best.licence, best.korean && t.writesKorean];
  return (
    <>
      <p>{t.firstFits}</p>
      <div className="first-offer">
        <span className="any"><b>{best.title}</b> <small>{facts.filter(Boolean).join(" · ")}<br />{verdictText(best, fits.machine.safe_bytes)}</small></span>
        <Button size="small" variant="contained" aria-label={`${t.pull}: ${best.title}`} onClick={() => setAsked(true)}>{t.pull}</Button>
      </div>
      {asked && <PullDialog wanted={best} onClose={() => setAsked(false)} />}
    </>
  );
}
