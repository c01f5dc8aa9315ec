// The arrows between versions of a message.

import Box from "@mui/material/Box";
import { IconAction } from "@/components/IconAction";
import { t } from "@/lib/i18n";

interface Props { versions: string[]; current: string; onShow: (id: string) => void }

export function Branches({ versions, current, onShow }: Props) {
  if (versions.length < 2) return null;
  const at = versions.indexOf(current);
  const arrow = (to: number, label: string, icon: "left" | "right") => (
    <IconAction icon={icon} label={label} disabled={!versions[to]} onClick={() => onShow(versions[to] ?? current)} />
  );
  return (
    <Box sx={{ display: "inline-flex", alignItems: "center", color: "text.secondary", fontSize: "0.8rem" }}>
      {arrow(at - 1, t.previous, "left")}
      <span aria-label={t.branch(at + 1, versions.length)}>{at + 1}/{versions.length}</span>
      {arrow(at + 1, t.next, "right")}
    </Box>
  );
}
