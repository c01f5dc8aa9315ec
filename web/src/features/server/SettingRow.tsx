// One setting: what it means, where its value comes from, and the value, which is saved by itself.

import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import MenuItem from "@mui/material/MenuItem";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { told, useNotices } from "@/components/Notices";
import { isComposing, sends } from "@/lib/keys";
import { t } from "@/lib/i18n";
import type { Setting } from "@/lib/types";
import { useSettingActions, type Value } from "./api";
import { meaningOf, shown, withCode } from "./meaning";

export function SettingRow({ setting, admin }: { setting: Setting; admin: boolean }) {
  const { name, source, by_hand, secret, pending, variable } = setting;
  const id = useId();
  const locked = by_hand ? t.settingByHand(variable) : source === "environment" ? t.settingByEnvironment(variable) : "";
  return (
    <li className="setting" aria-labelledby={id}>
      <div>
        <Typography component="h3" variant="subtitle2" id={id} sx={{ fontFamily: "monospace", overflowWrap: "anywhere" }}>{name}</Typography>
        <Typography variant="body2" color="textSecondary">{withCode(meaningOf(setting))}</Typography>
        {locked && <Typography variant="caption" color="textSecondary" component="p">{locked}</Typography>}
        <div className="chips">
          {source !== "default" && <Chip size="small" variant="outlined" label={t.settingSources[source]} />}
          {pending && <Chip size="small" color="warning" variant="outlined" label={secret ? t.settingPendingSecret : t.settingPending(shown(setting, setting.running))} />}
        </div>
      </div>
      {locked || !admin ? <Fixed setting={setting} /> : <Changeable setting={setting} />}
    </li>
  );
}

function Fixed({ setting }: { setting: Setting }) {
  const unseen = setting.source === "default" ? t.settingUnset : t.settingSet;
  return <Typography className="setting-value" sx={{ overflowWrap: "anywhere" }}>{setting.secret ? unseen : shown(setting, setting.value)}</Typography>;
}

function Changeable({ setting }: { setting: Setting }) {
  const { name, kind, secret, choices, source } = setting;
  const [draft, setDraft] = useState<string | null>(null);
  const { say, fail } = useNotices();
  const { change, reset } = useSettingActions(setting);
  const save = useMutation({ mutationFn: change, onSuccess: ({ pending }) => { setDraft(null); say(pending ? t.settingSaved(name) : t.settingHolds(name)); }, onError: (error) => { if (kind === "switch") fail(error); } }); // the others tell it in their helper text
  const back = useMutation({ mutationFn: reset, onSuccess: () => setDraft(null), onError: fail });
  const drop = () => { setDraft(null); save.reset(); };
  const kept = secret ? "" : String(setting.value);
  const changed = draft !== null && draft !== kept;
  const label = { "aria-label": name };
  const error = { error: save.isError, helperText: save.isError ? told(save.error) : t.settingDefault(shown(setting, setting.default)) };
  return (
    <div className="setting-value">
      {kind === "switch" && <Switch checked={setting.value === true} disabled={save.isPending} onChange={(event) => save.mutate(event.target.checked)} slotProps={{ input: label }} />}
      {kind === "choice" && (
        <TextField select fullWidth value={kept} {...error} onChange={(event) => save.mutate(event.target.value)} slotProps={{ select: { SelectDisplayProps: label } }}>
          {choices.map((one) => <MenuItem key={one} value={one}>{one}</MenuItem>)}
        </TextField>
      )}
      {kind !== "switch" && kind !== "choice" && (
        <TextField fullWidth value={draft ?? kept} {...error} type={secret ? "password" : "text"} placeholder={secret && source !== "default" ? t.settingSet : ""}
          onChange={(event) => setDraft(event.target.value)} onKeyDown={(event) => { if (sends(event) && changed) save.mutate(typed(draft, kind)); if (event.key === "Escape" && !isComposing(event)) drop(); }}
          slotProps={{ htmlInput: { ...label, inputMode: kind === "text" ? "text" : "decimal", autoComplete: secret ? "new-password" : "off", spellCheck: false } }} />
      )}
      <div className="setting-buttons">
        {changed && <Button size="small" variant="contained" aria-label={t.saveSetting(name)} loading={save.isPending} onClick={() => save.mutate(typed(draft, kind))}>{t.save}</Button>}
        {changed && <Button size="small" onClick={drop}>{t.cancel}</Button>}
        {!changed && source === "file" && <Button size="small" aria-label={t.settingReset(name)} loading={back.isPending} onClick={() => back.mutate()}>{t.resetToDefault}</Button>}
      </div>
    </div>
  );
}

/** What is no number is sent as it is: the server says what is wrong with it. */
function typed(draft: string, kind: Setting["kind"]): Value {
  const number = Number(draft);
  return kind === "text" || draft.trim() === "" || !Number.isFinite(number) ? draft : number;
}
