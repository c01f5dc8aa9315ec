// TeX in a text -> code spans that hold a mark, so that Markdown leaves its letters alone and `code` knows a formula.

/** Around a formula within a line, around one on a line of its own. Both are taken out of what a model writes. */
export const INLINE = "\uE0F1";
export const DISPLAY = "\uE0F2";

const MOST_CHARS = 4000; // of a formula; a longer one stays text
const LIST = /^[\s>]*(?:[-*+]|\d{1,9}[.)])\s/;
const INDENTED = /^(?: {4}|\t)/; // code, behind an empty line and outside of a list
const FENCE = /^[\s>]*(?:[-*+]\s+)?(`{3,}|~{3,})/;
const BEGINS = /(?:^|\n)[ \t]*$/; // a line
const OPENS = /`+|\\[\s\S]?|\$\$?/g;
const MARKS = new RegExp(`[${INLINE}${DISPLAY}]`, "g");

export interface Formula { tex: string; display: boolean; /** Whether its end has come. */ whole: boolean }

/** The formula that a code span holds, if it holds one. */
export function formulaIn(code: string): Formula | null {
  const mark = code[0];
  if (mark !== INLINE && mark !== DISPLAY) return null;
  const whole = code.length > 1 && code.endsWith(mark);
  return { tex: code.slice(1, whole ? -1 : undefined), display: mark === DISPLAY, whole };
}

export function withFormulas(text: string): string {
  const clean = text.replace(MARKS, "");
  if (!/[$\\]/.test(clean)) return clean;
  let done = "";
  let prose = "";
  let fence = "";
  let listed = false;
  let blank = true;
  for (const line of clean.split(/(?<=\n)/)) {
    const mark = FENCE.exec(line)?.[1];
    const indented: boolean = blank && !listed && INDENTED.test(line);
    listed ||= LIST.test(line);
    blank = !line.trim() || indented;
    if (fence || mark || indented) {
      done += spans(prose) + line;
      prose = "";
      if (!fence) fence = indented ? "" : (mark ?? "");
      else if (mark?.startsWith(fence) && line.trim() === mark) fence = "";
    } else prose += line;
  }
  return done + spans(prose);
}

function spans(prose: string): string {
  const absent = new Set<string>(); // ends that do not come any more: each is looked for once
  const find = (end: string, from: number): number => {
    const at = absent.has(end) ? -1 : prose.indexOf(end, from);
    if (at < 0) absent.add(end);
    return at;
  };
  let done = "";
  let from = 0;
  OPENS.lastIndex = 0;
  for (let match = OPENS.exec(prose); match; match = OPENS.exec(prose)) {
    const [open] = match;
    const start = match.index + open.length;
    let next = start;
    if (open[0] === "`") next = afterCode(prose, open, start, find);
    else {
      const end = endOf(prose, open, match.index, find);
      const tex = end === null ? null : prose.slice(start, end < 0 ? undefined : end);
      if (tex !== null && isFormula(tex)) {
        done += prose.slice(from, match.index) + span(tex, open !== "$" && open !== "\\(", end! >= 0);
        next = from = end! < 0 ? prose.length : end! + open.length;
      }
    }
    OPENS.lastIndex = next;
  }
  return done + prose.slice(from);
}

function afterCode(prose: string, ticks: string, start: number, find: (end: string, from: number) => number): number {
  for (let at = find(ticks, start); at >= 0; at = find(ticks, at)) {
    const run = /^`+/.exec(prose.slice(at))![0].length;
    at += run;
    if (run === ticks.length) return at;
  }
  return start;
}

/** Where the formula's end stands; -1: it has not come yet; null: nothing was opened. Prices are no formulas. */
function endOf(prose: string, open: string, at: number, find: (end: string, from: number) => number): number | null {
  const close = { "\\(": "\\)", "\\[": "\\]", $$: "$$" }[open];
  if (close) {
    const end = find(close, at + 2);
    return end >= 0 || BEGINS.test(prose.slice(Math.max(0, at - 20), at)) ? end : null;
  }
  if (open !== "$" || /[\w$]/.test(prose[at - 1] ?? "") || /\s/.test(prose[at + 1] ?? " ")) return null;
  const end = find("$", at + 1);
  return end > at + 1 && !/[\s\\]/.test(prose[end - 1]!) && !/\w/.test(prose[end + 1] ?? "") ? end : null;
}

/** An escaped number in brackets is a mark that somebody wrote, and no formula goes on behind an empty line. */
const isFormula = (tex: string) => tex.trim() !== "" && tex.length <= MOST_CHARS && !/^\s*\d+\s*$/.test(tex) && !/\n[ \t]*\n/.test(tex);

function span(tex: string, display: boolean, whole: boolean): string {
  const mark = display ? DISPLAY : INLINE;
  const ticks = "`".repeat(1 + Math.max(0, ...[...tex.matchAll(/`+/g)].map(([run]) => run.length)));
  return ticks + mark + tex.trim().replace(/\s*\n\s*/g, " ") + (whole ? mark : " ") + ticks;
}
