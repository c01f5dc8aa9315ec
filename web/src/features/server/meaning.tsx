// What a setting means: the server's words, or ours in Korean; and how its values are written.

import type { ReactNode } from "react";
import { bytes } from "@/lib/format";
import { language, t } from "@/lib/i18n";
import type { Setting } from "@/lib/types";
import type { Value } from "./api";
import { MEANINGS } from "./meanings.ko";

export const meaningOf = ({ name, meaning }: Setting) => (language === "ko" && MEANINGS[name]) || meaning;

/** Text between backticks as code. */
export function withCode(text: string): ReactNode[] {
  return text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part));
}

export function shown({ key, kind }: Setting, value: Value | null): string {
  if (value === null) return t.settingHidden;
  if (kind === "switch") return value ? t.settingOn : t.settingOff;
  if (value === "") return t.settingEmpty;
  return key.endsWith("_bytes") && typeof value === "number" ? `${value} (${bytes(value)})` : String(value);
}
