// Messages form a tree by `parent`: the branch that is shown, and the versions beside each message.

import type { Message } from "@/lib/types";

export interface Shown { message: Message; versions: string[] }

/** The branch that ends at `head`, the first message first; without a head, the branch of the newest message. */
export function branchTo(messages: readonly Message[], head: string | null): Shown[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const versions = siblings(messages);
  const shown: Shown[] = [];
  for (let at = byId.get(head ?? "") ?? messages.at(-1); at; at = at.parent === null ? undefined : byId.get(at.parent)) {
    shown.push({ message: at, versions: versions.get(at.parent) ?? [at.id] });
  }
  return shown.reverse();
}

/** Whether two renders of a message would show the same: a change elsewhere in the tree makes new lists of versions. */
export function sameProps<T extends { versions: string[] }>(before: T, after: T): boolean {
  const { versions: old, ...rest } = before;
  return old.join() === after.versions.join() && Object.entries(rest).every(([name, value]) => Object.is(value, after[name as keyof T]));
}

/** The newest message below this one, itself where nothing is below. */
export function leafUnder(messages: readonly Message[], id: string): string {
  const below = siblings(messages);
  let leaf = id;
  for (let next = below.get(leaf)?.at(-1); next; next = below.get(leaf)?.at(-1)) leaf = next;
  return leaf;
}

function siblings(messages: readonly Message[]): Map<string | null, string[]> {
  const found = new Map<string | null, string[]>();
  for (const { id, parent } of messages) found.set(parent, [...(found.get(parent) ?? []), id]);
  return found;
}

/** With these messages in the place of older ones of their ids, new ones at the end. An answer that has ended stays so. */
export function merged(messages: readonly Message[], newer: readonly Message[]): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const message of newer) {
    const known = byId.get(message.id);
    if (known && known.status !== "running" && message.status === "running") continue; // news of before its end
    byId.set(message.id, { ...known, ...message });
  }
  return [...byId.values()];
}
