// A model's text becomes nodes. It is data: no HTML, no images, no links but our own citations.

import { t } from "/page/words.js";

/** An element with properties (or attributes) and children; null children are left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) name in node ? (node[name] = value) : node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function copyButton(text) {
  const button = el("button", { type: "button", className: "quiet copy" }, t("copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = t("copied");
    setTimeout(() => (button.textContent = t("copy")), 1500);
  });
  return button;
}

/** Show `text` in `target`; blocks that did not change keep their nodes. `cite(number, sentence)` gives a link or null. */
export function show(target, text, cite, version = "") {
  const keys = [];
  for (const [index, block] of blocks(text).entries()) {
    const key = version + JSON.stringify(block);
    keys.push(key);
    if (target.shown?.[index] === key) continue;
    const node = draw(block, cite);
    target.children[index] ? target.children[index].replaceWith(node) : target.append(node);
  }
  while (target.children.length > keys.length) target.lastElementChild.remove();
  target.shown = keys;
}

const FENCE = /^\s*(`{3,}|~{3,})\s*([\w+#.-]*)/;
const HEADING = /^#{1,6}\s+(.+)/;
const ITEM = /^(\s*)(?:[-*+•]|(\d{1,3})[.)])\s+(.*)/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function blocks(text) {
  const lines = text.split("\n");
  const found = [];
  const opens = (at) => FENCE.test(lines[at]) || HEADING.test(lines[at]) || ITEM.test(lines[at]) || RULE.test(lines[at]) || isTable(at);
  const isTable = (at) => lines[at].includes("|") && (lines[at + 1] ?? "").includes("|") && TABLE_RULE.test(lines[at + 1]);
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = line.match(FENCE);
    if (!line.trim()) at++;
    else if (fence) {
      const close = lines.findIndex((other, index) => index > at && other.trim().startsWith(fence[1]));
      const end = close < 0 ? lines.length : close;
      found.push({ kind: "code", name: fence[2], text: lines.slice(at + 1, end).join("\n") });
      at = end + 1;
    } else if (RULE.test(line)) found.push({ kind: "rule" }), at++;
    else if (HEADING.test(line)) found.push({ kind: "heading", text: line.match(HEADING)[1] }), at++;
    else if (isTable(at)) {
      const rows = [line];
      for (at += 2; at < lines.length && lines[at].includes("|"); at++) rows.push(lines[at]);
      found.push({ kind: "table", rows: rows.map((row) => row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim())) });
    } else if (ITEM.test(line)) {
      const items = [];
      for (; at < lines.length && lines[at].trim(); at++) {
        const [, indent, number, text] = lines[at].match(ITEM) ?? [];
        if (text !== undefined) items.push({ deep: indent.length > 1, number, text });
        else if (/^\s/.test(lines[at]) || !opens(at)) items.at(-1).text += `\n${lines[at].trim()}`;
        else break;
      }
      found.push({ kind: items[0].number ? "ol" : "ul", items });
    } else {
      const start = at++;
      while (at < lines.length && lines[at].trim() && !opens(at)) at++;
      found.push({ kind: "text", text: lines.slice(start, at).join("\n") });
    }
  }
  return found;
}

function draw(block, cite) {
  switch (block.kind) {
    case "code": {
      const bar = el("figcaption", {}, el("span", {}, block.name), copyButton(() => block.text));
      return el("figure", { className: "code" }, bar, el("pre", { tabIndex: 0 }, el("code", {}, block.text)));
    }
    case "rule": return el("hr");
    case "heading": return el("h3", {}, ...inline(block.text, cite));
    case "table": {
      const row = (tag) => (cells) => el("tr", {}, ...cells.map((cell) => el(tag, {}, ...inline(cell, cite))));
      const [head, ...body] = block.rows;
      return el("div", { className: "table", tabIndex: 0 }, el("table", {}, el("thead", {}, row("th")(head)), el("tbody", {}, ...body.map(row("td")))));
    }
    case "ol": case "ul": {
      const item = ({ deep, number, text }) => el("li", { className: `${deep ? "deep" : ""} ${number ? "" : "plain"}`, ...(number && { value: Number(number) }) }, ...inline(text, cite));
      return el(block.kind, {}, ...block.items.map(item));
    }
    default: return el("p", {}, ...inline(block.text, cite));
  }
}

const INLINE = /(`+)(.*?[^`])\1(?!`)|\*\*(\S|\S.*?\S)\*\*|\[(\d{1,3})\]/gs;

function inline(text, cite) {
  const nodes = [];
  let end = 0;
  let sentence = ""; // what stands before a mark, since the one before: the words that it vouches for
  let since = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, ticks, code, bold, number] = match;
    nodes.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (ticks) nodes.push(el("code", {}, code.trim()));
    else if (bold) nodes.push(el("strong", {}, ...inline(bold, cite)));
    else {
      sentence = text.slice(since, match.index).trim() || sentence;
      since = end;
      nodes.push(cite(Number(number), sentence) ?? whole);
    }
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}
