// Marks like [3] in Markdown's text become nodes of their own, with the sentence before them; code is left alone.

interface Node { type: string; value?: string; children?: Node[]; data?: object }

const MARK = /\[(\d{1,3})\]/g;

/** A remark plugin: `<cite data-number data-sentence>` for the numbers that are known. */
export function footnotes(known: ReadonlySet<number>) {
  return () => (tree: Node): void => visit(tree, known, { sentence: "" });
}

function visit(parent: Node, known: ReadonlySet<number>, before: { sentence: string }): void {
  parent.children = parent.children?.flatMap((node) => {
    if (node.type === "text" && node.value) return split(node.value, known, before);
    if (node.type === "paragraph" || node.type === "tableCell" || node.type === "heading") before.sentence = "";
    visit(node, known, before);
    return [node];
  });
}

function split(text: string, known: ReadonlySet<number>, before: { sentence: string }): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const match of text.matchAll(MARK)) {
    if (!known.has(Number(match[1]))) continue;
    const between = text.slice(end, match.index);
    before.sentence = (nodes.length ? between : before.sentence + between).trim() || before.sentence;
    if (between.trim()) nodes.push({ type: "text", value: between.trimEnd() }); // a mark stays with its word, at the line's end too
    const properties = { dataNumber: match[1], dataSentence: before.sentence.replace(/^[\s.,;:!?。]+/, "") };
    nodes.push({ type: "footnote", data: { hName: "cite", hProperties: properties } });
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  if (nodes.length === 0) before.sentence += rest;
  else if (rest.trim()) before.sentence = rest;
  if (rest) nodes.push({ type: "text", value: rest });
  return nodes;
}
