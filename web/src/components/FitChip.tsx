// Whether a model fits, as a chip whose words do not depend on its colour.

import Chip from "@mui/material/Chip";
import { tone } from "@/lib/fit";
import { t } from "@/lib/i18n";
import type { Fit } from "@/lib/types";

export function FitChip({ fit }: { fit: Fit }) {
  if (fit.verdict === "unknown") return null;
  return <Chip size="small" variant="outlined" color={tone(fit)} label={t.verdictWords[fit.verdict]} sx={{ color: "text.primary" }} />;
}
