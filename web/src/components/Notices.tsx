// Short messages at the head of the page, where no text is typed, and deletions that wait a moment for second thoughts.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import Snackbar from "@mui/material/Snackbar";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { isOffline, isSignedOut, type ApiError } from "@/lib/api";
import { inWords } from "@/lib/fault";
import { t } from "@/lib/i18n";

const UNDO_MS = 6000;

interface Notice { id: number; text: string; severity: "info" | "error"; undo?: () => void; expired?: () => void }
interface Removal { key: string; label: string; run: () => Promise<unknown> }
interface Notices {
  say: (text: string) => void;
  fail: (error: unknown) => void;
  /** Hides what has the key at once; `run` deletes it unless it is undone. */
  removeLater: (removal: Removal) => void;
  /** Deletes at once what still waits to be undone. */
  settle: () => Promise<unknown>;
  hidden: ReadonlySet<string>;
}

const Context = createContext<Notices | null>(null);

export function useNotices(): Notices {
  const notices = use(Context);
  if (!notices) throw new Error("outside of NoticesProvider");
  return notices;
}

export function told(error: unknown): string {
  if (isOffline(error)) return `${t.offline}. ${t.offlineHint}`;
  return inWords(error as ApiError);
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [notice, setNotice] = useState<Notice | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const pending = useRef(new Map<string, () => Promise<void> | undefined>());
  const number = useRef(0);
  const shown = useRef<Notice | null>(null); // as `notice`, known at once: what expires is no work for a drawing

  const put = useCallback((next: Notice | null) => {
    shown.current = next;
    setNotice(next);
  }, []);
  const show = useCallback((next: Omit<Notice, "id">) => {
    void shown.current?.expired?.();
    put({ ...next, id: ++number.current });
  }, [put]);
  const say = useCallback((text: string) => show({ text, severity: "info" }), [show]);
  const fail = useCallback((error: unknown) => {
    if (isSignedOut(error)) void client.invalidateQueries({ queryKey: ["user"] }); // shows how to sign in again
    show({ text: told(error), severity: "error" });
  }, [show, client]);
  const unhide = useCallback((key: string) => setHidden((keys) => new Set([...keys].filter((one) => one !== key))), []);

  const removeLater = useCallback(({ key, label, run }: Removal) => {
    setHidden((keys) => new Set([...keys, key]));
    const expired = () => {
      if (!pending.current.delete(key)) return undefined;
      return run().then(() => undefined, fail).finally(() => unhide(key));
    };
    const undo = () => {
      pending.current.delete(key);
      unhide(key);
    };
    pending.current.set(key, expired);
    show({ text: t.deleted(label), severity: "info", undo, expired });
  }, [fail, show, unhide]);

  const settle = useCallback(() => {
    if (shown.current?.undo) put(null);
    return Promise.all([...pending.current.values()].map((run) => run()));
  }, [put]);
  useEffect(() => { // leaving the page is no undoing
    addEventListener("pagehide", settle);
    return () => removeEventListener("pagehide", settle);
  }, [settle]);

  const close = (undone: boolean) => {
    if (undone) notice?.undo?.();
    else notice?.expired?.();
    put(null);
  };
  const value = useMemo(() => ({ say, fail, removeLater, settle, hidden }), [say, fail, removeLater, settle, hidden]);
  const undo = notice?.undo && <Button color="inherit" size="small" onClick={() => close(true)}>{t.undo}</Button>;
  return (
    <Context value={value}>
      {children}
      <Snackbar key={notice?.id} open={notice !== null} autoHideDuration={UNDO_MS} anchorOrigin={{ vertical: "top", horizontal: "center" }}
        onClose={(_, reason) => reason !== "clickaway" && close(false)} {...(notice?.severity === "error" ? {} : { message: notice?.text, action: undo })}>
        {notice?.severity === "error" ? <Alert severity="error" variant="filled" onClose={() => close(false)}>{notice.text}</Alert> : undefined}
      </Snackbar>
    </Context>
  );
}
