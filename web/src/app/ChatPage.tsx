// Chat and sources side by side; on a phone the source is a sheet over the chat.

import Drawer from "@mui/material/Drawer";
import useMediaQuery from "@mui/material/useMediaQuery";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import type { Cited } from "@/features/chat/Answer";
import { Chat } from "@/features/chat/Chat";
import { NewChat } from "@/features/chat/NewChat";
import { SourcePanel } from "@/features/citations/SourcePanel";
import { t } from "@/lib/i18n";
import { isComposing } from "@/lib/keys";
import type { Message, Session } from "@/lib/types";
import { useFirstRun } from "./firstRun";

const FirstDocuments = lazy(() => import("./FirstDocuments"));
const FirstQuestion = lazy(() => import("./FirstQuestion"));
const FirstModel = lazy(() => import("./FirstModel"));
const UsedDialog = lazy(() => import("@/features/citations/UsedDialog"));

export function ChatPage() {
  const { id } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const client = useQueryClient();
  const wide = useMediaQuery("(min-width: 900px)");
  const [cited, setCited] = useState<Cited | null>(null);
  const [explained, setExplained] = useState<{ message: Message; question: string } | null>(null);
  const opener = useRef<HTMLElement | null>(null);

  const cite = useCallback((next: Cited) => {
    opener.current = document.activeElement as HTMLElement | null;
    setCited(next);
  }, []);
  const close = useCallback(() => {
    setCited(null);
    opener.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => setCited(null), [id]);
  useEffect(() => {
    if (!cited) return;
    const keys = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event) || event.defaultPrevented) return;
      event.preventDefault(); // one key does one thing: the answer under way is not stopped too
      close();
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [cited, close]);

  const explain = useCallback((message: Message, question: string) => setExplained({ message, question }), []);
  const first = useFirstRun(id !== undefined);
  if (!first.known) return <main className="chat-main" id="main" />; // nothing that would be replaced in a moment
  if (first.step === "documents") return <Suspense><FirstDocuments admin={first.admin} onBegin={first.begin} onSkip={first.end} /></Suspense>;
  const panel = cited && <SourcePanel {...cited} onOpen={(citation) => setCited({ ...cited, citation, sentence: "" })} onClose={close} />;
  const workspace = client.getQueryData<Session>(["session", id])?.workspace ?? "home";
  return (
    <div className="chat-page">
      <main className="chat-main" id="main">
        {id && first.step === "model" && first.admin && <Suspense><FirstModel session={id} onEnd={first.end} /></Suspense>}
        {id
          ? <Chat key={id} id={id} at={search.get("at")} onCite={cite} onExplain={explain} />
          : <NewChat onStarted={(made) => void navigate(`/chat/${made}`)} welcome={first.step === "question" && <Suspense><FirstQuestion onSkip={first.end} /></Suspense>} />}
      </main>
      {wide
        ? panel && <aside className="source-side" aria-label={t.source}>{panel}</aside>
        : <Drawer anchor="bottom" open={cited !== null} onClose={close} slotProps={{ paper: { component: "aside", "aria-label": t.source, className: "source-sheet" } as object }}>{panel}</Drawer>}
      {explained && <Suspense><UsedDialog {...explained} workspace={workspace} onClose={() => setExplained(null)} /></Suspense>}
    </div>
  );
}
