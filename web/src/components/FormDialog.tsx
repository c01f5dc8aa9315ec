// A dialog with a form: it stays open with the error, and closes when the work is done. A click beside it loses nothing.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Dialog from "@mui/material/Dialog";
import DialogActions from "@mui/material/DialogActions";
import DialogContent from "@mui/material/DialogContent";
import DialogTitle from "@mui/material/DialogTitle";
import { useMutation } from "@tanstack/react-query";
import { useId, type ReactNode } from "react";
import { t } from "@/lib/i18n";
import { told } from "./Notices";

interface Props { title: string; action: string; disabled?: boolean; wide?: boolean; danger?: boolean; children: ReactNode; onSubmit: () => Promise<unknown>; onClose: () => void }

export function FormDialog({ title, action, disabled, wide, danger, children, onSubmit, onClose }: Props) {
  const id = useId();
  const work = useMutation({ mutationFn: onSubmit, onSuccess: onClose });
  return (
    <Dialog open onClose={(_, reason) => reason === "escapeKeyDown" && onClose()} fullWidth maxWidth={wide ? "md" : "sm"} aria-labelledby={id}>
      <form onSubmit={(event) => { event.preventDefault(); work.mutate(); }}>
        <DialogTitle id={id}>{title}</DialogTitle>
        <DialogContent className="form">
          {work.isError && <Alert severity="error">{told(work.error)}</Alert>}
          {children}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" variant="contained" color={danger ? "error" : "primary"} disabled={disabled} loading={work.isPending}>{action}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
