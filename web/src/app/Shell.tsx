// The frame of every page: chats and sections on the left, on a phone in a drawer.

import Alert from "@mui/material/Alert";
import CircularProgress from "@mui/material/CircularProgress";
import Drawer from "@mui/material/Drawer";
import IconButton from "@mui/material/IconButton";
import useMediaQuery from "@mui/material/useMediaQuery";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useRef, useState } from "react";
import { Outlet, useLocation, useNavigate } from "react-router";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { lastAnswer, neighbour } from "@/features/chat/found";
import { t } from "@/lib/i18n";
import { copyText } from "@/lib/insecure";
import { useHealth } from "@/lib/queries";
import { Shortcuts } from "./Shortcuts";
import { Sidebar } from "./Sidebar";
import { useShortcuts } from "./useShortcuts";

const Palette = lazy(() => import("./Palette"));

const chatIn = (path: string) => /^\/chat\/([\w-]+)/.exec(path)?.[1] ?? null;

export function Shell() {
  const wide = useMediaQuery("(min-width: 900px)");
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const [palette, setPalette] = useState(false);
  const client = useQueryClient();
  const { say, fail } = useNotices();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const health = useHealth();
  const current = chatIn(pathname);

  const copy = () => {
    const answer = current ? lastAnswer(client, current) : "";
    if (answer) void copyText(answer).then(() => say(t.answerCopied), fail);
  };
  const step = (by: 1 | -1) => {
    const next = neighbour(client, chatIn(location.hash.slice(1)), by); // where a key pressed just before has led
    if (next) void navigate(`/chat/${next}`);
  };
  const focus = () => (document.querySelector<HTMLElement>(".composer textarea") ?? document.querySelector<HTMLElement>("#main :is(a, button, input, textarea, [tabindex='0'])"))?.focus();
  useShortcuts({ onPalette: () => setPalette(true), onNew: () => void navigate("/"), onHelp: () => setHelp(true), onCopy: copy, onFocus: focus, onStep: step });

  const sidebar = <Sidebar current={current} search={search} onNavigate={() => setOpen(false)} onHelp={() => setHelp(true)} />;
  return (
    <div className="shell">
      <a className="skip" href={location.hash || "#/"} onClick={(event) => { event.preventDefault(); focus(); }}>{t.skipToMessage}</a>
      {wide
        ? <nav className="side" aria-label={t.chats}>{sidebar}</nav>
        : <Drawer open={open} onClose={() => setOpen(false)} slotProps={{ paper: { component: "nav", "aria-label": t.chats, className: "side" } as object }}>{sidebar}</Drawer>}
      <div className="content">
        {!wide && (
          <header className="top">
            <IconButton aria-label={t.menu} aria-expanded={open} onClick={() => setOpen(true)}><Icon name="menu" /></IconButton>
            <a href="#/" className="brand"><img src="/assets/icon.svg" alt="" width={24} height={24} /> Ibidem</a>
            <IconButton aria-label={t.newChat} href="#/"><Icon name="newChat" /></IconButton>
          </header>
        )}
        {health.data?.status === "read-only" && <Alert severity="error">{t.readOnly}</Alert>}
        {health.isError && <Alert severity="warning">{t.connectionLost}</Alert>}
        <Suspense fallback={<div className="center"><CircularProgress aria-label={t.loading} /></div>}><Outlet /></Suspense>
      </div>
      {palette && <Suspense><Palette onHelp={() => setHelp(true)} onCopy={current ? copy : null} onClose={() => setPalette(false)} /></Suspense>}
      {help && <Shortcuts onClose={() => setHelp(false)} />}
    </div>
  );
}
