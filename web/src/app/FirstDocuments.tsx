// The first step: files or a folder, and how far they are read.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import LinearProgress from "@mui/material/LinearProgress";
import TextField from "@mui/material/TextField";
import Typography from "@mui/material/Typography";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Icon } from "@/components/Icon";
import { told, useNotices } from "@/components/Notices";
import { useDocumentActions } from "@/features/documents/api";
import { chosen, leftOutText, type Gathered } from "@/features/documents/entries";
import { UploadRows } from "@/features/documents/UploadRows";
import { uploads } from "@/features/documents/uploads";
import { useDrop } from "@/features/documents/useDrop";
import { count } from "@/lib/format";
import { t } from "@/lib/i18n";
import { useWorkspaces } from "@/lib/queries";
import { FirstSteps } from "./FirstSteps";
import { waiting } from "./firstRun";

const WORKSPACE = "home";

export default function FirstDocuments({ admin, onBegin, onSkip }: { admin: boolean; onBegin: () => void; onSkip: () => void }) {
  const { addFolder, again } = useDocumentActions(WORKSPACE);
  const sending = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const busy = sending.sending.length > 0;
  useEffect(() => { void again(); }, [busy]); // eslint-disable-line -- when the last file has been taken
  const { say } = useNotices();
  const take = (found: Gathered) => {
    const left = leftOutText(found);
    if (left) say(left);
    if (found.files.length) onBegin();
    uploads.add(found.files, WORKSPACE);
  };
  const { dropping, ...drop } = useDrop(take);
  const files = useRef<HTMLInputElement>(null);
  const [path, setPath] = useState("");
  const folder = useMutation({ mutationFn: () => addFolder(path.trim(), true), onMutate: onBegin });
  return (
    <main className="chat-main" id="main" {...drop}>
      <Box component="section" className="first-run" aria-label={t.firstRun}>
        <FirstSteps at={0} />
        <Typography variant="h5" component="h1">{t.firstTitle}</Typography>
        <Typography color="textSecondary">{t.firstText}</Typography>
        <div className={dropping ? "first-drop dropping" : "first-drop"}>
          <Icon name="upload" fontSize="large" color="primary" />
          <span>{t.firstDrop}</span>
          <Button variant="contained" onClick={() => files.current?.click()}>{t.chooseFiles}</Button>
          <input ref={files} type="file" multiple hidden onChange={(event) => { take(chosen([...(event.target.files ?? [])])); event.target.value = ""; }} />
        </div>
        {admin && (
          <form className="first-folder" onSubmit={(event) => { event.preventDefault(); if (path.trim()) folder.mutate(); }}>
            <TextField fullWidth label={t.firstFolder} placeholder={t.pathExample} value={path} onChange={(event) => setPath(event.target.value)} slotProps={{ htmlInput: { spellCheck: false } }} />
            <Button type="submit" variant="outlined" disabled={!path.trim()} loading={folder.isPending}>{t.readFolder}</Button>
          </form>
        )}
        {folder.isError && <Alert severity="error">{told(folder.error)}</Alert>}
        <UploadRows shown={sending} />
        <Reading expecting={folder.isSuccess || busy} />
        <Button color="inherit" onClick={onSkip}>{t.skipSteps}</Button>
      </Box>
    </main>
  );
}

/** What the server is reading; or that it could read none of it. */
function Reading({ expecting }: { expecting: boolean }) {
  const home = useWorkspaces(expecting).data?.find((one) => one.slug === WORKSPACE);
  const all = Object.values(home?.counts ?? {}).reduce((sum, some) => sum + some, 0);
  if (!home || all === 0) return null;
  const left = waiting(home);
  if (left === 0) return <Alert severity="warning">{t.firstNone} <a href="#/documents">{t.documents}</a></Alert>;
  return (
    <Box role="status" sx={{ width: "100%" }}>
      <LinearProgress variant="determinate" value={(100 * (all - left)) / all} aria-label={t.firstRun} />
      <small>{t.firstReading(count(all - left), count(all))}</small>
    </Box>
  );
}
