// What `/` opens: templates by name, chosen with the arrow keys.

import ListItemText from "@mui/material/ListItemText";
import MenuItem from "@mui/material/MenuItem";
import MenuList from "@mui/material/MenuList";
import Paper from "@mui/material/Paper";
import { t } from "@/lib/i18n";
import type { Template } from "@/lib/types";

export function matching(templates: Template[], typed: string): Template[] {
  const wanted = typed.slice(1).trim().toLowerCase();
  return templates.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, 8);
}

interface Props { id: string; templates: Template[]; active: number; onPick: (template: Template) => void }

export function TemplateMenu({ id, templates, active, onPick }: Props) {
  return (
    <Paper elevation={6} className="template-menu">
      <MenuList id={id} role="listbox" aria-label={t.templates} dense disabledItemsFocusable>
        {templates.map((one, index) => (
          <MenuItem key={one.id} id={`${id}-${index}`} role="option" aria-selected={index === active} selected={index === active} tabIndex={-1}
            onMouseDown={(event) => event.preventDefault()} onClick={() => onPick(one)}>
            <ListItemText primary={one.name} secondary={[one.variables.map(({ name }) => `{{${name}}}`).join(" "), one.system.slice(0, 90)].filter(Boolean).join(" · ")} slotProps={{ secondary: { noWrap: true } }} />
          </MenuItem>
        ))}
        {templates.length === 0 && <MenuItem disabled role="option" aria-selected={false}>{t.noneFound}</MenuItem>}
      </MenuList>
    </Paper>
  );
}
