// Workspaces and what is in them: files dropped, texts pasted, folders of the server followed.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import Typography from "@mui/material/Typography";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore, type ChangeEvent } from "react";
import { useNavigate, useParams } from "react-router";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";
import { isBusy, useWorkspaces } from "@/lib/queries";
import type { Counts } from "@/lib/types";
import { useDocumentActions, useShares } from "./api";
import { FolderDialog, NameDialog, PasteDialog } from "./Dialogs";
import { DocumentTable } from "./DocumentTable";
import { chosen, leftOutText, type Gathered } from "./entries";
import { Sources } from "./Sources";
import { StateChips } from "./StateChip";
import { UploadRows } from "./UploadRows";
import { uploads } from "./uploads";
import { useDrop } from "./useDrop";
import { WorkspaceMenu } from "./WorkspaceMenu";

type Open = "folder" | "paste" | "create" | null;

export default function DocumentsPage() {
  useTitle(t.documents);
  const { slug } = useParams();
  const navigate = useNavigate();
  const workspaces = useWorkspaces();
  const shares = useShares();
  const [open, setOpen] = useState<Open>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const { say, settle } = useNotices();
  const place = slug ? workspaces.data?.find((one) => one.slug === slug) : workspaces.data?.[0];
  const unknown = !place && workspaces.isSuccess;
  const actions = useDocumentActions(place?.slug ?? "home");
  const sending = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const busySending = sending.sending.length > 0;
  const add = (found: Gathered) => {
    void settle().then(() => uploads.add(found.files, place?.slug ?? "home")); // what is sent again is not deleted afterwards
    const left = leftOutText(found);
    if (left) say(left);
  };
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    add(chosen([...(event.target.files ?? [])]));
    event.target.value = "";
  };
  const writable = place?.access !== "read";
  const { dropping, ...drop } = useDrop(writable ? add : null);
  const close = useCallback(() => setOpen(null), []);
  useEffect(() => { void actions.again(); }, [busySending]); // eslint-disable-line -- when the last file has been taken
  const { refetch } = workspaces;
  useEffect(() => { // made elsewhere a moment ago, or gone
    if (unknown) void refetch().then(({ data }) => data?.some((one) => one.slug === slug) || void navigate("/documents", { replace: true }));
  }, [unknown, slug, refetch, navigate]);
  if (!place) return workspaces.isError ? <main className="page" id="main"><Alert severity="error">{told(workspaces.error)}</Alert></main> : <LinearProgress aria-label={t.loading} />;
  const busy = isBusy([place]) || busySending;
  const share = place.access === "own" ? undefined : shares.data?.find((one) => !one.mine && one.slug === place.slug);
  return (
    <main className={`page ${dropping ? "dropping" : ""}`} id="main" {...drop}>
      <Box sx={{ display: "flex", alignItems: "center", gap: 1 }}>
        <Typography variant="h5" component="h1" sx={{ flex: 1 }}>{t.documents}</Typography>
        <Button startIcon={<Icon name="add" />} onClick={() => setOpen("create")}>{t.newWorkspace}</Button>
      </Box>
      <Box sx={{ display: "flex", alignItems: "center", borderBottom: 1, borderColor: "divider", mb: 2 }}>
        <Tabs className="workspaces" value={place.slug} onChange={(_, slug: string) => void navigate(`/documents/in/${slug}`)} variant="scrollable" scrollButtons="auto" aria-label={t.workspace} sx={{ flex: 1, minWidth: 0 }}>
          {(workspaces.data ?? []).map((one) => <Tab key={one.slug} value={one.slug} label={<span dir="auto" title={one.name}>{one.name}</span>} />)}
        </Tabs>
        <WorkspaceMenu key={place.slug} workspace={place} share={share} />
      </Box>
      <Box className="chips" sx={{ mb: 2 }}>
        <Typography variant="body2" color="textSecondary">{[t.documentsCount(place.documents), share && t.sharedBy(share.owner), !writable && t.readOnlyShare, place.shared_with?.length && t.sharedWithCount(place.shared_with.length)].filter(Boolean).join(" · ")}</Typography>
        <StateChips counts={place.counts} />
      </Box>
      {place.index_failure && <Alert severity="error" sx={{ mb: 2 }}>{told(place.index_failure)}</Alert>}
      {writable && (
        <Box className="toolbar adds">
          <Button variant="contained" startIcon={<Icon name="upload" />} onClick={() => files.current?.click()}>{t.uploadFiles}</Button>
          <Button variant="outlined" startIcon={<Icon name="upload" />} onClick={() => folder.current?.click()}>{t.uploadFolder}</Button>
          <input ref={files} type="file" multiple className="visually-hidden" tabIndex={-1} aria-label={t.uploadFiles} onChange={take} />
          <input ref={folder} type="file" {...{ webkitdirectory: "" }} className="visually-hidden" tabIndex={-1} aria-label={t.uploadFolder} onChange={take} />
          <Button variant="outlined" startIcon={<Icon name="copy" />} onClick={() => setOpen("paste")}>{t.pasteText}</Button>
          <Button variant="outlined" startIcon={<Icon name="folder" />} onClick={() => setOpen("folder")}>{t.addFolder}</Button>
        </Box>
      )}
      <UploadRows shown={sending} />
      <Reading counts={place.counts} />
      <Sources workspace={place.slug} busy={busy} writable={writable} />
      <DocumentTable key={place.slug} workspace={place.slug} busy={busy} writable={writable} />
      {dropping && <div className="drop-veil" aria-hidden>{t.dropFiles}</div>}
      {open === "folder" && <FolderDialog onAdd={actions.addFolder} onClose={close} />}
      {open === "paste" && <PasteDialog onAdd={actions.paste} onClose={close} />}
      {open === "create" && <NameDialog title={t.newWorkspace} name="" action={t.create} onClose={close} onName={async (name) => void navigate(`/documents/in/${(await actions.createWorkspace(name)).slug}`)} />}
    </main>
  );
}

/** How many of the workspace's documents have come to their last state. */
function Reading({ counts }: { counts: Counts }) {
  const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const left = (counts.queued ?? 0) + (counts.reading ?? 0) + (counts.indexing ?? 0);
  if (!left) return null;
  return (
    <Box sx={{ my: 1 }}>
      <Typography variant="body2" color="textSecondary">{t.readOf(count(all - left), count(all))}</Typography>
      <LinearProgress variant="determinate" value={(100 * (all - left)) / all} aria-label={t.readOf(count(all - left), count(all))} />
    </Box>
  );
}
