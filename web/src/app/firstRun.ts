// How far the first steps are: documents, then a question, then a model. Once done or dismissed they never come back.

import { useCallback, useEffect, useState } from "react";
import { useHealth, useUser, useWorkspaces } from "@/lib/queries";
import { keep, kept } from "@/lib/storage";
import type { Workspace } from "@/lib/types";

const KEY = "first-run";

export type Step = "documents" | "question" | "model";

export const isEmpty = ({ documents, counts }: Workspace) => documents === 0 && !Object.values(counts).some(Boolean);
export const readable = ({ counts }: Workspace) => (counts.ok ?? 0) + (counts.partial ?? 0);
export const waiting = ({ counts }: Workspace) => (counts.queued ?? 0) + (counts.reading ?? 0) + (counts.indexing ?? 0);

interface Known { mark: string | null; workspaces: Workspace[] | undefined; quotesAnswer: boolean; inChat: boolean }

/** `mark`: what the browser keeps: null at first, "begun" from the first step on, "done". */
export function stepOf({ mark, workspaces, quotesAnswer, inChat }: Known): Step | null {
  if (mark === "done" || !workspaces || !quotesAnswer) return null;
  if (workspaces.every(isEmpty)) return inChat ? null : "documents";
  if (mark !== "begun") return null; // documents came in another way: nobody wants to be led
  if (inChat) return "model";
  return workspaces.some((one) => readable(one) > 0) ? "question" : "documents";
}

interface FirstRun { step: Step | null; known: boolean; admin: boolean; begin: () => void; end: () => void }

export function useFirstRun(inChat: boolean): FirstRun {
  const [mark, setMark] = useState(() => kept(KEY));
  const workspaces = useWorkspaces().data;
  const provider = useHealth().data?.model;
  const user = useUser();
  const write = useCallback((next: string) => { keep(KEY, next); setMark(next); }, []);
  const begin = useCallback(() => write("begun"), [write]);
  const end = useCallback(() => write("done"), [write]);
  const needless = mark === null && workspaces !== undefined && !workspaces.every(isEmpty);
  useEffect(() => { if (needless) keep(KEY, "done"); }, [needless]); // the next load need not wait to know it
  const known = mark === "done" || inChat || (workspaces !== undefined && provider !== undefined);
  return { step: stepOf({ mark, workspaces, quotesAnswer: provider === "quotes", inChat }), known, admin: user.data?.role === "admin", begin, end };
}
