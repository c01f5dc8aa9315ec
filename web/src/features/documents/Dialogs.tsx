// The small forms of the documents page.

import DialogContentText from "@mui/material/DialogContentText";
import FormControlLabel from "@mui/material/FormControlLabel";
import Switch from "@mui/material/Switch";
import TextField from "@mui/material/TextField";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { t } from "@/lib/i18n";

export function FolderDialog({ onAdd, onClose }: { onAdd: (path: string, watch: boolean) => Promise<unknown>; onClose: () => void }) {
  const [path, setPath] = useState("");
  const [watch, setWatch] = useState(true);
  return (
    <FormDialog title={t.addFolder} action={t.add} disabled={!path.trim()} onSubmit={() => onAdd(path.trim(), watch)} onClose={onClose}>
      <DialogContentText>{t.addFolderText}</DialogContentText>
      <TextField label={t.path} placeholder={t.pathExample} autoFocus value={path} onChange={(event) => setPath(event.target.value)} />
      <FormControlLabel control={<Switch checked={watch} onChange={(event) => setWatch(event.target.checked)} />} label={t.watch} />
    </FormDialog>
  );
}

export function PasteDialog({ onAdd, onClose }: { onAdd: (title: string, text: string) => Promise<unknown>; onClose: () => void }) {
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  return (
    <FormDialog title={t.pasteText} action={t.add} wide disabled={!title.trim() || !text.trim()} onSubmit={() => onAdd(title, text)} onClose={onClose}>
      <TextField label={t.title} autoFocus value={title} onChange={(event) => setTitle(event.target.value)} slotProps={{ htmlInput: { maxLength: 500 } }} />
      <TextField label={t.text} multiline minRows={8} maxRows={20} value={text} onChange={(event) => setText(event.target.value)} />
    </FormDialog>
  );
}

export function NameDialog({ title, name, action, onName, onClose }: { title: string; name: string; action: string; onName: (name: string) => Promise<unknown>; onClose: () => void }) {
  const [text, setText] = useState(name);
  return (
    <FormDialog title={title} action={action} disabled={!text.trim()} onSubmit={() => onName(text.trim())} onClose={onClose}>
      <TextField label={t.name} autoFocus value={text} onChange={(event) => setText(event.target.value)} sx={{ mt: 1 }} />
    </FormDialog>
  );
}

export function DeleteDialog({ text, action = t.delete, onDelete, onClose }: { text: string; action?: string; onDelete: () => Promise<unknown>; onClose: () => void }) {
  return <FormDialog title={action} action={action} danger onSubmit={onDelete} onClose={onClose}><DialogContentText>{text}</DialogContentText></FormDialog>;
}
