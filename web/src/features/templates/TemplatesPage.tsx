// Prompt templates: one's own and those that come with Ibidem.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Card from "@mui/material/Card";
import CardActions from "@mui/material/CardActions";
import CardContent from "@mui/material/CardContent";
import Chip from "@mui/material/Chip";
import Typography from "@mui/material/Typography";
import { useRef, useState } from "react";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { useTemplates } from "@/lib/queries";
import type { Template } from "@/lib/types";
import { EXPORT, useTemplateActions, type Draft } from "./api";
import { TemplateDialog } from "./TemplateDialog";

const EMPTY: Draft & { id: string | null } = { id: null, name: "", system: "", variables: [], examples: [], settings: {} };

export default function TemplatesPage() {
  useTitle(t.templates);
  const templates = useTemplates();
  const { remove, take } = useTemplateActions();
  const { fail, hidden, removeLater, say } = useNotices();
  const [edited, setEdited] = useState<typeof EMPTY | null>(null);
  const file = useRef<HTMLInputElement>(null);
  const erase = (one: Template) => removeLater({ key: `template ${one.id}`, label: one.name, run: () => remove(one.id) });
  return (
    <main className="page" id="main">
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1 }}>
        <Typography variant="h5" component="h1" sx={{ flex: { xs: "1 1 100%", sm: 1 } }}>{t.templates}</Typography>
        <Button onClick={() => file.current?.click()}>{t.import}</Button>
        <input ref={file} type="file" accept=".json" className="visually-hidden" tabIndex={-1} aria-label={t.import} onChange={(event) => { const [one] = event.target.files ?? []; if (one) take(one).then((taken) => say(t.templatesTaken(taken.length)), fail); event.target.value = ""; }} />
        <Button href={EXPORT} download>{t.export}</Button>
        <Button variant="contained" startIcon={<Icon name="add" />} onClick={() => setEdited(EMPTY)}>{t.newTemplate}</Button>
      </Box>
      <Typography color="textSecondary" sx={{ mb: 2 }}>{t.templatesText}</Typography>
      {templates.isError && <Alert severity="error">{told(templates.error)}</Alert>}
      <Box className="cards">
        {templates.data?.filter((one) => !hidden.has(`template ${one.id}`)).map((one) => (
          <Card key={one.id} variant="outlined">
            <CardContent sx={{ pb: 0 }}>
              <Typography variant="h6" component="h2" dir="auto" gutterBottom>{one.name} {one.shipped && <Chip size="small" label={t.shipped} />}</Typography>
              <Typography variant="body2" color="textSecondary" className="clamp" dir="auto">{one.system}</Typography>
              {one.variables.length > 0 && <Box className="chips" sx={{ mt: 1 }}>{one.variables.map(({ name }) => <Chip key={name} size="small" variant="outlined" label={`{{${name}}}`} />)}</Box>}
              <Typography variant="caption" color="textSecondary">{t.templateTokens(count(one.tokens.total))}{one.examples.length > 0 && ` · ${t.examplesCount(one.examples.length)}`}</Typography>
            </CardContent>
            <CardActions>
              <Button size="small" aria-label={`${one.shipped ? t.useCopy : t.edit}: ${one.name}`} onClick={() => setEdited({ ...one, id: one.shipped ? null : one.id })}>{one.shipped ? t.useCopy : t.edit}</Button>
              <Button size="small" href={`${EXPORT}?id=${encodeURIComponent(one.id)}`} download aria-label={`${t.export}: ${one.name}`}>{t.export}</Button>
              {!one.shipped && <Button size="small" color="error" aria-label={`${t.delete}: ${one.name}`} onClick={() => erase(one)}>{t.delete}</Button>}
            </CardActions>
          </Card>
        ))}
      </Box>
      {edited && <TemplateDialog template={edited} onClose={() => setEdited(null)} />}
    </main>
  );
}
