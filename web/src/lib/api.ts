// The server's routes: JSON in, JSON out. Nothing here touches the page.

import type { paths } from "./schema";
import type { Document, Fault } from "./types";

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Routes = keyof paths;

/** What a route takes as JSON, as the server's own schema says. */
export type Body<Path extends Routes, Verb extends keyof paths[Path]> =
  paths[Path][Verb] extends { requestBody: { content: { "application/json": infer Json } } } ? Json : never;

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  constructor(status: number, fault?: Partial<Fault>) {
    super(fault?.message ?? `HTTP ${status}`);
    this.status = status;
    this.code = fault?.code ?? "unknown";
    this.hint = fault?.hint ?? "";
  }
}

/** The server does not answer. */
export class Unreachable extends Error {}

/** Throws ApiError for an answer that is an error, Unreachable when there is none (or, `within` a time, TimeoutError). */
export async function call<T>(method: Method, path: string, body?: unknown, init: RequestInit = {}): Promise<T> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  const response = await fetch(path, { ...init, ...json, method }).catch((error: unknown) => {
    throw error instanceof TypeError ? new Unreachable(error.message) : error; // a fetch that was broken off keeps its own error
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, (answer as { error?: Fault }).error);
  return answer as T;
}

/** Sends a file as a document; `progress` goes from 0 to 1; `signal` breaks it off. */
export function upload(file: File, { workspace, folder }: { workspace: string; folder: string }, progress: (share: number) => void, signal: AbortSignal): Promise<Document> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("workspace", workspace);
    if (folder) form.append("folder", folder);
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/rag/documents/");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.total && progress(event.loaded / event.total);
    request.onload = () => (request.status === 201 ? resolve(request.response as Document) : reject(new ApiError(request.status, (request.response as { error?: Fault } | null)?.error)));
    request.onerror = () => reject(new Unreachable("network"));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** Chats that Ibidem, ChatGPT or Open WebUI exported. */
export const importSessions = (file: File) => call<{ sessions: string[] }>("POST", "/api/sessions/import/", undefined, { body: file, headers: { "Content-Type": "application/json" } });

/** What is refused when no answer has come within `s` seconds: a server that hangs looks like one that is gone. */
export const within = (s: number): RequestInit => ({ signal: AbortSignal.timeout(s * 1000) });

export const isOffline = (error: unknown) => error instanceof Unreachable || (error instanceof DOMException && error.name === "TimeoutError");
export const isSignedOut = (error: unknown) => error instanceof ApiError && error.status === 401;
export const isGone = (error: unknown) => error instanceof ApiError && error.status === 404;
