// The second step, above the message box: the documents are ready for a question.

import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { t } from "@/lib/i18n";
import { useWorkspaces } from "@/lib/queries";
import { FirstSteps } from "./FirstSteps";
import { readable } from "./firstRun";

export default function FirstQuestion({ onSkip }: { onSkip: () => void }) {
  const ready = (useWorkspaces().data ?? []).reduce((sum, one) => sum + readable(one), 0);
  return (
    <section className="welcome" aria-label={t.firstRun}>
      <FirstSteps at={1} />
      <Typography variant="h5" component="h1">{t.firstReady(ready)}</Typography>
      <Typography color="textSecondary">{t.firstReadyText}</Typography>
      <Button color="inherit" size="small" onClick={onSkip}>{t.skipSteps}</Button>
    </section>
  );
}
