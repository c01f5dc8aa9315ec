// A model that can be asked: whether it fits and is loaded, how fast it is once it was tested, and whether it is the default.

import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import { useMutation } from "@tanstack/react-query";
import { FitChip } from "@/components/FitChip";
import { told, useNotices } from "@/components/Notices";
import { rate, writes } from "@/lib/fit";
import { bytes, count, seconds } from "@/lib/format";
import { t } from "@/lib/i18n";
import type { Fit, Measured, Model } from "@/lib/types";
import { useModelActions } from "./api";

interface Props { model: Model; fit: Fit | undefined; isDefault: boolean; admin: boolean }

export function ModelRow({ model, fit, isDefault, admin }: Props) {
  const { name, provider, size_bytes, context_tokens, detail, loaded } = model;
  const { test, setDefault, again } = useModelActions();
  const { say } = useNotices();
  const trial = useMutation({ mutationFn: () => test(name), onSettled: () => again("models", "fits") });
  const choice = useMutation({ mutationFn: () => setDefault({ model: name }), onSuccess: () => say(t.nowDefault(name)) });
  const facts = [size_bytes && bytes(size_bytes), context_tokens && t.context(count(context_tokens)), provider === "quotes" ? t.quotesText : detail].filter(Boolean).join(" · ");
  const failed = trial.error ?? choice.error;
  return (
    <li>
      <div className="fit">
        <div className="fit-head">
          <b className="any">{name}</b>
          {isDefault && <Chip size="small" color="primary" label={t.isDefault} />}
          {typeof loaded === "boolean" && <Chip size="small" variant="outlined" label={loaded ? t.loaded : t.cold} color={loaded ? "success" : "default"} />}
          {fit && <FitChip fit={fit} />}
        </div>
        <small>{facts}</small>
        <div role="status">
          {trial.isPending && <small>{t.testing}</small>}
          {trial.data && <Tested measured={trial.data} />}
          {failed && <span className="wrong">{told(failed)}</span>}
        </div>
      </div>
      <div className="fit-action">
        {admin && !isDefault && writes(model) && <Button size="small" loading={choice.isPending} aria-label={`${t.makeDefault}: ${name}`} onClick={() => choice.mutate()}>{t.makeDefault}</Button>}
        {provider !== "quotes" && writes(model) && <Button size="small" variant="outlined" loading={trial.isPending} aria-label={`${t.test}: ${name}`} onClick={() => trial.mutate()}>{t.test}</Button>}
      </div>
    </li>
  );
}

function Tested({ measured: { said, load_s, first_token_s, prompt_tokens_s, written_tokens_s, memory_bytes } }: { measured: Measured }) {
  const facts = [t.tested(rate(prompt_tokens_s), rate(written_tokens_s)), t.testedFirst(seconds(1000 * first_token_s), seconds(1000 * load_s)), memory_bytes && t.testedMemory(bytes(memory_bytes))];
  return <><span className="result">{facts.filter(Boolean).join(" · ")}</span>{said && <q className="said">{said.slice(0, 200)}</q>}</>;
}
