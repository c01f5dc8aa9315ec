// Which workspace, mode and model the next question goes to.

import Button from "@mui/material/Button";
import ListItemText from "@mui/material/ListItemText";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useId, useState } from "react";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import { useWorkspaces } from "@/lib/queries";
import type { Mode } from "@/lib/types";
import { ModelPicker } from "./ModelPicker";
import type { Wish } from "./wish";

interface Choice { value: string; label: string; hint?: string }
interface PickerProps { label: string; value: string; choices: Choice[]; onPick: (value: string) => void }

export function Picker({ label, value, choices, onPick }: PickerProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const id = useId();
  const chosen = choices.find((one) => one.value === value)?.label ?? value;
  return (
    <>
      <Button id={id} size="small" color="inherit" className="picker" aria-label={`${label}: ${chosen}`} aria-haspopup="menu" aria-expanded={anchor !== null}
        endIcon={<Icon name="down" fontSize="inherit" />} onClick={(event) => setAnchor(event.currentTarget)}><span>{chosen}</span></Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)} slotProps={{ list: { "aria-labelledby": id, dense: true }, paper: { sx: { maxHeight: 420, maxWidth: 380 } } }}
        anchorOrigin={{ vertical: "top", horizontal: "left" }} transformOrigin={{ vertical: "bottom", horizontal: "left" }}>
        {choices.map((one) => (
          <MenuItem key={one.value} selected={one.value === value} onClick={() => { setAnchor(null); onPick(one.value); }} sx={{ whiteSpace: "normal" }}>
            <ListItemText primary={one.label} secondary={one.hint} slotProps={{ primary: { sx: { overflowWrap: "anywhere" } } }} />
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}

export function Pickers({ wish, onChange }: { wish: Wish; onChange: (change: Partial<Wish>) => void }) {
  const workspaces = useWorkspaces();
  const places = (workspaces.data ?? []).map((one) => ({ value: one.slug, label: one.name, hint: t.documentsCount(one.documents) }));
  const modes = (Object.keys(t.modes) as Mode[]).map((mode) => ({ value: mode, label: t.modes[mode], hint: t.modeHints[mode] }));
  return (
    <>
      <Picker label={t.workspace} value={wish.workspace} choices={places} onPick={(workspace) => onChange({ workspace })} />
      <Picker label={t.mode} value={wish.mode ?? "chat"} choices={modes} onPick={(mode) => onChange({ mode: mode as Mode })} />
      <ModelPicker value={wish.model} onPick={(model) => onChange({ model })} />
    </>
  );
}
