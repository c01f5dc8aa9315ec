// A document's lines with their numbers, the cited ones marked and in view.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import { useLayoutEffect, useMemo, useRef, type ReactNode } from "react";
import { told } from "@/components/Notices";
import { isGone } from "@/lib/api";
import { t } from "@/lib/i18n";
import { AsCited } from "./AsCited";
import { marks, type Clue, type Words } from "./marks";
import { useDocumentText } from "./useDocumentText";

interface Props { id: string; clue: Clue }

export function DocumentText({ id, clue }: Props) {
  const text = useDocumentText(id, clue.from, clue.to);
  const pages = text.data?.pages;
  const lines = useMemo(() => pages?.flatMap((page) => page.lines) ?? [], [pages]);
  const first = pages?.[0]?.from ?? 1;
  const marked = useMemo(() => (clue.from ? marks(lines, first, clue) : null), [lines, first, clue]);
  const list = useRef<HTMLOListElement>(null);
  const height = useRef(0);
  const shown = useRef<Clue | null>(null);

  useLayoutEffect(() => { // the cited lines come into view once; lines read stay where they are when others come before them
    const scroller = list.current?.parentElement;
    if (!scroller || !lines.length) return;
    if (shown.current !== clue) {
      shown.current = clue;
      const target = list.current?.querySelector("mark") ?? list.current?.querySelector(".cited");
      if (target) scroller.scrollTop += target.getBoundingClientRect().top - scroller.getBoundingClientRect().top - scroller.clientHeight / 3;
    } else if (height.current) scroller.scrollTop += list.current!.scrollHeight - height.current;
    height.current = 0;
  }, [lines, clue]);

  if (text.isError) return <AsCited severity="warning" title={isGone(text.error) ? t.gone : told(text.error)} hint={t.goneHint} text={clue.text} />;
  if (!pages) return <div className="center"><CircularProgress size={28} aria-label={t.loading} /></div>;
  const earlier = () => {
    height.current = list.current?.scrollHeight ?? 0;
    void text.fetchPreviousPage();
  };
  return (
    <div className="document-text" tabIndex={0} role="region" aria-label={t.textOf(pages[0]?.about.title ?? "")}>
      {clue.from > 0 && !marked && <AsCited severity="info" title={t.changed} hint="" text={clue.text} />}
      {lines.length === 0 && <Alert severity="info">{t.noText}</Alert>}
      {text.hasPreviousPage && <Button size="small" fullWidth onClick={earlier}>{t.earlier}</Button>}
      <ol ref={list} start={first}>
        {lines.map((line, index) => {
          const number = first + index;
          const inside = marked !== null && number >= marked.from && number <= marked.to;
          return <li key={number} value={number} className={inside ? "cited" : ""} dir="auto">{withWords(line, marked?.words.find((one) => one.line === number))}</li>;
        })}
      </ol>
      {text.hasNextPage && <Button size="small" fullWidth onClick={() => void text.fetchNextPage()}>{t.later}</Button>}
    </div>
  );
}

function withWords(line: string, words: Words | undefined): ReactNode {
  if (!words) return line || "\u200b";
  return <>{line.slice(0, words.begin)}<mark>{line.slice(words.begin, words.end)}</mark>{line.slice(words.end)}</>;
}
