// Before a model is fetched: what it is, how large, and under which licence.

import DialogContentText from "@mui/material/DialogContentText";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useModelActions } from "./api";

export interface Wanted { name: string; title: string; size_bytes?: number | null | undefined; licence?: string | null | undefined }

export function PullDialog({ wanted: { name, title, size_bytes, licence }, onClose }: { wanted: Wanted; onClose: () => void }) {
  const { pull } = useModelActions();
  return (
    <FormDialog title={t.pullTitle(title)} action={t.pull} onSubmit={() => pull(name)} onClose={onClose}>
      <DialogContentText>{[size_bytes && t.pullSize(bytes(size_bytes)), licence && t.pullLicence(licence)].filter(Boolean).join(" ")}</DialogContentText>
      <DialogContentText>{t.pullWhere}</DialogContentText>
    </FormDialog>
  );
}

/** Any other: by a name of the table, an address, or through Ollama. */
export function PullOtherDialog({ onClose }: { onClose: () => void }) {
  const { pull } = useModelActions();
  const [name, setName] = useState("");
  const [sha256, setSha256] = useState("");
  return (
    <FormDialog title={t.pullOther} action={t.pull} disabled={!name.trim()} onSubmit={() => pull(name.trim(), sha256.trim())} onClose={onClose}>
      <DialogContentText>{t.pullOtherText}</DialogContentText>
      <TextField label={t.pullName} placeholder="ollama:llama3.2" autoFocus value={name} onChange={(event) => setName(event.target.value)} slotProps={{ htmlInput: { maxLength: 2000, spellCheck: false } }} />
      <TextField label={t.pullHash} value={sha256} onChange={(event) => setSha256(event.target.value)} slotProps={{ htmlInput: { maxLength: 64, spellCheck: false } }} />
    </FormDialog>
  );
}
