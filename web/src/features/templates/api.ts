// Templates on the server.

import { useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { Template } from "@/lib/types";

export type Draft = Pick<Template, "name" | "system" | "variables" | "examples" | "settings">;

const PATH = "/api/prompts/templates/";
export const EXPORT = `${PATH}export/`;

export function useTemplateActions() {
  const client = useQueryClient();
  const then = async <T,>(work: Promise<T>): Promise<T> => {
    const made = await work;
    await client.invalidateQueries({ queryKey: ["templates"] });
    return made;
  };
  return {
    save: (id: string | null, draft: Draft) => then(id ? call<Template>("PUT", `${PATH}${id}/`, draft) : call<Template>("POST", PATH, draft)),
    remove: (id: string) => then(call("DELETE", `${PATH}${id}/`, undefined, { keepalive: true })),
    take: async (file: File) => then(call("POST", `${PATH}import/`, JSON.parse(await file.text()))),
  };
}

/** The names that stand in the texts as {{name}}, in their order; what is known of a variable is kept. */
export function variablesIn(texts: string[], known: Template["variables"]): Template["variables"] {
  const names = [...texts.join("\n").matchAll(/\{\{\s*([\p{L}\p{N}_ -]{1,100}?)\s*\}\}/gu)].map((match) => match[1] ?? "");
  return [...new Set(names)].map((name) => known.find((one) => one.name === name) ?? { name, default: null, description: "" });
}
