// A footnote opened: the passage in its document, how well it supports the answer, and the way to the next one.

import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Chip from "@mui/material/Chip";
import IconButton from "@mui/material/IconButton";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { useEffect, useMemo, useRef } from "react";
import { Icon } from "@/components/Icon";
import { fileName, whereIn } from "@/lib/place";
import { t } from "@/lib/i18n";
import type { Citation } from "@/lib/types";
import { DocumentView } from "./DocumentView";

const COLOURS = { supported: "success", weak: "warning", unsupported: "error" } as const;

interface Props { citation: Citation; sentence: string; among: Citation[]; onOpen: (citation: Citation) => void; onClose: () => void }

export function SourcePanel({ citation, sentence, among, onOpen, onClose }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { document_id, start_line, end_line, text, number, verdict, support } = citation;
  const clue = useMemo(() => ({ from: start_line, to: end_line, text, sentence, support: support?.text }), [start_line, end_line, text, sentence, support]);
  const at = among.findIndex((one) => one.number === number);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [citation]);
  const step = (to: number, label: string, icon: "left" | "right") => {
    const next = among[to];
    return <Tooltip title={label}><span><IconButton size="small" aria-label={label} disabled={!next} onClick={() => next && onOpen(next)}><Icon name={icon} /></IconButton></span></Tooltip>;
  };
  return (
    <Box className="source-panel">
      <Box component="header">
        <Box sx={{ display: "flex", alignItems: "center", gap: 0.5 }}>
          <Typography variant="h6" component="h2" ref={heading} tabIndex={-1} noWrap sx={{ flex: 1, outline: "none" }} dir="auto" title={citation.path}>
            <span className="number">{number}</span> {fileName(citation.path)}
          </Typography>
          {among.length > 1 && step(at - 1, t.previousCitation, "left")}
          {among.length > 1 && step(at + 1, t.nextCitation, "right")}
          <IconButton size="small" aria-label={t.close} onClick={onClose}><Icon name="close" /></IconButton>
        </Box>
        <Typography variant="body2" color="textSecondary" className="path" dir="auto">{citation.path}</Typography>
        <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 14px", mt: 1 }}>
          <Tooltip title={t.verdictHints[verdict]}><Chip size="small" variant="outlined" color={COLOURS[verdict]} label={t.verdicts[verdict]} /></Tooltip>
          <Typography variant="body2">{whereIn(citation)}</Typography>
          {citation.url && <Box component="span" sx={{ ml: "-5px", whiteSpace: "nowrap" }}>
            <Button size="small" href={citation.url.replace(/^\//, "")}>{t.wholeDocument}</Button>
            <Button size="small" startIcon={<Icon name="download" />} href={`/api/rag/documents/${document_id}/content/`} download>{t.openOriginal}</Button>
          </Box>}
        </Box>
        {citation.heading && <Typography variant="body2" color="textSecondary" className="heading-path" dir="auto">{citation.heading}</Typography>}
      </Box>
      <DocumentView key={`${document_id} ${start_line}`} id={document_id} clue={clue} page={citation.page} />
    </Box>
  );
}
