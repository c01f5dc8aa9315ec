import { expect, test } from "vitest";
import { marks } from "./marks";

const LINES = ["# Pumps", "", "The reserve pump starts at 4.2 bar", "and stops at 3.1 bar.", "Later."];

test("the words that an answer took are marked, over the end of a line too", () => {
  const found = marks(LINES, 1, { from: 3, to: 4, text: "The reserve pump starts at 4.2 bar\nand stops at 3.1 bar.", sentence: "starts at 4.2 bar and stops" });
  expect(found?.words.map(({ line, begin, end }) => LINES[line - 1]?.slice(begin, end))).toEqual(["starts at 4.2 bar", "and stops"]);
});

test("a sentence in the answer's own words marks the lines alone", () => {
  expect(marks(LINES, 1, { from: 3, to: 4, sentence: "It begins somewhere" })).toEqual({ from: 3, to: 4, words: [] });
});

test("the words that bear a sentence are marked where the answer says it in its own", () => {
  const found = marks(LINES, 1, { from: 3, to: 4, sentence: "It ends somewhere", support: "stops at 3.1 bar." });
  expect(found?.words).toEqual([{ line: 4, begin: 4, end: 21 }]);
});

test("where the text is no longer the one cited, nothing is marked", () => {
  expect(marks(LINES, 1, { from: 3, to: 4, text: "The reserve pump starts at 9 bar" })).toBeNull();
  expect(marks(LINES, 1, { from: 40, to: 44 })).toBeNull();
});

test("lines count from the first one that is shown", () => {
  expect(marks(LINES.slice(2), 3, { from: 4, to: 4, sentence: "stops at 3.1" })?.words).toEqual([{ line: 4, begin: 4, end: 16 }]);
});
