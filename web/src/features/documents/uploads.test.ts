import { expect, test, vi } from "vitest";
import { UploadQueue, type Send } from "./uploads";

const file = (name: string) => ({ file: new File(["x"], name), folder: "" });

/** Sends nothing by itself: the test ends each file. */
function manual() {
  const open = new Map<string, { done: () => void; fail: (error: unknown) => void }>();
  const send: Send = (sent, _place, _progress, signal) => new Promise((resolve, reject) => {
    open.set(sent.name, { done: () => resolve(null), fail: reject });
    signal.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
  });
  return { open, send };
}

function memory() {
  const kept = new Map<string, string>();
  return { get: (key: string) => kept.get(key) ?? null, set: (key: string, value: string | null) => void (value === null ? kept.delete(key) : kept.set(key, value)) };
}

test("two files are sent at once, the others wait for their turn", async () => {
  const { open, send } = manual();
  const queue = new UploadQueue(send, memory());
  queue.add(["a", "b", "c"].map(file), "home");
  expect([...open.keys()]).toEqual(["a", "b"]);
  expect(queue.snapshot().waiting).toBe(1);
  open.get("a")!.done();
  await vi.waitFor(() => expect([...open.keys()]).toEqual(["a", "b", "c"]));
  expect(queue.snapshot()).toMatchObject({ waiting: 0, sent: 1 });
});

test("a file that failed is told with its error, and is sent again on demand", async () => {
  const { open, send } = manual();
  const queue = new UploadQueue(send, memory());
  queue.add([file("a")], "home");
  open.get("a")!.fail(new Error("too large"));
  await vi.waitFor(() => expect(queue.snapshot().failed).toHaveLength(1));
  open.clear();
  queue.retry(queue.snapshot().failed);
  expect(queue.snapshot().failed).toEqual([]);
  expect([...open.keys()]).toEqual(["a"]);
});

test("a file that is cancelled is no failure, and the next one goes on", async () => {
  const { open, send } = manual();
  const queue = new UploadQueue(send, memory());
  queue.add(["a", "b", "c"].map(file), "home");
  queue.cancel(queue.snapshot().sending[0]!.id);
  await vi.waitFor(() => expect(open.has("c")).toBe(true));
  queue.cancelAll();
  await vi.waitFor(() => expect(queue.snapshot()).toMatchObject({ sending: [], failed: [], waiting: 0 }));
});

test("after a reload the names of what was not sent are told until they are dismissed", () => {
  const tab = memory();
  new UploadQueue(manual().send, tab).add(["a", "b", "c"].map(file), "home");
  const again = new UploadQueue(manual().send, tab);
  expect(again.snapshot().lost).toEqual(["a", "b", "c"]);
  again.dismiss();
  expect(new UploadQueue(manual().send, tab).snapshot().lost).toEqual([]);
});
