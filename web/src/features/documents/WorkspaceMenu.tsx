// What can be done with a workspace: share, rename, delete; leave one that is somebody else's.

import IconButton from "@mui/material/IconButton";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { useState } from "react";
import { useNavigate } from "react-router";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import type { Share, Workspace } from "@/lib/types";
import { useDocumentActions } from "./api";
import { DeleteDialog, NameDialog } from "./Dialogs";
import { ShareDialog } from "./ShareDialog";

type Open = "share" | "rename" | "delete" | "leave" | null;

/** `share` is the one by which the user has it; undefined for his own. */
export function WorkspaceMenu({ workspace, share }: { workspace: Workspace; share: Share | undefined }) {
  const navigate = useNavigate();
  const [menu, setMenu] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState<Open>(null);
  const actions = useDocumentActions(workspace.slug);
  const own = workspace.access === "own";
  const choose = (what: Open) => () => { setMenu(null); setOpen(what); };
  const close = () => setOpen(null);
  const gone = async (work: Promise<unknown>) => { await work; void navigate("/documents"); };
  if (!own && !share) return null;
  return (
    <>
      <IconButton aria-label={t.workspaceActions} aria-haspopup="menu" onClick={(event) => setMenu(event.currentTarget)}><Icon name="more" /></IconButton>
      <Menu anchorEl={menu} open={menu !== null} onClose={() => setMenu(null)}>
        {own && <MenuItem onClick={choose("share")}>{t.shareMenu}</MenuItem>}
        {own && <MenuItem onClick={choose("rename")}>{t.rename}</MenuItem>}
        {own && workspace.slug !== "home" && <MenuItem onClick={choose("delete")} sx={{ color: "error.main" }}>{t.delete}</MenuItem>}
        {share && <MenuItem onClick={choose("leave")} sx={{ color: "error.main" }}>{t.leave}</MenuItem>}
      </Menu>
      {open === "share" && <ShareDialog workspace={workspace} onClose={close} />}
      {open === "rename" && <NameDialog title={t.rename} name={workspace.name} action={t.rename} onName={actions.renameWorkspace} onClose={close} />}
      {open === "delete" && <DeleteDialog text={t.deleteWorkspace(workspace.name)} onClose={close} onDelete={() => gone(actions.removeWorkspace())} />}
      {open === "leave" && share && <DeleteDialog action={t.leave} text={t.leaveText(workspace.name, share.owner)} onClose={close} onDelete={() => gone(actions.leave(share.id))} />}
    </>
  );
}
