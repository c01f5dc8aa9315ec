import { expect, test } from "vitest";
import { Live } from "./live";
import type { Frame } from "./turn";

test("a thousand tokens between two paints tell the listeners once", () => {
  const paints: (() => void)[] = [];
  const live = new Live((callback) => paints.push(callback));
  let told = 0;
  live.subscribe(() => told++);
  for (let at = 1; at <= 1000; at++) live.take({ type: "stream_token", run_id: "r", seq: `1.${at}`, token: "x" } as Frame, at);
  expect([paints.length, told]).toEqual([1, 0]);
  paints[0]?.();
  expect(told).toBe(1);
  expect(live.turn("r")?.text.length).toBe(1000);
});
