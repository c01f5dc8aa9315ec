// The template in use, with a field for each of its variables.

import Box from "@mui/material/Box";
import Chip from "@mui/material/Chip";
import TextField from "@mui/material/TextField";
import { Icon } from "@/components/Icon";
import type { Template } from "@/lib/types";

interface Props { template: Template; values: Record<string, string>; onChange: (values: Record<string, string>) => void; onRemove: () => void }

export const missing = (template: Template | undefined, values: Record<string, string>) => template?.variables.find((one) => one.default === null && !values[one.name]?.trim());

export function TemplateValues({ template, values, onChange, onRemove }: Props) {
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, alignItems: "center", px: 1.5, pt: 1.5 }}>
      <Chip size="small" color="primary" variant="outlined" icon={<Icon name="template" />} label={template.name} onDelete={onRemove} />
      {template.variables.map((one) => (
        <TextField key={one.name} label={one.name} placeholder={one.default ?? one.description} required={one.default === null} value={values[one.name] ?? ""}
          onChange={(event) => onChange({ ...values, [one.name]: event.target.value })} sx={{ width: 160 }} slotProps={{ inputLabel: { shrink: true } }} />
      ))}
    </Box>
  );
}
