// A document by its address: /#/documents/ID?lines=a-b, as citations are written everywhere.

import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { Icon } from "@/components/Icon";
import { DocumentText } from "@/features/citations/DocumentText";
import { call } from "@/lib/api";
import { t } from "@/lib/i18n";
import type { Document } from "@/lib/types";

export default function DocumentPage() {
  const { id = "" } = useParams();
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const about = useQuery({ queryKey: ["document", id], queryFn: () => call<Document>("GET", `/api/rag/documents/${id}/`), retry: false });
  const lines = query.get("lines") ?? "";
  const clue = useMemo(() => {
    const [from = 0, to = from] = lines.split("-").map(Number);
    return { from: from || 0, to: to || from || 0 };
  }, [lines]);
  const place = [query.get("page") && t.page(Number(query.get("page"))), clue.from > 0 && t.lines(clue.from, clue.to)].filter(Boolean).join(" · ");
  return (
    <main className="document-page" id="main">
      <header>
        <IconButton aria-label={t.documents} onClick={() => void navigate(about.data ? `/documents/in/${about.data.workspace}` : "/documents")}><Icon name="back" /></IconButton>
        <div>
          <Typography variant="h6" component="h1" dir="auto" sx={{ overflowWrap: "anywhere" }}>{about.data?.title ?? t.source}</Typography>
          <Typography variant="body2" color="textSecondary" dir="auto" sx={{ overflowWrap: "anywhere" }}>{[about.data?.path, place].filter(Boolean).join(" · ")}</Typography>
        </div>
        <Button size="small" startIcon={<Icon name="download" />} href={`/api/rag/documents/${id}/content/`} download>{t.openOriginal}</Button>
      </header>
      <DocumentText key={`${id} ${lines}`} id={id} clue={clue} />
    </main>
  );
}
