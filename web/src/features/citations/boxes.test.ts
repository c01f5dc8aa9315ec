import { expect, test } from "vitest";
import { pageMarks } from "./boxes";

/** Characters 5 points wide and 10 high, from `left`. */
const boxes = (text: string, top: number) => [...text].flatMap((_, at) => [100 + 50 * at, 10 * top, 150 + 50 * at, 10 * top + 100]);
const line = (number: number, text: string, top: number) => ({ line: number, text, boxes: boxes(text, top) });
const LINES = [line(7, "The valve opens", 20), line(8, "at 4.2 bar.", 32)];

test("each cited line is one box, and the words of the answer are boxes in it", () => {
  const found = pageMarks(LINES, { from: 7, to: 8, text: "The valve opens\nat 4.2 bar.", sentence: "valve opens at 4.2" });
  expect(found?.lines).toEqual([{ left: 10, top: 20, right: 85, bottom: 30 }, { left: 10, top: 32, right: 65, bottom: 42 }]);
  expect(found?.words).toEqual([{ left: 30, top: 20, right: 85, bottom: 30 }, { left: 10, top: 32, right: 40, bottom: 42 }]);
});

test("where the page no longer says what was cited, nothing is marked", () => {
  expect(pageMarks(LINES, { from: 7, to: 8, text: "The valve opens at 9 bar" })).toBeNull();
  expect(pageMarks([], { from: 7, to: 8, text: "The valve opens" })).toBeNull();
});

test("a line that goes on at another page has no box there", () => {
  const found = pageMarks([LINES[0]!, { ...LINES[1]!, boxes: [] }], { from: 7, to: 8, text: "The valve opens at 4.2 bar." });
  expect(found?.lines).toHaveLength(1);
});

test("characters beyond the first plane and characters that are not drawn keep the boxes in step", () => {
  const text = "📎 ok now";
  const shown = [{ line: 1, text, boxes: boxes(text, 5).map((value, at) => (at >= 4 && at < 8 ? 0 : value)) }];
  expect(pageMarks(shown, { from: 1, to: 1, sentence: "ok now" })?.words).toEqual([{ left: 20, top: 5, right: 50, bottom: 15 }]);
});
