// A template is written: its text, the values it leaves open, and examples of answers.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { FormDialog } from "@/components/FormDialog";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import type { Template } from "@/lib/types";
import { Preview } from "./Preview";
import { useTemplateActions, variablesIn, type Draft } from "./api";

interface Props { template: Draft & { id: string | null }; onClose: () => void }

export function TemplateDialog({ template, onClose }: Props) {
  const { save } = useTemplateActions();
  const [draft, setDraft] = useState<Draft>(template);
  const change = (part: Partial<Draft>) => setDraft((known) => ({ ...known, ...part }));
  const variables = variablesIn([draft.system, ...draft.examples.flatMap((one) => [one.user, one.assistant])], draft.variables);
  const setVariable = (name: string, value: string) => change({ variables: variables.map((one) => (one.name === name ? { ...one, default: value || null } : one)) });
  const setExample = (at: number, part: Partial<Template["examples"][number]>) => change({ examples: draft.examples.map((one, index) => (index === at ? { ...one, ...part } : one)) });
  const body = { name: draft.name, system: draft.system, examples: draft.examples, settings: draft.settings, variables };
  return (
    <FormDialog title={template.id ? t.edit : t.newTemplate} action={t.save} wide disabled={!draft.name.trim()} onSubmit={() => save(template.id, body)} onClose={onClose}>
      <TextField label={t.name} autoFocus value={draft.name} onChange={(event) => change({ name: event.target.value })} sx={{ mt: 1 }} />
      <TextField label={t.system_} helperText={t.systemHint} multiline minRows={5} maxRows={16} value={draft.system} onChange={(event) => change({ system: event.target.value })} />
      {variables.length > 0 && (
        <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1 }}>
          {variables.map((one) => <TextField key={one.name} label={t.defaultOf(one.name)} value={one.default ?? ""} onChange={(event) => setVariable(one.name, event.target.value)} slotProps={{ inputLabel: { shrink: true } }} />)}
        </Box>
      )}
      <Typography variant="subtitle2" component="h3">{t.examplesTitle}</Typography>
      {draft.examples.map((one, index) => (
        <Box key={index} className="example">
          <TextField label={t.exampleUser} multiline value={one.user} onChange={(event) => setExample(index, { user: event.target.value })} />
          <TextField label={t.exampleAssistant} multiline value={one.assistant} onChange={(event) => setExample(index, { assistant: event.target.value })} />
          <IconButton size="small" aria-label={`${t.remove} ${index + 1}`} onClick={() => change({ examples: draft.examples.filter((_, at) => at !== index) })}><Icon name="close" /></IconButton>
        </Box>
      ))}
      <Button size="small" startIcon={<Icon name="add" />} onClick={() => change({ examples: [...draft.examples, { user: "", assistant: "" }] })} sx={{ alignSelf: "start" }}>{t.addExample}</Button>
      <Preview draft={body} />
    </FormDialog>
  );
}
