import { expect, test } from "vitest";
import type { Message } from "@/lib/types";
import { statusText } from "./StatusLine";
import { step, type Frame, type Turns } from "./turn";

const RUNNING = { id: "r", status: "running" } as Message;
const of = { run_id: "r" };
const says = (...frames: Partial<Frame>[]) => {
  const turns = frames.reduce<Turns>((known, frame, at) => step(known, { ...of, seq: `1.${at + 1}`, ...frame } as Frame, at * 40), {});
  return statusText(RUNNING, turns.r);
};

test.each([
  ["Waiting for its turn…", []],
  ["Waiting; 2 before this one", [{ type: "stream_status", stage: "queued", position: 2 }]],
  ["Searching your documents…", [{ type: "stream_status", stage: "searching" }]],
  ["Reading 3,200 of 8,000 tokens…", [{ type: "stream_status", stage: "reading" }, { type: "stream_status", stage: "reading", done: 3200, total: 8000 }]],
  ["Writing…", [{ type: "stream_status", stage: "reading", done: 8000, total: 8000 }, { type: "stream_token", token: "a" }]],
  ["Writing, 26 tokens/s", Array.from({ length: 51 }, () => ({ type: "stream_token" as const, token: "a" }))],
] as [string, Partial<Frame>[]][])("it says: %s", (text, frames) => expect(says(...frames)).toBe(text));

test.each(["stopped", "failed", "interrupted"] as const)("an answer that was %s says so, a finished one nothing", (status) => {
  expect(statusText({ ...RUNNING, status }, undefined)).not.toBe("");
  expect(statusText({ ...RUNNING, status: "finished" }, undefined)).toBe("");
});
