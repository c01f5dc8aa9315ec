// The panel that shows a document's text with the cited lines marked. Its address: /#/documents/ID?lines=a-b&page=n

import { el } from "/page/answer.js";
import { call } from "/page/api.js";
import { stateName, t } from "/page/words.js";

const AROUND = 30; // lines shown before and after the cited ones
const MORE = 200;

const panel = document.getElementById("source");
const [heading, place, notice, list] = ["h2", ".place", ".notice", "ol"].map((selector) => panel.querySelector(selector));
const [earlier, later] = [panel.querySelector(".earlier"), panel.querySelector(".later")];
let opened = 0; // counts openings: an answer that comes for an older one is dropped
let open = null; // {id, from, to, marks}: the lines shown, and what is marked in them

/** What a hash names, or null. */
export function parsePlace(hash) {
  const match = hash.match(/^#\/documents\/([\w-]+)(?:\?(.*))?$/);
  if (!match) return null;
  const query = new URLSearchParams(match[2] ?? "");
  const [from, to] = (query.get("lines") ?? "").split("-").map(Number);
  return { id: match[1], from: from || 0, to: to || from || 0, page: query.get("page") };
}

export function placeName({ path, start_line: from, end_line: to, page }) {
  return [path, page && t("page", page), t("lines", from, to)].filter(Boolean).join(" · ");
}

/** Open the panel. `clue` is what the citation said when it was made: {text, sentence}. */
export async function showSource({ id, from, to, page }, clue) {
  const mine = ++opened;
  panel.hidden = false;
  heading.textContent = "…";
  for (const node of [place, notice, list]) node.replaceChildren();
  earlier.hidden = later.hidden = true;
  panel.querySelector(".download").href = `/api/rag/documents/${id}/content/`;
  heading.focus();
  try {
    const part = await lines(id, Math.max(1, from - AROUND), (to || 1) + (from ? AROUND : MORE));
    if (mine !== opened) return;
    const { document: about } = part;
    open = { id, from: part.start_line, to: part.start_line - 1, marks: marks(part, from, to, clue) };
    heading.textContent = about.title;
    place.textContent = [about.path, page && t("page", page), from && t("lines", from, to)].filter(Boolean).join(" · ");
    if (from && !open.marks) notice.textContent = t("changed");
    else if (!part.rows.length) notice.textContent = t("noText");
    else if (!["ok", "indexing"].includes(about.state)) notice.textContent = [stateName(about.state), about.reason].filter(Boolean).join(": ");
    list.className = /x-|json|csv/.test(about.media_type) ? "code-text" : "";
    add(part, "append");
    (list.querySelector("mark") ?? list.querySelector(".cited"))?.scrollIntoView({ block: "center" });
  } catch (error) {
    if (mine !== opened) return;
    [heading.textContent, notice.textContent] = [t("source"), error.status === 404 ? t("gone") : error.message];
  }
}

export function hideSource() {
  opened++;
  panel.hidden = true;
}

async function lines(id, from, to) {
  const part = await call("GET", `/api/rag/documents/${id}/text/?start_line=${from}&end_line=${to}`);
  return { ...part, rows: part.end_line < part.start_line ? [] : part.text.split("\n"), last: part.end_line < to };
}

/** The lines to mark and, in them, the very words that the answer took. Null when the text is no longer the one cited. */
function marks(part, from, to, clue) {
  if (!from) return { from: 0, to: 0, words: [] };
  const cited = part.rows.slice(from - part.start_line, to - part.start_line + 1);
  const text = cited.join("\n");
  const bare = (string) => string.replace(/\s+/g, "");
  if (!cited.length || (clue && !bare(text).includes(bare(clue.text)))) return null;
  const found = clue && find(text, clue.sentence);
  const words = [];
  if (found) {
    for (let line = from, start = 0; line <= to; start += cited[line - from].length + 1, line++) {
      const [begin, end] = [Math.max(0, found.start - start), Math.min(cited[line - from]?.length ?? 0, found.end - start)];
      if (begin < end) words.push({ line, begin, end });
      if (!cited[line - from + 1] && cited[line - from + 1] !== "") break;
    }
  }
  return { from, to, words };
}

/** Where the sentence, or the last sentence in it, stands in the text, whatever its spaces. */
function find(text, sentence) {
  const last = sentence.split(/(?<=[.!?。])\s+/).at(-1);
  for (const wanted of [sentence, last]) {
    const words = wanted.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const match = words.join("").length > 3 && text.match(new RegExp(words.join("\\s+")));
    if (match) return { start: match.index, end: match.index + match[0].length };
  }
  return null;
}

function add(part, where) {
  const { marks } = open;
  const rows = part.rows.map((text, index) => {
    const number = part.start_line + index;
    const words = marks?.words.find((found) => found.line === number);
    const content = words ? [text.slice(0, words.begin), el("mark", {}, text.slice(words.begin, words.end)), text.slice(words.end)] : [text || "\u200b"];
    return el("li", { value: number, className: marks && number >= marks.from && number <= marks.to ? "cited" : "" }, ...content);
  });
  list[where](...rows);
  open.from = Math.min(open.from, part.start_line);
  open.to = Math.max(open.to, part.start_line + rows.length - 1);
  earlier.hidden = open.from <= 1;
  if (where === "append") later.hidden = part.last;
}

async function more(from, to, where) {
  const { id } = open;
  try {
    const part = await lines(id, from, to);
    if (open.id === id) add(part, where);
  } catch (error) {
    notice.textContent = error.message;
  }
}

earlier.addEventListener("click", async () => {
  const first = list.firstElementChild;
  const top = first.getBoundingClientRect().top;
  await more(Math.max(1, open.from - MORE), open.from - 1, "prepend");
  panel.querySelector(".text").scrollTop += first.getBoundingClientRect().top - top; // the lines read stay where they are
});
later.addEventListener("click", () => more(open.to + 1, open.to + MORE, "append"));
