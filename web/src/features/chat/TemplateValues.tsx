// The template in use, with a field for each of its variables.

import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import TextField from "@mui/material/TextField";
import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import { Icon } from "@/components/Icon";
import { sends } from "@/lib/keys";
import type { Template } from "@/lib/types";

interface Props {
  template: Template; values: Record<string, string>; onChange: (values: Record<string, string>) => void; onRemove: () => void;
  /** Whether the first value is to be typed now: the template has just been chosen. */
  focuses: RefObject<boolean>;
  /** Enter behind the last value. */
  onDone: () => void;
}

export const missing = (template: Template | undefined, values: Record<string, string>) => template?.variables.find((one) => one.default === null && !values[one.name]?.trim());

/** The values of this template alone: others, of one that was chosen before, are refused. A blank one is the default. */
export const filled = (template: Template | undefined, values: Record<string, string>) =>
  Object.fromEntries((template?.variables ?? []).flatMap(({ name }) => (values[name]?.trim() ? [[name, values[name]]] : [])) as [string, string][]);

export function TemplateValues({ template, values, onChange, onRemove, focuses, onDone }: Props) {
  const fields = useRef<HTMLDivElement>(null);
  const inputs = () => [...(fields.current?.querySelectorAll("input") ?? [])];
  useEffect(() => {
    if (focuses.current) inputs()[0]?.focus();
    focuses.current = false;
  }, [template.id, focuses]);
  const keys = (event: KeyboardEvent) => {
    if (!sends(event)) return;
    event.preventDefault();
    const next = inputs()[inputs().indexOf(event.target as HTMLInputElement) + 1];
    if (next) next.focus();
    else onDone();
  };
  return (
    <Box ref={fields} sx={{ display: "flex", flexWrap: "wrap", gap: "12px 8px", alignItems: "center", px: 1.5, pt: 1.5 }}>
      <Chip size="small" color="primary" variant="outlined" icon={<Icon name="template" />} label={template.name} onDelete={onRemove} />
      {template.variables.map((one) => (
        <TextField key={one.name} label={one.name} placeholder={one.default ?? one.description} required={one.default === null} value={values[one.name] ?? ""}
          onKeyDown={keys} onChange={(event) => onChange({ ...values, [one.name]: event.target.value })} sx={{ width: 160 }} slotProps={{ inputLabel: { shrink: true }, htmlInput: { dir: "auto" } }} />
      ))}
    </Box>
  );
}
