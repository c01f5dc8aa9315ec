// Pages of a PDF as pictures, the passage marked where it stands; where there is no picture the text is shown.

import Alert from "@mui/material/Alert";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import TextField from "@mui/material/TextField";
import Tooltip from "@mui/material/Tooltip";
import Typography from "@mui/material/Typography";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Icon, type IconName } from "@/components/Icon";
import { told } from "@/components/Notices";
import { call, isGone } from "@/lib/api";
import { t } from "@/lib/i18n";
import type { PageShown } from "@/lib/types";
import { AsCited } from "./AsCited";
import { pageMarks, type PageMarks } from "./boxes";
import { DocumentText } from "./DocumentText";
import type { Clue } from "./marks";

const ZOOMS = [100, 150, 200] as const; // percent, as the style sheet has them
const WIDTH_PX = devicePixelRatio > 1 ? 1800 : 1200;

interface Props { id: string; clue: Clue; page: number; switcher: ReactNode }

export default function PdfPages({ id, clue, page, switcher }: Props) {
  const [number, setNumber] = useState(page);
  const [zoom, setZoom] = useState(0);
  const [undrawn, setUndrawn] = useState(0); // the page whose picture did not come
  const shown = useQuery({
    queryKey: ["page", id, number, clue.from, clue.to],
    queryFn: () => call<PageShown>("GET", `/api/rag/documents/${id}/pages/${number}/${clue.from ? `?start_line=${clue.from}&end_line=${clue.to}` : ""}`),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
  const marked = useMemo(() => (clue.from && shown.data ? pageMarks(shown.data.lines, clue) : null), [shown.data, clue]);
  if (shown.isError) return <InText id={id} clue={clue} switcher={switcher} title={isGone(shown.error) && number === page ? "" : told(shown.error)} />;
  if (undrawn === number) return <InText id={id} clue={clue} switcher={switcher} title={t.noPicture(number)} />;
  const pages = shown.data?.pages ?? number;
  const turn = (to: number, label: string, icon: IconName) => <Tooltip title={label}><span><IconButton size="small" aria-label={label} disabled={to < 1 || to > pages} onClick={() => setNumber(to)}><Icon name={icon} /></IconButton></span></Tooltip>;
  return (
    <>
      <Box className="page-bar" role="toolbar" aria-label={t.pages}>
        {switcher}
        {turn(number - 1, t.previousPage, "left")}
        <PageNumber key={number} number={number} pages={pages} onGo={setNumber} />
        {turn(number + 1, t.nextPage, "right")}
        {number !== page && clue.from > 0 && <Button size="small" onClick={() => setNumber(page)}>{t.toPassage}</Button>}
        <Box sx={{ flex: 1 }} />
        <Button size="small" aria-label={t.zoom(ZOOMS[zoom] ?? 100)} title={t.zoom(ZOOMS[zoom] ?? 100)} onClick={() => setZoom((zoom + 1) % ZOOMS.length)}>{ZOOMS[zoom]}%</Button>
      </Box>
      {clue.from > 0 && shown.data && !marked && <AsCited severity="info" title={t.changed} hint="" text={clue.text} />}
      {shown.data && <Sheet id={id} shown={shown.data} marked={marked} zoom={zoom} onFail={() => setUndrawn(number)} />}
    </>
  );
}

function Sheet({ id, shown, marked, zoom, onFail }: { id: string; shown: PageShown; marked: PageMarks | null; zoom: number; onFail: () => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(0); // the page whose picture is there
  const { number, width_pt: width, height_pt: height } = shown;
  useLayoutEffect(() => { // the passage comes into view, else the page's top
    const scroller = frame.current;
    if (!scroller) return;
    const mark = (scroller.querySelector(".words") ?? scroller.querySelector(".lines"))?.getBoundingClientRect();
    const seen = scroller.getBoundingClientRect();
    scroller.scrollTop = mark ? scroller.scrollTop + mark.top - seen.top - scroller.clientHeight / 3 : 0;
    if (mark) scroller.scrollLeft += mark.left - seen.left - 24;
  }, [number, marked, zoom]);
  return (
    <div className={`pdf-page zoom-${zoom}`} ref={frame} tabIndex={0} role="region" aria-label={t.page(number)}>
      <svg viewBox={`0 0 ${width} ${height}`} className={drawn === number ? "drawn" : ""} role="img" aria-label={marked?.lines.length ? t.pageMarked(number) : t.page(number)}>
        <rect width={width} height={height} fill="#fff" />
        <image href={`/api/rag/documents/${id}/pages/${number}/image/?width=${WIDTH_PX}`} width={width} height={height} onLoad={() => setDrawn(number)} onError={onFail} />
        {marked && (["lines", "words"] as const).map((kind) => marked[kind].map((box, at) => (
          <rect key={`${kind}${at}`} className={kind} x={box.left - 1} y={box.top - 1} width={box.right - box.left + 2} height={box.bottom - box.top + 2} rx={1.5} />
        )))}
      </svg>
    </div>
  );
}

function PageNumber({ number, pages, onGo }: { number: number; pages: number; onGo: (number: number) => void }) {
  const [typed, setTyped] = useState(String(number));
  const go = () => {
    const wanted = Math.min(Math.max(Math.trunc(Number(typed)) || number, 1), pages);
    setTyped(String(wanted));
    if (wanted !== number) onGo(wanted);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); go(); }}>
      <TextField variant="standard" value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={go} slotProps={{ htmlInput: { "aria-label": t.pageNumber, inputMode: "numeric", size: 3 } }} />
      <Typography component="span" variant="body2" color="textSecondary">/ {pages}</Typography>
    </form>
  );
}

/** An empty title: the document is gone, which its text tells itself. */
function InText({ id, clue, title, switcher }: { id: string; clue: Clue; title: string; switcher: ReactNode }) {
  return <><div className="page-bar">{switcher}</div>{title && <Alert severity="warning">{title} {t.textInstead}</Alert>}<DocumentText id={id} clue={clue} /></>;
}
