// The chats: found by the words of their titles and messages, renamed, exported, deleted with a way back.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import InputAdornment from "@mui/material/InputAdornment";
import List from "@mui/material/List";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useDeferredValue, useState, type RefObject } from "react";
import { Icon } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { useSessions } from "./api";
import { SessionRow } from "./SessionRow";

interface Props { current: string | null; search: RefObject<HTMLInputElement | null>; onOpen: (id: string) => void; onGone: (id: string) => void }

export function SessionList({ current, search, onOpen, onGone }: Props) {
  const [query, setQuery] = useState("");
  const sessions = useSessions(useDeferredValue(query.trim()));
  const { hidden } = useNotices();
  const shown = (sessions.data?.pages ?? []).flatMap((page) => page.items).filter((one) => !hidden.has(`session ${one.id}`));
  return (
    <Box sx={{ display: "flex", flexDirection: "column", minHeight: 0, flex: 1 }}>
      <Box sx={{ px: 1.5, pb: 1 }}>
        <TextField fullWidth type="search" inputRef={search} placeholder={t.searchChats} value={query} onChange={(event) => setQuery(event.target.value)}
          slotProps={{ htmlInput: { "aria-label": t.searchChats }, input: { startAdornment: <InputAdornment position="start"><Icon name="search" /></InputAdornment> } }} />
      </Box>
      <List dense aria-label={t.chats} sx={{ overflowY: "auto", flex: 1, px: 1, py: 0 }}>
        {shown.map((one) => <SessionRow key={one.id} session={one} selected={one.id === current} onOpen={onOpen} onGone={onGone} />)}
      </List>
      {sessions.isSuccess && shown.length === 0 && <Typography variant="body2" color="textSecondary" sx={{ px: 2.5, py: 1, flex: 100 }}>{query ? t.noneFound : t.noChats}</Typography>}
      {sessions.hasNextPage && <Button size="small" onClick={() => void sessions.fetchNextPage()}>{t.loadMore}</Button>}
    </Box>
  );
}
