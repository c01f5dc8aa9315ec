// What the server answers, in the words of its API; requests are typed by schema.d.ts, which is generated.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Verdict = "supported" | "weak" | "unsupported";
export type Mode = "chat" | "query" | "plain";
export type DocumentState = Document["state"];
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

export type Workspace = Schemas["ShownWorkspace"];
export type Counts = Workspace["counts"];
export type Share = Schemas["ShownShare"];
export type Source = Schemas["ShownSource"];
export type Document = Schemas["ShownDocument"];
export type DocumentText = Schemas["DocumentText"];
export type Chunk = Schemas["ShownChunk"];
export type PageLine = Schemas["PageLine"];
export type PageShown = Schemas["PageShown"];
export type Citing = Schemas["Citing"];

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
