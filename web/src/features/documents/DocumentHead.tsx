// The head of a document's page: what it is, how far it is read, and what can be done.

import Box from "@mui/material/Box";
import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { useNavigate } from "react-router";
import { Icon, type IconName } from "@/components/Icon";
import { useNotices } from "@/components/Notices";
import { bytes, date } from "@/lib/format";
import { reasonInWords } from "@/lib/fault";
import { t } from "@/lib/i18n";
import { useWorkspaces } from "@/lib/queries";
import type { Document } from "@/lib/types";
import { useDocumentActions, useSources } from "./api";
import { canRetry, isWaiting } from "./DocumentRow";
import { StateChip } from "./StateChip";

/** `document` is undefined while it is asked for, and when there is none. */
export function DocumentHead({ id, document: one, place }: { id: string; document: Document | undefined; place: string }) {
  const navigate = useNavigate();
  const back = one ? `/documents/in/${one.workspace}` : "/documents";
  return (
    <header>
      <IconButton aria-label={t.documents} onClick={() => void navigate(back)}><Icon name="back" /></IconButton>
      <div>
        <Typography variant="h6" component="h1" dir="auto" sx={{ overflowWrap: "anywhere" }}>{one?.title ?? t.source}</Typography>
        {one && <Facts document={one} place={place} />}
      </div>
      {one && <Actions document={one} onGone={() => void navigate(back)} />}
      <Tooltip title={t.openOriginal}><IconButton size="small" aria-label={t.openOriginal} href={`/api/rag/documents/${id}/content/`} download><Icon name="download" /></IconButton></Tooltip>
    </header>
  );
}

function Facts({ document: one, place }: { document: Document; place: string }) {
  const sources = useSources(one.workspace, false);
  const source = sources.data?.find((other) => other.id === one.source);
  const from = one.source === null ? t.uploaded : source && t.fromFolder(source.path);
  const facts = [one.path !== one.title && one.path, place, bytes(one.size_bytes)].filter(Boolean).join(" · ");
  const more = [one.media_type, t.chunksCount(one.chunks), from, date(one.created_at)].filter(Boolean).join(" · ");
  return (
    <Box className="chips">
      <StateChip document={one} />
      <Typography variant="body2" color="textSecondary" dir="auto" sx={{ overflowWrap: "anywhere" }}>{facts}<span className="optional"> · {more}</span></Typography>
      {one.reason && <Typography variant="body2" color={one.state === "failed" ? "error" : "textSecondary"}>{reasonInWords(one.reason)}</Typography>}
    </Box>
  );
}

function Actions({ document: one, onGone }: { document: Document; onGone: () => void }) {
  const { removeDocument, cancelReading, readAgain } = useDocumentActions(one.workspace);
  const { removeLater, fail } = useNotices();
  const writable = useWorkspaces().data?.find((other) => other.slug === one.workspace)?.access !== "read";
  const button = (label: string, icon: IconName, act: () => void) => <Tooltip title={label}><IconButton size="small" aria-label={label} onClick={act}><Icon name={icon} /></IconButton></Tooltip>;
  if (!writable) return null;
  return (
    <>
      {isWaiting(one) && button(t.cancelReading, "stop", () => void cancelReading(one.id).catch(fail))}
      {canRetry(one) && button(t.retry, "regenerate", () => void readAgain(one.id).catch(fail))}
      {one.source === null && button(t.delete, "trash", () => {
        removeLater({ key: `document ${one.id}`, label: one.title, run: () => removeDocument(one.id) });
        onGone();
      })}
    </>
  );
}
