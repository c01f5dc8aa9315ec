import { expect, test } from "vitest";
import type { Message } from "@/lib/types";
import { branchTo, leafUnder, merged } from "./tree";

const message = (id: string, parent: string | null, more: Partial<Message> = {}) => ({ id, parent, role: id.startsWith("q") ? "user" : "assistant", status: "finished", ...more }) as Message;
const TREE = [message("q1", null), message("a1", "q1"), message("a2", "q1"), message("q2", "a2"), message("a3", "q2"), message("q3", "a1")];

test("the branch of the head is shown, with the versions beside each message", () => {
  const branch = branchTo(TREE, "a3");
  expect(branch.map((one) => one.message.id)).toEqual(["q1", "a2", "q2", "a3"]);
  expect(branch[1]?.versions).toEqual(["a1", "a2"]);
});

test("another version is shown with what came below it last", () => {
  expect([leafUnder(TREE, "a1"), leafUnder(TREE, "a2"), leafUnder(TREE, "q1")]).toEqual(["q3", "a3", "a3"]);
});

test("an empty session has an empty branch", () => expect(branchTo([], null)).toEqual([]));

test("an answer that has ended is not taken back by news of before its end", () => {
  const after = merged([message("a1", "q1", { content: "done" })], [message("a1", "q1", { status: "running", content: "" }), message("q9", "a1")]);
  expect(after.map((one) => [one.id, one.status])).toEqual([["a1", "finished"], ["q9", "finished"]]);
  expect(after[0]?.content).toBe("done");
});
