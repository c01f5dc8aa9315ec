// The pieces of a document as they are searched: each with its place, its heading and its tokens.

import Alert from "@mui/material/Alert";
import Button from "@mui/material/Button";
import CircularProgress from "@mui/material/CircularProgress";
import Typography from "@mui/material/Typography";
import { told } from "@/components/Notices";
import { t } from "@/lib/i18n";
import { whereIn } from "@/lib/place";
import { useChunks } from "./api";

export function ChunkList({ id }: { id: string }) {
  const chunks = useChunks(id);
  if (chunks.isError) return <Alert severity="warning">{told(chunks.error)}</Alert>;
  if (!chunks.data) return <div className="center"><CircularProgress size={28} aria-label={t.loading} /></div>;
  const all = chunks.data.pages.flatMap((page) => page.items);
  return (
    <div className="scroll" role="region" aria-label={t.chunks} tabIndex={0}>
      <Typography variant="body2" color="textSecondary">{t.chunksText}</Typography>
      {all.length === 0 && <Alert severity="info">{t.noText}</Alert>}
      <ol className="chunks">
        {all.map((one) => (
          <li key={one.id}>
            <Typography variant="caption" color="textSecondary" component="div" dir="auto">{[`#${one.ordinal + 1}`, whereIn({ ...one.span, path: "" }), one.heading, t.tokens(one.tokens)].filter(Boolean).join(" · ")}</Typography>
            <pre dir="auto">{one.text}</pre>
            {one.symbols.length > 0 && <Typography variant="caption" component="div" className="symbols">{one.symbols.slice(0, 12).join(", ")}{one.symbols.length > 12 && " …"}</Typography>}
          </li>
        ))}
      </ol>
      {chunks.hasNextPage && <Button fullWidth size="small" loading={chunks.isFetchingNextPage} onClick={() => void chunks.fetchNextPage()}>{t.loadMore}</Button>}
    </div>
  );
}
