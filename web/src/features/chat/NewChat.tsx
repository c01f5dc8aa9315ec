// Before the first question: the session is made when it is asked.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useNotices } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { randomKey } from "@/lib/insecure";
import { useUser, useWorkspaces } from "@/lib/queries";
import { useSessionActions } from "./api";
import { Composer, type Written } from "./Composer";
import { keepWish, lastWish, type Wish } from "./wish";

/** `welcome` stands in the place of the usual words. */
export function NewChat({ onStarted, welcome }: { onStarted: (id: string) => void; welcome?: ReactNode }) {
  const [wish, setWish] = useState(lastWish);
  const { create, ask, remove } = useSessionActions();
  const { fail } = useNotices();
  const client = useQueryClient();
  const workspaces = useWorkspaces();
  const user = useUser(); // whose draft it is: profiles share a browser
  const here = workspaces.data?.find((one) => one.slug === wish.workspace) ?? workspaces.data?.[0];
  const chosen = here ? { ...wish, workspace: here.slug } : wish;

  const otherwise = (change: Partial<Wish>) => {
    setWish({ ...chosen, ...change });
    keepWish({ ...chosen, ...change });
  };
  const start = async (written: Written) => {
    const { workspace, ...settings } = chosen;
    try {
      const session = await create({ workspace, settings });
      try {
        await ask(session.id, { ...written, idempotency_key: randomKey() });
      } catch (error) {
        await remove(session.id).catch(() => undefined); // an empty chat is of no use
        throw error;
      }
      void client.invalidateQueries({ queryKey: ["sessions"] });
      onStarted(session.id);
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  };
  const nothing = here?.documents === 0 && !Object.values(here.counts).some(Boolean);
  return (
    <Box className="new-chat">
      {welcome || <Box className="welcome">
        <img src="/assets/icon.svg" alt="" width={44} height={44} />
        <Typography variant="h5" component="h1">{nothing ? t.emptyNothing : t.emptyTitle}</Typography>
        <Typography color="textSecondary">{nothing ? t.emptyNothingText : t.emptyText}</Typography>
        {nothing && <Button variant="contained" href="#/documents">{t.addDocuments}</Button>}
      </Box>}
      <Composer place={`new-${user.data?.id ?? ""}`} wish={chosen} onWish={otherwise} running={false} onStop={() => undefined} onSend={start} />
    </Box>
  );
}
