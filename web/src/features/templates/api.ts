// Templates on the server.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { components } from "@/lib/schema";
import { t } from "@/lib/i18n";
import type { Template } from "@/lib/types";

export type Draft = Pick<Template, "name" | "system" | "variables" | "examples" | "settings">;

const PATH = "/api/prompts/templates/";
export const EXPORT = `${PATH}export/`;

/** `values` as JSON: an object would be another one at every render. */
export const usePreview = (draft: Draft, values: string) => useQuery({
  queryKey: ["template-preview", JSON.stringify(draft), values],
  queryFn: ({ signal }) => call<components["schemas"]["Preview"]>("POST", `${PATH}preview/`, { ...draft, values: JSON.parse(values) as object }, { signal }),
  placeholderData: (shown) => shown,
});

export interface Taken { state: string; id: string; name: string }

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
    take: async (file: File) => then(takeFile(file)),
  };
}

/** The names that stand in the texts as {{name}}, in their order; what is known of a variable is kept. */
export function variablesIn(texts: string[], known: Template["variables"]): Template["variables"] {
  const names = [...texts.join("\n").matchAll(/\{\{[ \t]*([\p{L}\p{N}_]{1,40})[ \t]*\}\}/gu)].map((match) => match[1] ?? "");
  return [...new Set(names)].map((name) => known.find((one) => one.name === name) ?? { name, default: null, description: "" });
}

async function takeFile(file: File): Promise<Taken[]> {
  let content: unknown;
  try {
    content = JSON.parse(await file.text());
  } catch {
    throw new Error(t.notJson(file.name));
  }
  return (await call<{ items: Taken[] }>("POST", `${PATH}import/`, content)).items;
}
