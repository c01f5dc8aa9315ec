// The model of the next question: searched by name, with size, context, whether it fits and whether it is loaded.

import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import InputBase from "@mui/material/InputBase";
import Popover from "@mui/material/Popover";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { FitChip } from "@/components/FitChip";
import { Icon } from "@/components/Icon";
import { fitOf, verdictText, writes } from "@/lib/fit";
import { bytes, count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { isComposing } from "@/lib/keys";
import { useFits, useModels } from "@/lib/queries";
import type { Fits, Model } from "@/lib/types";

const MOVES: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

/** `value` null: the default of the server. */
export function ModelPicker({ value, onPick }: { value: string | null; onPick: (model: string | null) => void }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const id = useId();
  const label = value ?? t.defaultModel;
  const close = () => setAnchor(null);
  return (
    <>
      <Button size="small" color="inherit" className="picker" aria-label={`${t.model}: ${label}`} aria-haspopup="dialog" aria-expanded={anchor !== null} aria-controls={anchor ? id : undefined}
        endIcon={<Icon name="down" fontSize="inherit" />} onClick={(event) => setAnchor(event.currentTarget)}><span>{short(label)}</span></Button>
      <Popover open={anchor !== null} anchorEl={anchor} onClose={close} anchorOrigin={{ vertical: "top", horizontal: "left" }} transformOrigin={{ vertical: "bottom", horizontal: "left" }}
        slotProps={{ paper: { id, role: "dialog", "aria-label": t.pickModel, className: "model-picker" } }}>
        <Choices value={value} onPick={(model) => { close(); onPick(model); }} />
      </Popover>
    </>
  );
}

/** Without the provider, which the list shows: the button is narrow. */
const short = (name: string) => name.slice(name.indexOf(":") + 1) || name;

function Choices({ value, onPick }: { value: string | null; onPick: (model: string | null) => void }) {
  const models = useModels();
  const fits = useFits();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (models.data?.items ?? []).filter(writes).filter(({ name, detail }) => words.every((word) => `${name} ${detail}`.toLowerCase().includes(word)));
  const options: (Model | null)[] = [...(words.length ? [] : [null]), ...found];
  const at = Math.min(active, options.length - 1);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(options.length - 1, to));
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  const keys = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = MOVES[event.key];
    if (step) move(at + step);
    else if (event.key === "Enter" && at >= 0) onPick(options[at]?.name ?? null);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div className="model-search">
        <Icon name="search" />
        <InputBase fullWidth autoFocus value={query} placeholder={t.searchModels} onKeyDown={keys} onChange={(event) => { setQuery(event.target.value); setActive(0); }}
          slotProps={{ input: { role: "combobox", "aria-label": t.searchModels, "aria-expanded": true, "aria-controls": id, "aria-activedescendant": at >= 0 ? `${id}-${at}` : undefined, spellCheck: false } }} />
      </div>
      <div role="listbox" id={id} ref={list} aria-label={t.models} className="model-options">
        {options.map((model, index) => (
          <div key={model?.name ?? ""} id={`${id}-${index}`} role="option" aria-selected={(model?.name ?? null) === value} className={index === at ? "option active" : "option"}
            onClick={() => onPick(model?.name ?? null)} onMouseMove={() => setActive(index)}>
            {model ? <Option model={model} fits={fits.data} /> : <><b>{t.defaultModel}</b><small>{models.data ? t.defaultIs(models.data.default) : ""}</small></>}
          </div>
        ))}
      </div>
      {options.length === 0 && <p className="model-none" role="status">{t.noneFound}</p>}
      <a className="model-more" href="#/models">{t.manageModels}</a>
    </>
  );
}

function Option({ model: { name, provider, size_bytes, context_tokens, detail, loaded }, fits }: { model: Model; fits: Fits | undefined }) {
  const fit = fitOf(fits, name);
  const facts = [size_bytes && bytes(size_bytes), context_tokens && t.context(count(context_tokens)), provider === "quotes" ? t.quotesText : detail];
  const why = fit && fit.verdict !== "fits" && fit.verdict !== "unknown" && fits ? verdictText(fit, fits.machine.safe_bytes) : "";
  return (
    <>
      <span className="fit-head"><b className="any">{name}</b>{fit && <FitChip fit={fit} />}{typeof loaded === "boolean" && <Chip size="small" variant="outlined" color={loaded ? "success" : "default"} label={loaded ? t.loaded : t.cold} />}</span>
      <small>{facts.filter(Boolean).join(" · ")}</small>
      {why && <small>{why}</small>}
    </>
  );
}
