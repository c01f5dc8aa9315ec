// Where one is in the first steps.

import { t } from "@/lib/i18n";

export function FirstSteps({ at }: { at: number }) {
  return (
    <ol className="first-steps">
      {t.firstSteps.map((step, index) => <li key={step} aria-current={index === at ? "step" : undefined} className={index < at ? "past" : ""}><b>{index < at ? "✓" : index + 1}</b> {step}</li>)}
    </ol>
  );
}
