import { expect, test } from "vitest";
import type { Workspace } from "@/lib/types";
import { stepOf } from "./firstRun";

const empty: Workspace = { slug: "home", name: "Home", access: "own", documents: 0, counts: {}, index_failure: null, shared_with: [] };
const reading: Workspace = { ...empty, documents: 2, counts: { reading: 2 } };
const ready: Workspace = { ...empty, documents: 2, counts: { ok: 2 } };
const fresh = { mark: null, workspaces: [empty], quotesAnswer: true, inChat: false };

test.each([
  ["an empty server asks for documents", {}, "documents"],
  ["it waits until one can be searched", { mark: "begun", workspaces: [reading] }, "documents"],
  ["then it asks for a question", { mark: "begun", workspaces: [ready] }, "question"],
  ["in the chat it offers a model", { mark: "begun", workspaces: [ready], inChat: true }, "model"],
  ["dismissed, it never comes back", { mark: "done" }, null],
  ["a model that answers needs no guide", { quotesAnswer: false }, null],
  ["documents that came in another way need none", { workspaces: [ready] }, null],
  ["what is not known yet shows nothing", { workspaces: undefined }, null],
])("%s", (_, change, step) => {
  expect(stepOf({ ...fresh, ...change })).toBe(step);
});
