import { afterEach, expect, test, vi } from "vitest";
import { copyText, randomKey } from "./insecure";

afterEach(() => { vi.unstubAllGlobals(); });

test("a key is made where the page came over plain http", () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(randomKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(randomKey()).not.toBe(randomKey());
});

test("a text is copied where the page has no clipboard of its own", async () => {
  vi.stubGlobal("navigator", {});
  const written = { setData: vi.fn() };
  document.execCommand = () => document.dispatchEvent(Object.assign(new Event("copy"), { clipboardData: written }));
  await copyText("hello");
  expect(written.setData).toHaveBeenCalledExactlyOnceWith("text/plain", "hello");
  document.execCommand = () => false;
  await expect(copyText("hello")).rejects.toThrow();
});
