// What the server answers, in the words of its API; requests are typed by schema.d.ts, which is generated.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Verdict = "supported" | "weak" | "unsupported";
export type Mode = "chat" | "query" | "plain";
export type DocumentState = "queued" | "reading" | "indexing" | "ok" | "partial" | "skipped" | "failed";
export type MessageStatus = "finished" | "stopped" | "interrupted" | "failed" | "running";

export interface Page<T> { items: T[]; next: string | null; total?: number }
export interface Fault { code: string; message: string; hint: string; field?: string }
export type User = Schemas["SignedUser"];
export type Person = Schemas["ShownUser"];
export type Key = Schemas["ShownKey"];
export type MadeKey = Schemas["MadeKey"];
export type Login = Schemas["ShownLogin"];
export type Setting = Schemas["Setting"];
export type Settings = Schemas["Settings"];
export type Status = Schemas["Status"];
export type Outbound = Schemas["OutboundList"];
export interface Health { status: string; version: string; index: string; model: string; sign_in?: string }

export interface Citation {
  number: number; document_id: string; path: string; title: string; start_line: number; end_line: number;
  page: number | null; heading: string; text: string; verdict: Verdict; url: string;
  /** The part of the passage that bears the sentence, or is the nearest to it. */
  support?: { start_line: number; end_line: number; text: string } | null;
}
export interface Omitted { path?: string; start_line?: number; number?: number; turns?: number; reason: string }
export interface Usage { prompt?: number; reused?: number; completion?: number }
export type Timings = Record<string, number>;
export interface Feedback { thumb: "up" | "down" | null; note: string }
export interface Attachment { id: string; name: string; media_type: string; size_bytes: number }

export interface Message {
  id: string; session: string; parent: string | null; role: "user" | "assistant" | "system"; content: string;
  status: MessageStatus; attempt: number; model: string | null; mode?: Mode | null; rag_context: Citation[];
  citations: Citation[]; omitted?: Omitted[]; usage: Usage; timings: Timings; error?: Fault; created_at: string;
  feedback?: Feedback | null; attachments?: Attachment[];
}
export interface SessionSettings {
  model: string | null; temperature: number | null; max_tokens: number | null; mode: Mode | null; template: string | null;
}
export interface Session {
  id: string; title: string; workspace: string; settings: SessionSettings; head: string | null;
  created_at: string; updated_at: string; match?: { message: string; role: string; excerpt: string } | null;
}

export type Counts = Partial<Record<DocumentState, number>>;
export interface Workspace {
  slug: string; name: string; documents: number; counts: Counts; access?: "own" | "write" | "read";
  index_failure?: { message: string; hint: string } | null;
  shared_with?: { username: string; access: "read" | "write" }[];
}
export interface Source {
  id: string; path: string; watch: boolean; state: "syncing" | "ready" | "missing" | "failed"; reason: string; counts: Counts; ignored: number;
}
export interface Document {
  id: string; workspace: string; title: string; path: string; media_type: string; encoding: string; size_bytes: number;
  state: DocumentState; reason: string; chunks: number; created_at: string; updated_at: string;
  /** Of the folder it belongs to; null: uploaded or pasted. */
  source: string | null;
  /** Of a reading under way. */
  chunks_so_far: number;
}
export type PageLine = components["schemas"]["PageLine"];
export type PageShown = components["schemas"]["PageShown"];
export type Citing = components["schemas"]["Citing"];
export interface Chunk {
  id: string; ordinal: number; text: string; heading: string; symbols: string[]; tokens: number;
  span: { start_line: number; end_line: number; page: number | null };
}
export interface Share { id: string; owner: string; username: string; workspace: string; slug: string; access: "read" | "write"; mine: boolean }
export interface DocumentText { document: Document; start_line: number; end_line: number; text: string }

export type Model = Schemas["FoundModel"];
export type Models = Schemas["Models"];
export type Measured = Schemas["Measured"];
export type NearbyServer = Schemas["NearbyServer"];
export type Pull = Schemas["Pull"];
export type Embedders = Schemas["EmbedderState"];
export type Fits = Schemas["Fits"];
export type Fit = Schemas["FitItem"];

export interface Variable { name: string; default: string | null; description: string }
export interface Template {
  id: string; name: string; system: string; variables: Variable[]; examples: { user: string; assistant: string }[];
  settings: { model?: string; mode?: Mode; temperature?: number; max_tokens?: number; language?: string };
  /** Put before every question. */
  tokens: { system: number; examples: number; total: number }; shipped: boolean;
}

export type Job = Schemas["ShownJob"];

export interface TracedChunk { rank: number; chunk: number; path: string; start_line: number; page: number | null; score: number; channels: Record<string, number> }
export interface Trace {
  searched?: { text: string; carried: Record<string, number>; because: string; wants_code: boolean };
  kept: TracedChunk[]; cut: TracedChunk[]; weights: Record<string, number>;
}
export interface Found { hits: unknown[]; timings: Timings; searched?: string; trace?: Trace }
