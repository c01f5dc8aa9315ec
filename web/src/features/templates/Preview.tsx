// What the model will read of a template: its values put in by the server, with the server's count of tokens.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useDeferredValue, useState } from "react";
import { told } from "@/components/Notices";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { usePreview, type Draft } from "./api";

export function Preview({ draft }: { draft: Draft }) {
  const [values, setValues] = useState<Record<string, string>>({});
  const known = Object.fromEntries(draft.variables.map(({ name }) => [name, values[name] ?? ""]));
  const preview = usePreview(useDeferredValue(draft), useDeferredValue(JSON.stringify(known)));
  const seen = preview.data;
  const faults = seen?.faults.filter(([place]) => place !== "name") ?? [];
  return (
    <Box component="section" aria-label={t.preview} className="template-preview">
      <Typography variant="subtitle2" component="h3">{t.preview}</Typography>
      {draft.variables.length > 0 && (
        <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
          {draft.variables.map(({ name, default: usual }) => (
            <TextField key={name} label={t.valueOf(name)} placeholder={usual ?? ""} value={values[name] ?? ""} onChange={(event) => setValues({ ...values, [name]: event.target.value })} slotProps={{ inputLabel: { shrink: true } }} />
          ))}
        </Box>
      )}
      {preview.isError && <Alert severity="error">{told(preview.error)}</Alert>}
      {faults.length > 0 && <Alert severity="warning">{faults.map(([place, fault]) => <div key={place + fault}>{place}: {fault}</div>)}</Alert>}
      {seen && (
        <>
          <Typography variant="body2" color="textSecondary" role="status">
            {t.templateTokens(count(seen.tokens.total))}{seen.missing.length > 0 && ` · ${t.missingValues(seen.missing.join(", "))}`}
          </Typography>
          {seen.system && <p className="as-read" dir="auto">{seen.system}</p>}
          {seen.examples.map((one, index) => (
            <dl key={index} className="as-read">
              <dt>{t.exampleUser}</dt><dd dir="auto">{one.user}</dd>
              <dt>{t.exampleAssistant}</dt><dd dir="auto">{one.assistant}</dd>
            </dl>
          ))}
        </>
      )}
    </Box>
  );
}
