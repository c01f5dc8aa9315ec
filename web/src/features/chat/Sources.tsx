// The sources of an answer below it: number, file, place.

import Box from "@mui/material/Box";
import { fileName, whereIn } from "@/lib/place";
import { t } from "@/lib/i18n";
import type { Citation } from "@/lib/types";

interface Props { citations: Citation[]; onOpen: (citation: Citation, sentence: string) => void }

export function Sources({ citations, onOpen }: Props) {
  if (!citations.length) return null;
  return (
    <Box component="ol" aria-label={t.sources} className="sources">
      {citations.map((one) => (
        <li key={one.number}>
          <button type="button" className={one.verdict} onClick={() => onOpen(one, "")} title={one.path}>
            <span className="number" aria-hidden>{one.number}</span>
            <span className="file" dir="auto">{fileName(one.path)}</span>
            <span className="where">{whereIn(one)}</span>
            {one.verdict !== "supported" && <span className="verdict">{t.verdicts[one.verdict]}</span>}
          </button>
        </li>
      ))}
    </Box>
  );
}
