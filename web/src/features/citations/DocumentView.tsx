// A document's passage: on the picture of its page where it is a PDF, or in its text. The choice is kept.

import ToggleButton from "@mui/material/ToggleButton";
import ToggleButtonGroup from "@mui/material/ToggleButtonGroup";
import { lazy, Suspense, useState } from "react";
import { t } from "@/lib/i18n";
import { keep, kept } from "@/lib/storage";
import { DocumentText } from "./DocumentText";
import type { Clue } from "./marks";

const PdfPages = lazy(() => import("./PdfPages"));

/** `page` is null for what has no pages. */
export function DocumentView({ id, clue, page }: { id: string; clue: Clue; page: number | null }) {
  const [view, setView] = useState<"page" | "text">(kept("pdf-view") === "text" ? "text" : "page");
  if (page === null) return <DocumentText id={id} clue={clue} />;
  const choose = (chosen: "page" | "text" | null) => {
    if (!chosen) return;
    keep("pdf-view", chosen);
    setView(chosen);
  };
  const switcher = (
    <ToggleButtonGroup className="view-switch" size="small" exclusive value={view} onChange={(_, chosen: "page" | "text" | null) => choose(chosen)} aria-label={t.view}>
      <ToggleButton value="page">{t.asPage}</ToggleButton>
      <ToggleButton value="text">{t.asText}</ToggleButton>
    </ToggleButtonGroup>
  );
  if (view === "text") return <><div className="page-bar">{switcher}</div><DocumentText id={id} clue={clue} /></>;
  return <Suspense fallback={<div className="page-bar">{switcher}</div>}><PdfPages id={id} clue={clue} page={page} switcher={switcher} /></Suspense>;
}
