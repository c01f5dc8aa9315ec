// Something was changed that holds only once the server has been started again; admins may do that from here.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import DialogContentText from "@mui/material/DialogContentText";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { restart } from "./api";

export function RestartNotice({ admin }: { admin: boolean }) {
  const client = useQueryClient();
  const { say } = useNotices();
  const [asking, setAsking] = useState(false);
  const run = async () => {
    await restart();
    await client.invalidateQueries();
    say(t.restarted);
  };
  return (
    <>
      <Alert severity="warning" sx={{ my: 1 }} action={admin && <Button color="inherit" size="small" onClick={() => setAsking(true)}>{t.restartNow}</Button>}>{t.restartNeeded}</Alert>
      {asking && (
        <FormDialog title={t.restartNow} action={t.restartNow} onSubmit={run} onClose={() => setAsking(false)}>
          <DialogContentText>{t.restartText}</DialogContentText>
        </FormDialog>
      )}
    </>
  );
}
