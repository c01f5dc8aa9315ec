// Code -> a tree of coloured words, by a grammar of its language. Loaded when the first finished code is shown.

import { common, createLowlight } from "lowlight";

const grammars = createLowlight(common);

/** null for a language without a grammar: none is guessed. */
export function highlight(code: string, language: string) {
  return grammars.registered(language) ? grammars.highlight(language, code).children : null;
}

export type Coloured = NonNullable<ReturnType<typeof highlight>>;
