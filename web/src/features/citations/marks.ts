// Which lines of a document a citation marks, and in them the very words that the answer took.

/** `text` is the passage as it was cited; `sentence` the answer's words, `support` the passage's words that bear them. */
export interface Clue { from: number; to: number; text?: string; sentence?: string; support?: string }
export interface Words { line: number; begin: number; end: number }
export interface Marks { from: number; to: number; words: Words[] }

const bare = (text: string) => text.replace(/\s+/g, "");

/** `lines` begin at line `first`. Null when the text is no longer the one cited: nothing is marked rather than a neighbour. */
export function marks(lines: readonly string[], first: number, { from, to, text, sentence, support }: Clue): Marks | null {
  const cited = lines.slice(from - first, to - first + 1);
  const whole = cited.join("\n");
  if (!cited.length || (text && !bare(whole).includes(bare(text)))) return null;
  const found = find(whole, sentence ?? "") ?? find(whole, support ?? "");
  const words: Words[] = [];
  let start = 0;
  for (const [index, line] of cited.entries()) {
    const begin = Math.max(0, (found?.start ?? 0) - start);
    const end = Math.min(line.length, (found?.end ?? 0) - start);
    if (found && begin < end) words.push({ line: from + index, begin, end });
    start += line.length + 1;
  }
  return { from, to, words };
}

/** Where the sentence, or the last sentence in it, stands in the text, whatever its spaces. */
function find(text: string, sentence: string): { start: number; end: number } | null {
  const last = sentence.split(/(?<=[.!?。])\s+/).at(-1) ?? "";
  for (const wanted of [sentence, last]) {
    const words = wanted.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const match = words.join("").length > 3 ? text.match(new RegExp(words.join("\\s+"))) : null;
    if (match?.index !== undefined) return { start: match.index, end: match.index + match[0].length };
  }
  return null;
}
