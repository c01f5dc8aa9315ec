// Documents, sources and workspaces on the server.

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Document, DocumentState, Page, Source, Workspace } from "@/lib/types";

const PAGE = 200;
const BUSY_MS = 1500;
const IDLE_MS = 10_000;
const WAITING = new Set<DocumentState>(["queued", "reading", "indexing"]);

export function useDocuments(workspace: string, state: DocumentState | "", busy: boolean) {
  return useInfiniteQuery({
    queryKey: ["documents", workspace, state],
    queryFn: ({ pageParam }) => call<Page<Document>>("GET", `/api/rag/documents/?${new URLSearchParams({ workspace, limit: String(PAGE), ...(state && { state }), ...(pageParam && { cursor: pageParam }) })}`),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state: { data } }) => (busy || data?.pages.some((page) => page.items.some((one) => WAITING.has(one.state))) ? BUSY_MS : IDLE_MS),
  });
}

export const useSources = (workspace: string, busy: boolean) => useQuery({
  queryKey: ["sources", workspace],
  queryFn: async () => (await call<Page<Source>>("GET", `/api/workspaces/${workspace}/sources/`)).items,
  refetchInterval: busy ? BUSY_MS : IDLE_MS,
});

export function useDocumentActions(workspace: string) {
  const client = useQueryClient();
  const again = () => Promise.all([["workspaces"], ["documents"], ["sources"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  const then = async <T,>(work: Promise<T>): Promise<T> => {
    const made = await work;
    await again();
    return made;
  };
  return {
    again,
    paste: (title: string, content: string) => then(call<Document>("POST", "/api/rag/documents/", { title, content, workspace })),
    addFolder: (path: string, watch: boolean) => then(call<Source>("POST", `/api/workspaces/${workspace}/sources/`, { path, watch })),
    removeSource: (id: string) => then(call("DELETE", `/api/workspaces/${workspace}/sources/${id}/`, undefined, { keepalive: true })),
    removeDocument: (id: string) => then(call("DELETE", `/api/rag/documents/${id}/`, undefined, { keepalive: true })),
    createWorkspace: (name: string) => then(call<Workspace>("POST", "/api/workspaces/", { name })),
    renameWorkspace: (name: string) => then(call<Workspace>("PUT", `/api/workspaces/${workspace}/`, { name })),
    removeWorkspace: () => then(call("DELETE", `/api/workspaces/${workspace}/`)),
  };
}
