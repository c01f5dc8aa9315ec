// Back and forth through a long list, with how much of it is shown.

import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { Icon } from "@/components/Icon";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";

export function Pager({ start, size, total, onStart }: { start: number; size: number; total: number; onStart: (start: number) => void }) {
  if (total <= size && start === 0) return null;
  return (
    <Box component="nav" aria-label={t.paging} sx={{ display: "flex", alignItems: "center", justifyContent: "flex-end", gap: 1, mt: 1 }}>
      <Typography variant="body2" color="textSecondary">{t.range(count(Math.min(start + 1, total)), count(Math.min(start + size, total)), count(total))}</Typography>
      <IconButton size="small" aria-label={t.earlierRows} disabled={start === 0} onClick={() => onStart(Math.max(0, start - size))}><Icon name="left" /></IconButton>
      <IconButton size="small" aria-label={t.laterRows} disabled={start + size >= total} onClick={() => onStart(start + size)}><Icon name="right" /></IconButton>
    </Box>
  );
}
