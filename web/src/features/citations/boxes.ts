// Lines of a page with a box for each character -> the rectangles that mark a passage on its picture.

import type { PageLine } from "@/lib/types";
import { marks, type Clue } from "./marks";

export interface Box { left: number; top: number; right: number; bottom: number }
/** In points from the top left corner: the lines that are cited, and in them the words that the answer took. */
export interface PageMarks { lines: Box[]; words: Box[] }

/** Null when the text is no longer the one cited: nothing is marked rather than a wrong place. */
export function pageMarks(shown: readonly PageLine[], clue: Clue): PageMarks | null {
  const found = marks(shown.map((one) => one.text), shown[0]?.line ?? clue.from, clue);
  if (!found) return null;
  const lines = shown.map((one) => around(one.boxes));
  const words = found.words.map(({ line, begin, end }) => {
    const one = shown.find((candidate) => candidate.line === line);
    return one ? around(one.boxes.slice(4 * points(one.text, begin), 4 * points(one.text, end))) : null;
  });
  return { lines: lines.filter((box) => box !== null), words: words.filter((box) => box !== null) };
}

/** Boxes are those of code points; places in a string count UTF-16 units. */
const points = (text: string, units: number) => [...text.slice(0, units)].length;

/** The smallest box around all characters that are drawn; null where none is. */
function around(boxes: readonly number[]): Box | null {
  let found: Box | null = null;
  for (let at = 0; at + 3 < boxes.length; at += 4) {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.slice(at, at + 4).map((tenths) => tenths / 10);
    if (right <= left || bottom <= top) continue;
    found = found ? { left: Math.min(found.left, left), top: Math.min(found.top, top), right: Math.max(found.right, right), bottom: Math.max(found.bottom, bottom) } : { left, top, right, bottom };
  }
  return found;
}
