// An answer: its Markdown with footnotes, its status, its sources, and what can be done with it.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import { lazy, memo, Suspense, useCallback, useMemo } from "react";
import { inWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import type { Citation, Message } from "@/lib/types";
import { ActionBar, type AnswerActions } from "./ActionBar";
import { cite, Passages } from "./CiteButton";
import type { Live } from "./live";
import { Sources } from "./Sources";
import { StatusLine } from "./StatusLine";
import { sameProps } from "./tree";
import { useTurn } from "./useChat";

const Markdown = lazy(() => import("@/components/markdown/Markdown"));

export interface Cited { citation: Citation; sentence: string; among: Citation[] }
interface Props { message: Message; versions: string[]; /** Whether a search led here. */ found: boolean; live: Live; actions: AnswerActions; onCite: (cited: Cited) => void }

export const Answer = memo(function Answer({ message, versions, found, live, actions, onCite }: Props) {
  const turn = useTurn(live, message.id);
  const running = message.status === "running";
  const text = running ? (turn?.text ?? "") : message.content;
  const reasoning = turn?.reasoning ?? "";
  const passages = running ? turn?.passages : message.rag_context;
  const cited = running ? turn?.citations : message.citations;
  const known = useMemo(() => new Map([...(passages ?? []), ...(cited ?? [])].map((one) => [one.number, one])), [passages, cited]);
  const listed = [...known.keys()].join();
  const numbers = useMemo(() => new Set(listed.split(",").map(Number)), [listed]); // the same as long as it holds the same: no text is parsed again
  const among = useMemo(() => (cited?.length ? cited : [...known.values()]), [cited, known]);
  const open = useCallback((citation: Citation, sentence: string) => onCite({ citation, sentence, among }), [onCite, among]);
  const footnoted = useMemo(() => ({ known, open }), [known, open]);
  return (
    <Box component="article" aria-label={t.assistant} className={found ? "answer found" : "answer"} data-message={message.id} tabIndex={found ? -1 : undefined} aria-busy={running}>
      {reasoning && <details className="reasoning"><summary>{t.reasoning}</summary><p dir="auto">{reasoning}</p></details>}
      <Box dir="auto">
        <Suspense fallback={<p className="markdown plain">{text}</p>}>
          {text && <Passages value={footnoted}><Markdown text={text} growing={running} known={numbers} cite={cite} /></Passages>}
        </Suspense>
      </Box>
      <StatusLine message={message} turn={turn} />
      {message.error && <Alert severity="error" sx={{ my: 1 }}><strong>{inWords({ ...message.error, hint: "" })}</strong><br />{message.error.hint}</Alert>}
      {!running && <Sources citations={message.citations} onOpen={open} />}
      {!running && <ActionBar message={message} versions={versions} actions={actions} />}
    </Box>
  );
}, sameProps);
