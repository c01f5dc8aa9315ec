// What the palette offers beside chats: pages and actions, each by its name in the reader's language.

import { useColorScheme } from "@mui/material/styles";
import { useNavigate } from "react-router";
import type { IconName } from "@/components/Icon";
import { language, LANGUAGES, setLanguage, t, type Language } from "@/lib/i18n";
import { SECTIONS } from "./Sidebar";

export interface Command { key: string; label: string; icon: IconName; /** What is told behind the name. */ hint?: string; run: () => void }

export function useCommands({ onHelp, onCopy }: { onHelp: () => void; onCopy: (() => void) | null }): Command[] {
  const navigate = useNavigate();
  const { mode, setMode } = useColorScheme();
  const themes = (["light", "dark", "system"] as const).filter((one) => one !== mode);
  const languages = (Object.keys(LANGUAGES) as Language[]).filter((one) => one !== language);
  return [
    { key: "new", label: t.newChat, icon: "newChat", hint: "Ctrl/⌘+Shift+O", run: () => void navigate("/") },
    ...(onCopy ? [{ key: "copy", label: t.copyLast, icon: "copy" as const, hint: "Ctrl/⌘+Shift+C", run: onCopy }] : []),
    ...SECTIONS.map(([path, label, icon]) => ({ key: path, label, icon, run: () => void navigate(path) })),
    ...themes.map((one) => ({ key: one, label: `${t.theme}: ${t[one]}`, icon: "settings" as const, run: () => setMode(one) })),
    ...languages.map((one) => ({ key: one, label: `${t.language}: ${LANGUAGES[one]}`, icon: "settings" as const, run: () => setLanguage(one) })),
    { key: "help", label: t.shortcuts, icon: "info", hint: "?", run: onHelp },
  ];
}

/** Those whose name holds every word, in any order. */
export function matchingCommands(commands: Command[], query: string): Command[] {
  const words = query.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
}
