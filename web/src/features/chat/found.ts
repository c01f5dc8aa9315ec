// A chat that was found opens at the message that holds the words.

import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Message, Page, Session } from "@/lib/types";
import { messagesKey, sessionKey } from "./api";
import { branchTo } from "./tree";

export const addressOf = ({ id, match }: Session) => (match?.message ? `/chat/${id}?at=${match.message}` : `/chat/${id}`);

/** The last answer on the screen; "" where there is none. */
export function lastAnswer(client: QueryClient, id: string): string {
  const head = client.getQueryData<Session>(sessionKey(id))?.head ?? null;
  const branch = branchTo(client.getQueryData<Message[]>(messagesKey(id)) ?? [], head);
  return branch.findLast(({ message }) => message.role === "assistant")?.message.content ?? "";
}

/** The chat so many places below another in the list; below no chat stands the first one. */
export function neighbour(client: QueryClient, id: string | null, by: number): string | undefined {
  const listed = client.getQueryData<InfiniteData<Page<Session>>>(["sessions", ""])?.pages.flatMap((page) => page.items) ?? [];
  const at = listed.findIndex((one) => one.id === id);
  return at < 0 ? listed[0]?.id : listed[at + by]?.id;
}
