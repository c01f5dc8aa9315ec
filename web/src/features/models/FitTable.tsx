// The models worth having, the best for this machine first: memory, speed, verdict, and what to change.

import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import { useState } from "react";
import { FitChip } from "@/components/FitChip";
import { rate, verdictText } from "@/lib/fit";
import { bytes, count } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Fit, Fits } from "@/lib/types";
import { MemoryBar, MemoryLegend } from "./MemoryBar";
import { PullDialog } from "./PullDialog";

const SHOWN = 5;

export function FitTable({ fits, admin, busy }: { fits: Fits; admin: boolean; busy: ReadonlySet<string> }) {
  const [all, setAll] = useState(false);
  const [wanted, setWanted] = useState<Fit | null>(null);
  const table = fits.items.filter((one) => one.source === "table");
  return (
    <>
      <MemoryLegend machine={fits.machine} />
      <ul className="fits">
        {table.slice(0, all ? undefined : SHOWN).map((one) => (
          <li key={one.name}>
            <FitRow fit={one} machine={fits.machine} />
            {admin && <div className="fit-action">{one.here
              ? <Chip size="small" label={t.downloaded} />
              : <Button size="small" variant={one.advised ? "contained" : "outlined"} disabled={busy.has(one.name) || one.verdict === "too_large"} aria-label={`${t.pull}: ${one.title}`} onClick={() => setWanted(one)}>{t.pull}</Button>}</div>}
          </li>
        ))}
      </ul>
      {table.length > SHOWN && <Button size="small" onClick={() => setAll(!all)} aria-expanded={all}>{all ? t.fewerModels : t.allModels(table.length)}</Button>}
      {wanted && <PullDialog wanted={wanted} onClose={() => setWanted(null)} />}
    </>
  );
}

export function FitRow({ fit, machine }: { fit: Fit; machine: Fits["machine"] }) {
  const speed = fit.generation_tokens_s ? t.expectedSpeed(rate(fit.generation_tokens_s), t.speedBasis[fit.speed_basis] ?? "") : "";
  const facts = [fit.size_bytes && bytes(fit.size_bytes), fit.context_tokens && t.context(count(fit.context_tokens)), speed, fit.korean && t.writesKorean, fit.licence];
  return (
    <div className="fit">
      <div className="fit-head"><b className="any">{fit.title}</b> {fit.advised && <Chip size="small" color="primary" label={t.advised} />} <FitChip fit={fit} /></div>
      <MemoryBar fit={fit} machine={machine} />
      <p>{verdictText(fit, machine.safe_bytes)}</p>
      <small>{facts.filter(Boolean).join(" · ")}</small>
    </div>
  );
}
