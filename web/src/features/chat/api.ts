// Sessions and their messages on the server, in the query cache.

import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { call, within, type Body } from "@/lib/api";
import type { Feedback, Message, Page, Session, SessionSettings } from "@/lib/types";
import type { Attached } from "./attachments";
import { merged } from "./tree";

/** What the route takes; everything may be left out. */
export type Ask = Partial<Omit<Body<"/api/sessions/{session_id}/messages/", "post">, "attachments">> & { attachments?: Attached[]; variables?: Record<string, string> };

const MOST = 500; // items of a page
const TAKEN_S = 20; // a question is taken at once; later it goes back into the box

export const sessionKey = (id: string) => ["session", id];
export const messagesKey = (id: string) => ["messages", id];

export function useSessions(query: string) {
  return useInfiniteQuery({
    queryKey: ["sessions", query],
    queryFn: ({ pageParam }) => call<Page<Session>>("GET", `/api/sessions/?${new URLSearchParams({ limit: "40", ...(query && { q: query }), ...(pageParam && { cursor: pageParam }) })}`),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (shown) => shown,
  });
}

export const useSession = (id: string) => useQuery({ queryKey: sessionKey(id), queryFn: () => call<Session>("GET", `/api/sessions/${id}/`) });
export const useMessages = (id: string) => useQuery({ queryKey: messagesKey(id), queryFn: () => allMessages(id), staleTime: Infinity });

async function allMessages(id: string): Promise<Message[]> {
  const found: Message[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: Page<Message> = await call<Page<Message>>("GET", `/api/sessions/${id}/messages/?limit=${MOST}${cursor && `&cursor=${cursor}`}`);
    found.push(...page.items);
    cursor = page.next;
  }
  return found;
}

export function putMessages(client: QueryClient, session: string, newer: readonly Message[]): void {
  client.setQueryData<Message[]>(messagesKey(session), (known) => merged(known ?? [], newer));
}

export function putSession(client: QueryClient, id: string, change: Partial<Session>): void {
  client.setQueryData<Session>(sessionKey(id), (known) => known && { ...known, ...change });
  client.setQueriesData<InfiniteData<Page<Session>>>({ queryKey: ["sessions"] }, (data) => data && {
    ...data,
    pages: data.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === id ? { ...one, ...change } : one)) })),
  });
}

type Change = { title?: string; workspace?: string; head?: string; settings?: Partial<SessionSettings> };

/** What can be done to sessions; each resolves when the server has it. The same functions at every render. */
export function useSessionActions() {
  const client = useQueryClient();
  return useMemo(() => sessionActions(client), [client]);
}

const sessionActions = (client: QueryClient) => ({
  create: (body: { workspace: string; settings: Partial<SessionSettings> }) => call<Session>("POST", "/api/sessions/", body, within(TAKEN_S)),
  change: async (id: string, change: Change) => putSession(client, id, await call<Session>("PUT", `/api/sessions/${id}/`, change)),
  remove: async (id: string) => {
    await call("DELETE", `/api/sessions/${id}/`, undefined, { keepalive: true, ...within(TAKEN_S) });
    await client.invalidateQueries({ queryKey: ["sessions"] });
  },
  ask: async (id: string, ask: Ask) => {
    const { messages, run_id } = await call<{ run_id: string; messages: Message[] }>("POST", `/api/sessions/${id}/messages/`, ask, within(TAKEN_S));
    putMessages(client, id, messages);
    putSession(client, id, { head: run_id });
    return run_id;
  },
  stop: (run: string) => call("POST", `/api/runs/${run}/stop/`),
  judge: async (message: Message, thumb: Feedback["thumb"]) => {
    const feedback = await call<Feedback>("PUT", `/api/sessions/${message.session}/messages/${message.id}/feedback/`, { thumb, note: message.feedback?.note ?? "" });
    putMessages(client, message.session, [{ ...message, feedback }]);
  },
});
