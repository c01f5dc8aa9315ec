import { afterEach, expect, test, vi } from "vitest";
import { call, isOffline, within } from "./api";

afterEach(() => vi.unstubAllGlobals());

test("a server that hangs is told as one that is gone", async () => {
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => new Promise((_, refuse) => signal!.addEventListener("abort", () => refuse(signal!.reason))));
  const error: unknown = await call("GET", "/health", undefined, within(0.01)).catch((fault: unknown) => fault);
  expect(isOffline(error)).toBe(true);
});
