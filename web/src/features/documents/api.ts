// Documents, sources and workspaces on the server.

import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Chunk, Citing, Document, DocumentState, Page, Share, Source, User, Workspace } from "@/lib/types";

export const PAGE = 100; // rows of the table
const BUSY_MS = 1500;
const IDLE_MS = 10_000;
const WAITING = new Set<DocumentState>(["queued", "reading", "indexing"]);

export type Sort = "name" | "size" | "added" | "state";
export interface Wanted { state: DocumentState | ""; name: string; sort: Sort; order: "asc" | "desc"; start: number }

/** One page of the list: sorted and filtered by the server, so that thousands of documents stay quick. */
export function useDocuments(workspace: string, { state, name, sort, order, start }: Wanted, busy: boolean) {
  const asked = new URLSearchParams({ workspace, sort, order, name, limit: String(PAGE), ...(state && { state }), ...(start && { cursor: String(start) }) });
  return useQuery({
    queryKey: ["documents", workspace, asked.toString()],
    queryFn: () => call<Page<Document>>("GET", `/api/rag/documents/?${asked}`),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (busy || data?.items.some((one) => WAITING.has(one.state)) ? BUSY_MS : IDLE_MS),
  });
}

export const useDocument = (id: string) => useQuery({
  queryKey: ["document", id],
  queryFn: () => call<Document>("GET", `/api/rag/documents/${id}/`),
  retry: false,
  refetchInterval: ({ state: { data } }) => (data && WAITING.has(data.state) ? BUSY_MS : false),
});

export const useSources = (workspace: string, busy: boolean) => useQuery({
  queryKey: ["sources", workspace],
  queryFn: async () => (await call<Page<Source>>("GET", `/api/workspaces/${workspace}/sources/`)).items,
  refetchInterval: busy ? BUSY_MS : IDLE_MS,
});

const pages = <T,>(path: string, limit: number) => ({
  queryFn: ({ pageParam }: { pageParam: string }) => call<Page<T>>("GET", `${path}?${new URLSearchParams({ limit: String(limit), ...(pageParam && { cursor: pageParam }) })}`),
  initialPageParam: "",
  getNextPageParam: (page: Page<T>) => page.next,
  retry: false,
});
export const useChunks = (id: string) => useInfiniteQuery({ queryKey: ["chunks", id], ...pages<Chunk>(`/api/rag/documents/${id}/chunks/`, 20) });
export const useCiting = (id: string) => useInfiniteQuery({ queryKey: ["cited", id], ...pages<Citing>(`/api/rag/documents/${id}/cited/`, 20) });

export const useShares = () => useQuery({ queryKey: ["shares"], queryFn: async () => (await call<Page<Share>>("GET", "/api/shares/")).items });

/** Whom a workspace may be shared with, for those who may see the list; nobody for the others. */
export const useNames = () => useQuery({
  queryKey: ["user-names"],
  queryFn: async () => (await call<Page<User>>("GET", "/api/users/").catch(() => ({ items: [] as User[] }))).items.map((one) => one.username),
});

export function useDocumentActions(workspace: string) {
  const client = useQueryClient();
  const again = () => Promise.all([["workspaces"], ["documents"], ["document"], ["sources"], ["shares"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  const gone = async (work: Promise<unknown>): Promise<void> => { // what was in it is not asked for again
    await work;
    await Promise.all([["workspaces"], ["shares"]].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
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
    cancelReading: (id: string) => then(call<Document>("POST", `/api/rag/documents/${id}/cancel/`)),
    readAgain: (id: string) => then(call<Document>("POST", `/api/rag/documents/${id}/retry/`)),
    createWorkspace: (name: string) => then(call<Workspace>("POST", "/api/workspaces/", { name })),
    renameWorkspace: (name: string) => then(call<Workspace>("PUT", `/api/workspaces/${workspace}/`, { name })),
    shareWorkspace: (shared_with: NonNullable<Workspace["shared_with"]>) => then(call<Workspace>("PUT", `/api/workspaces/${workspace}/`, { shared_with })),
    removeWorkspace: () => gone(call("DELETE", `/api/workspaces/${workspace}/`)),
    leave: (share: string) => gone(call("DELETE", `/api/shares/${share}/`)),
  };
}
