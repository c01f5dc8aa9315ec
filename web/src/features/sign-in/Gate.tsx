// Instead of the page, or over it: how to get in, or what to do when the server does not answer.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import Dialog from "@mui/material/Dialog";
import Typography from "@mui/material/Typography";
import { useQueryClient } from "@tanstack/react-query";
import { Fragment, useCallback, type ReactNode } from "react";
import { told } from "@/components/Notices";
import { isOffline, isSignedOut } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useHealth, useUser } from "@/lib/queries";
import { PasswordForm } from "./PasswordForm";
import { useExchange } from "./useSignIn";

export function Gate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const again = useCallback(() => void client.invalidateQueries(), [client]);
  const exchange = useExchange(again);
  const user = useUser(exchange !== "running"); // an answer of before the sign-in would be taken for one after it
  const health = useHealth();
  const out = user.isError && isSignedOut(user.error);
  const unknown = out && health.isPending; // which of the two ways in it is
  if (!user.data && (exchange === "running" || unknown)) return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
  const entry = health.data?.sign_in === "password"
    ? <Sheet title={t.signInTitle}><PasswordForm onDone={again} /></Sheet>
    : (
      <Sheet title={t.signInTitle}>
        {exchange === "old" && <Alert severity="warning">{t.linkOld}</Alert>}
        <Typography>{t.signInText}</Typography>
        <pre><code>ibidem open</code></pre>
        <Button variant="outlined" onClick={again}>{t.retry}</Button>
      </Sheet>
    );
  if (user.data) { // what was signed in stays, with all that is half written, while the server is away or asks who it is
    return <><Fragment key={user.data.id}>{children}</Fragment><Dialog fullScreen open={out && exchange !== "running"} aria-label={t.signInTitle}>{entry}</Dialog></>;
  }
  if (out) return entry;
  if (user.isError) {
    return (
      <Sheet title={t.offlineTitle}>
        <Typography>{isOffline(user.error) ? t.offlineText : told(user.error)}</Typography>
        <pre><code>ibidem serve --open</code></pre>
        <Button variant="outlined" onClick={again}>{t.retry}</Button>
      </Sheet>
    );
  }
  return <div className="center"><CircularProgress aria-label={t.loading} /></div>;
}

function Sheet({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="gate">
      <img src="/assets/icon.svg" alt="" width={56} height={56} />
      <Typography variant="h5" component="h1">{title}</Typography>
      {children}
    </main>
  );
}
