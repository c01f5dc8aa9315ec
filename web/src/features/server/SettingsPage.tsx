// Every setting, by section, searchable by name and meaning.

import Alert from "@mui/material/Alert";
import CircularProgress from "@mui/material/CircularProgress";
import FormControlLabel from "@mui/material/FormControlLabel";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useDeferredValue, useState } from "react";
import { told } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { useRights } from "@/lib/queries";
import type { Setting } from "@/lib/types";
import { useSettings } from "./api";
import { meaningOf } from "./meaning";
import { RestartNotice } from "./RestartNotice";
import { SettingRow } from "./SettingRow";

const SECTIONS = Object.keys(t.settingSections); // what is changed most comes first

export default function SettingsPage() {
  const found = useSettings();
  const { admin } = useRights();
  const [typed, setTyped] = useState("");
  const [changed, setChanged] = useState(false);
  const wanted = useDeferredValue(typed.trim().toLowerCase());
  if (found.isPending) return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
  if (found.isLoadingError) return <Alert severity="error">{told(found.error)}</Alert>;
  const matches = (one: Setting) => (!changed || one.source !== "default" || one.pending) && (one.name + meaningOf(one) + one.meaning).toLowerCase().includes(wanted);
  const items = found.data.items.filter(matches);
  const sections = SECTIONS.filter((section) => items.some((one) => one.section === section));
  return (
    <>
      <Typography color="textSecondary">{t.settingsText}</Typography>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ overflowWrap: "anywhere" }}>{t.settingsFile(found.data.file)}</Typography>
      {found.data.restart && <RestartNotice admin={admin} />}
      <div className="toolbar">
        <TextField type="search" placeholder={t.searchSettings} value={typed} onChange={(event) => setTyped(event.target.value)} slotProps={{ htmlInput: { "aria-label": t.searchSettings } }} sx={{ flex: "1 1 220px" }} />
        <FormControlLabel control={<Switch checked={changed} onChange={(event) => setChanged(event.target.checked)} />} label={t.onlyChanged} />
      </div>
      {items.length === 0 && <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{wanted ? t.noSetting : t.noneChanged}</Typography>}
      {sections.map((section) => (
        <section key={section} aria-label={t.settingSections[section]}>
          <Typography variant="h6" component="h2" sx={{ mt: 3 }}>{t.settingSections[section]}</Typography>
          <ul className="settings">{items.filter((one) => one.section === section).map((one) => <SettingRow key={one.name} setting={one} admin={admin} />)}</ul>
        </section>
      ))}
    </>
  );
}
