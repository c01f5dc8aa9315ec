// A footnote: the number of the passage that the words before it rest on.

import { createContext, use } from "react";
import { placeOf } from "@/lib/place";
import { t } from "@/lib/i18n";
import type { Citation } from "@/lib/types";

export type OpenCitation = (citation: Citation, sentence: string) => void;

/** The passages of an answer by number. Beside its Markdown, so that a new verdict draws buttons again, and no text. */
export const Passages = createContext<{ known: ReadonlyMap<number, Citation>; open: OpenCitation }>({ known: new Map(), open: () => undefined });

export const cite = (number: number, sentence: string) => <CiteButton number={number} sentence={sentence} />;

function CiteButton({ number, sentence }: { number: number; sentence: string }) {
  const { known, open } = use(Passages);
  const citation = known.get(number);
  if (!citation) return `[${number}]`;
  const doubt = citation.verdict === "supported" ? "" : ` · ${t.verdicts[citation.verdict]}`;
  return (
    <button type="button" className={`cite ${citation.verdict}`} aria-label={t.citation(number)} title={placeOf(citation) + doubt} onClick={() => open(citation, sentence)}>{number}</button>
  );
}
