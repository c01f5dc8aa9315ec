// A document by its address: /#/documents/ID?lines=a-b, as citations are written everywhere.

import Tab from "@mui/material/Tab";
import Tabs from "@mui/material/Tabs";
import { useMemo, useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { DocumentView } from "@/features/citations/DocumentView";
import { useDocument } from "@/features/documents/api";
import { ChunkList } from "@/features/documents/ChunkList";
import { CitedBy } from "@/features/documents/CitedBy";
import { DocumentHead } from "@/features/documents/DocumentHead";
import { isGone } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useTitle } from "@/lib/useTitle";

type Part = "content" | "chunks" | "cited";

export default function DocumentPage() {
  const { id = "" } = useParams();
  const [query] = useSearchParams();
  const [part, setPart] = useState<Part>("content");
  const about = useDocument(id);
  useTitle(about.data?.title);
  const lines = query.get("lines") ?? "";
  const page = Number(query.get("page")) || 0;
  const clue = useMemo(() => {
    const [from = 0, to = from] = lines.split("-").map(Number);
    return { from: from || 0, to: to || from || 0 };
  }, [lines]);
  const place = [page > 0 && t.page(page), clue.from > 0 && t.lines(clue.from, clue.to)].filter(Boolean).join(" · ");
  const pages = about.data?.media_type === "application/pdf" ? Math.max(page, 1) : null;
  return (
    <main className="document-page" id="main">
      <DocumentHead id={id} document={about.data} place={place} />
      {!isGone(about.error) && (
        <Tabs value={part} onChange={(_, chosen: Part) => setPart(chosen)} aria-label={t.view} sx={{ borderBottom: 1, borderColor: "divider", px: 1, flex: "none" }}>
          <Tab value="content" label={t.content} />
          <Tab value="chunks" label={t.chunks} />
          <Tab value="cited" label={t.citedBy} />
        </Tabs>
      )}
      {part === "content" && !about.isPending && <DocumentView key={`${id} ${lines}`} id={id} clue={clue} page={pages} />}
      {part === "chunks" && <ChunkList id={id} />}
      {part === "cited" && <CitedBy id={id} />}
    </main>
  );
}
