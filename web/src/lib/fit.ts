// Whether a model fits this machine, in words; and what of its memory is for what.

import { bytes, count } from "./format";
import { t } from "./i18n";
import type { Fit, Fits, Model } from "./types";

export type Tone = "success" | "warning" | "error" | "default";

const TONES: Record<Fit["verdict"], Tone> = { fits: "success", busy: "warning", slow: "warning", too_large: "error", unusable: "error", unknown: "default" };

export const tone = ({ verdict }: Fit): Tone => TONES[verdict];

/** One line: the verdict, its numbers, and what to change where it does not fit. */
export function verdictText(fit: Fit, safeBytes: number): string {
  const needs = bytes(fit.memory?.total_bytes ?? fit.size_bytes ?? 0);
  const safe = bytes(safeBytes);
  switch (fit.verdict) {
    case "fits": return t.fitsText(needs, safe);
    case "busy": return t.busyText(needs);
    case "slow": return t.slowText(rate(fit.generation_tokens_s));
    case "too_large": return [t.tooLargeText(needs, safe), fit.settings.length ? t.tooLargeSettings(fit.settings.join(", ")) : fit.smaller ? t.tooLargeSmaller(fit.smaller) : ""].filter(Boolean).join(" ");
    case "unusable": return fit.why;
    default: return t.unknownText;
  }
}

/** Tokens a second, as exact as they are known. */
export const rate = (tokens: number | null | undefined) => (tokens ? count(tokens >= 10 ? Math.round(tokens) : Math.round(tokens * 10) / 10) : "?");

export interface Part { name: "weights" | "context" | "embedder" | "program"; bytes: number }

/** In the machine's own memory, as they are stacked; what lies on a graphics card is left out. */
export function parts({ memory }: Fit): Part[] {
  if (!memory) return [];
  const weights = memory.weights_bytes + memory.repack_bytes + memory.compute_bytes + memory.process_bytes;
  const context = memory.kv_bytes + memory.checkpoint_bytes + memory.prompt_cache_bytes;
  const onHost = Math.max(0, weights - memory.gpu_bytes);
  const contextOnHost = Math.max(0, context - Math.max(0, memory.gpu_bytes - weights));
  return [
    { name: "weights", bytes: onHost }, { name: "context", bytes: contextOnHost }, { name: "embedder", bytes: memory.embedder_bytes },
    { name: "program", bytes: memory.server_bytes + memory.korean_bytes },
  ];
}

/** The judgement of a model that can be asked now. */
export const fitOf = (fits: Fits | undefined, name: string) => fits?.items.find((one) => one.source !== "table" && one.name === name);

/** Models that write answers; not those that make vectors or cannot be used. */
export const writes = ({ role, detail }: Model) => role === "chat" && !detail.startsWith("unusable");
