// The folders of a workspace and how far they are read.

import IconButton from "@mui/material/IconButton";
import List from "@mui/material/List";
import ListItem from "@mui/material/ListItem";
import ListItemIcon from "@mui/material/ListItemIcon";
import ListItemText from "@mui/material/ListItemText";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { useState } from "react";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import type { Source } from "@/lib/types";
import { useDocumentActions, useSources } from "./api";
import { DeleteDialog } from "./Dialogs";
import { StateChips } from "./StateChip";

export function Sources({ workspace, busy, writable }: { workspace: string; busy: boolean; writable: boolean }) {
  const sources = useSources(workspace, busy);
  const { removeSource } = useDocumentActions(workspace);
  const [removing, setRemoving] = useState<Source | null>(null);
  if (!sources.data?.length) return null;
  return (
    <>
      <Typography variant="h6" component="h2" sx={{ mt: 3 }}>{t.folders}</Typography>
      <List dense>
        {sources.data.map((one) => (
          <ListItem key={one.id} disableGutters secondaryAction={writable && <Tooltip title={t.remove}><IconButton edge="end" size="small" aria-label={`${t.remove}: ${one.path}`} onClick={() => setRemoving(one)}><Icon name="close" /></IconButton></Tooltip>}>
            <ListItemIcon sx={{ minWidth: 36 }}><Icon name="folder" /></ListItemIcon>
            <ListItemText primary={one.path} slotProps={{ primary: { dir: "auto", sx: { overflowWrap: "anywhere" } }, secondary: { component: "div" } }}
              secondary={<span className="chips">{[t.sourceStates[one.state], one.reason, !one.watch && t.unwatched, one.ignored > 0 && t.ignored(one.ignored)].filter(Boolean).join(" · ")} <StateChips counts={one.counts} /></span>} />
          </ListItem>
        ))}
      </List>
      {removing && <DeleteDialog text={t.removeSource(removing.path)} onDelete={() => removeSource(removing.id)} onClose={() => setRemoving(null)} />}
    </>
  );
}
