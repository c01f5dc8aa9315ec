// The reader's language, chosen once a load: `t` holds every text.

import { en, type Words } from "./en";
import { ko } from "./ko";
import { keep, kept } from "./storage";

export type Language = "en" | "ko";

export const LANGUAGES: Record<Language, string> = { en: "English", ko: "한국어" };

export const language: Language = (kept("language") as Language | null) ?? (navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en");
export const t: Words = language === "ko" ? ko : en;

export function setLanguage(chosen: Language): void {
  keep("language", chosen);
  location.reload();
}
