// A footnote: the number of the passage that the words before it rest on.

import Tooltip from "@mui/material/Tooltip";
import { placeOf } from "@/lib/place";
import { t } from "@/lib/i18n";
import type { Citation } from "@/lib/types";

interface Props { citation: Citation; sentence: string; onOpen: (citation: Citation, sentence: string) => void }

export function CiteButton({ citation, sentence, onOpen }: Props) {
  const doubt = citation.verdict === "supported" ? "" : ` · ${t.verdicts[citation.verdict]}`;
  return (
    <Tooltip title={placeOf(citation) + doubt} describeChild>
      <button type="button" className={`cite ${citation.verdict}`} aria-label={t.citation(citation.number)} onClick={() => onOpen(citation, sentence)}>{citation.number}</button>
    </Tooltip>
  );
}
