// Cuts Markdown that is still being written into blocks, so that only the last one is drawn again for each token.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const GOES_ON = /^(?:\s+|(?:[-*+]|\d{1,9}[.)])\s)/; // indented, or a list's next item
const LIST = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;

/** The blocks, joined, are the text. A block ends at an empty line outside of code; a list takes what continues it. */
export function blocks(text: string): string[] {
  const found: string[] = [];
  let block = "";
  let fence = "";
  let blank = false;
  for (const line of text.split(/(?<=\n)/)) {
    const mark = line.match(FENCE)?.[1];
    const continues = !blank || !line.trim() || fence !== "" || (GOES_ON.test(line) && (LIST.test(block) || /^\s/.test(line)));
    if (!continues && block.trim()) {
      found.push(block);
      block = "";
    }
    if (fence ? mark?.startsWith(fence) && !line.trim().slice(mark.length) : mark) fence = fence ? "" : (mark ?? "");
    blank = !fence && !line.trim();
    block += line;
  }
  if (block) found.push(block);
  return found;
}
