// The chats whose answers cite a document.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import List from "@mui/material/List";
import ListItemButton from "@mui/material/ListItemButton";
import ListItemText from "@mui/material/ListItemText";
import Typography from "@mui/material/Typography";
import { told } from "@/components/Notices";
import { dateTime } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useCiting } from "./api";

export function CitedBy({ id }: { id: string }) {
  const citing = useCiting(id);
  if (citing.isError) return <Alert severity="warning">{told(citing.error)}</Alert>;
  if (!citing.data) return <div className="center"><CircularProgress size={28} aria-label={t.loading} /></div>;
  const all = citing.data.pages.flatMap((page) => page.items);
  return (
    <div className="scroll">
      {all.length === 0 && <Typography color="textSecondary" sx={{ py: 4, textAlign: "center" }}>{t.citedByNone}</Typography>}
      <List aria-label={t.citedBy}>
        {all.map((one) => (
          <ListItemButton key={one.session} component="a" href={`#/chat/${one.session}?at=${one.message}`}>
            <ListItemText primary={one.title || t.untitled} secondary={[t.answersCount(one.answers), dateTime(one.cited_at)].join(" · ")} slotProps={{ primary: { dir: "auto", sx: { overflowWrap: "anywhere" } } }} />
          </ListItemButton>
        ))}
      </List>
      {citing.hasNextPage && <Button fullWidth size="small" onClick={() => void citing.fetchNextPage()}>{t.loadMore}</Button>}
    </div>
  );
}
