import { expect, test } from "vitest";
import { bytes, seconds } from "./format";
import { en } from "./en";
import { ko } from "./ko";

test("sizes and times are short", () => {
  expect([bytes(0), bytes(999), bytes(1500), bytes(25_000_000_000)]).toEqual(["0 B", "999 B", "1.5 KB", "25.0 GB"]);
  expect([seconds(80), seconds(12_340)]).toEqual(["0.08", "12.3"]);
});

test("no Korean text was left in English", () => {
  const same = Object.entries(ko).filter(([key, text]) => typeof text === "string" && text === en[key as keyof typeof en]);
  expect(same.map(([key]) => key)).toEqual(["assistant"]);
});
