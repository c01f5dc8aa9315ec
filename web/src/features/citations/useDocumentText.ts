// The lines of a document around a place; more of them before and after as they are asked for.

import { useInfiniteQuery } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { DocumentText } from "@/lib/types";

const AROUND = 30; // lines before and after what is cited
const MORE = 200;

interface Range { from: number; to: number }
export interface Part { about: DocumentText["document"]; from: number; lines: string[]; last: boolean }

export function useDocumentText(id: string, from: number, to: number) {
  return useInfiniteQuery({
    queryKey: ["text", id, from, to],
    queryFn: ({ pageParam }) => part(id, pageParam),
    initialPageParam: from ? { from: Math.max(1, from - AROUND), to: to + AROUND } : { from: 1, to: MORE },
    getPreviousPageParam: ({ from: first }) => (first > 1 ? { from: Math.max(1, first - MORE), to: first - 1 } : null),
    getNextPageParam: ({ from: first, lines, last }) => (last ? null : { from: first + lines.length, to: first + lines.length + MORE - 1 }),
    retry: false,
    staleTime: 0,
    gcTime: 0,
  });
}

async function part(id: string, { from, to }: Range): Promise<Part> {
  const answer = await call<DocumentText>("GET", `/api/rag/documents/${id}/text/?start_line=${from}&end_line=${to}`);
  const lines = answer.end_line < answer.start_line ? [] : answer.text.split("\n");
  return { about: answer.document, from, lines, last: answer.end_line < to };
}
