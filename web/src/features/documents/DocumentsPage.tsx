// Workspaces and what is in them: files dropped, texts pasted, folders of the server followed.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import LinearProgress from "@mui/material/LinearProgress";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import Typography from "@mui/material/Typography";
import { useCallback, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { Icon } from "@/components/Icon";
import { t } from "@/lib/i18n";
import { isBusy, useWorkspaces } from "@/lib/queries";
import { useDocumentActions } from "./api";
import { DeleteDialog, FolderDialog, NameDialog, PasteDialog } from "./Dialogs";
import { DocumentTable } from "./DocumentTable";
import { Sources } from "./Sources";
import { StateChips } from "./StateChip";
import { UploadRows } from "./UploadRows";
import { useDrop } from "./useDrop";
import { useUploads } from "./useUploads";

type Open = "folder" | "paste" | "create" | "rename" | "delete" | null;

export default function DocumentsPage() {
  const { slug } = useParams();
  const navigate = useNavigate();
  const workspaces = useWorkspaces();
  const [open, setOpen] = useState<Open>(null);
  const [menu, setMenu] = useState<HTMLElement | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const place = workspaces.data?.find((one) => one.slug === slug) ?? workspaces.data?.[0];
  const actions = useDocumentActions(place?.slug ?? "home");
  const { uploads, add } = useUploads(place?.slug ?? "home", actions.again);
  const writable = place?.access !== "read";
  const { dropping, ...drop } = useDrop(writable ? add : null);
  const close = useCallback(() => setOpen(null), []);
  if (!place) return <LinearProgress />;
  const busy = isBusy([place]) || uploads.length > 0;
  const choose = (what: Open) => () => { setMenu(null); setOpen(what); };
  return (
    <main className={`page ${dropping ? "dropping" : ""}`} id="main" {...drop}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
        <Typography variant="h5" component="h1" sx={{ flex: 1 }}>{t.documents}</Typography>
        <Button startIcon={<Icon name="add" />} onClick={choose("create")}>{t.newWorkspace}</Button>
      </Box>
      <Tabs value={place.slug} onChange={(_, chosen: string) => void navigate(`/documents/in/${chosen}`)} variant="scrollable" scrollButtons="auto" aria-label={t.workspace} sx={{ borderBottom: 1, borderColor: "divider", mb: 2 }}>
        {(workspaces.data ?? []).map((one) => <Tab key={one.slug} value={one.slug} label={one.name} />)}
      </Tabs>
      <Box className="chips" sx={{ mb: 2 }}>
        <Typography variant="body2" color="textSecondary">{t.documentsCount(place.documents)}{writable ? "" : ` · ${t.readOnlyShare}`}</Typography>
        <StateChips counts={place.counts} />
      </Box>
      {writable && (
        <Box className="toolbar">
          <Button variant="contained" startIcon={<Icon name="upload" />} onClick={() => files.current?.click()}>{t.uploadFiles}</Button>
          <input ref={files} type="file" multiple className="visually-hidden" tabIndex={-1} aria-label={t.uploadFiles} onChange={(event) => { add([...(event.target.files ?? [])]); event.target.value = ""; }} />
          <Button variant="outlined" startIcon={<Icon name="folder" />} onClick={choose("folder")}>{t.addFolder}</Button>
          <Button variant="outlined" startIcon={<Icon name="copy" />} onClick={choose("paste")}>{t.pasteText}</Button>
          <IconButton aria-label={t.workspaceActions} aria-haspopup="menu" onClick={(event) => setMenu(event.currentTarget)}><Icon name="more" /></IconButton>
        </Box>
      )}
      <UploadRows uploads={uploads} />
      <Sources workspace={place.slug} busy={busy} writable={writable} />
      <DocumentTable key={place.slug} workspace={place.slug} busy={busy} writable={writable} />
      {dropping && <div className="drop-veil" aria-hidden>{t.dropFiles}</div>}
      <Menu anchorEl={menu} open={menu !== null} onClose={() => setMenu(null)}>
        <MenuItem onClick={choose("rename")}>{t.rename}</MenuItem>
        {place.slug !== "home" && <MenuItem onClick={choose("delete")} sx={{ color: "error.main" }}>{t.delete}</MenuItem>}
      </Menu>
      {open === "folder" && <FolderDialog onAdd={actions.addFolder} onClose={close} />}
      {open === "paste" && <PasteDialog onAdd={actions.paste} onClose={close} />}
      {open === "create" && <NameDialog title={t.newWorkspace} name="" action={t.create} onClose={close} onName={async (name) => void navigate(`/documents/in/${(await actions.createWorkspace(name)).slug}`)} />}
      {open === "rename" && <NameDialog title={t.rename} name={place.name} action={t.rename} onName={actions.renameWorkspace} onClose={close} />}
      {open === "delete" && <DeleteDialog text={t.deleteWorkspace(place.name)} onClose={close} onDelete={async () => { await actions.removeWorkspace(); void navigate("/documents"); }} />}
    </main>
  );
}
