import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NoticesProvider } from "@/components/Notices";
import type { Template } from "@/lib/types";
import { Composer, type Written } from "./Composer";
import type { Wish } from "./wish";

const TEMPLATES: Partial<Template>[] = [
  { id: "t1", name: "Translate", system: "Into {{language}}", variables: [{ name: "language", default: null, description: "" }] },
  { id: "t2", name: "Summarise", system: "Short", variables: [] },
];
const ROUTES: Record<string, unknown> = { "/api/prompts/templates/": { items: TEMPLATES, next: null }, "/api/workspaces/": { items: [], next: null }, "/api/models/": { items: [], next: null, servers: [], default: "quotes" } };

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("fetch", async (path: string) => new Response(JSON.stringify(ROUTES[path.split("?")[0]!])));
});
afterEach(() => { cleanup(); vi.unstubAllGlobals(); });

function show(more: Partial<Parameters<typeof Composer>[0]> = {}) {
  const sent: Written[] = [];
  const wished: Partial<Wish>[] = [];
  const wish: Wish = { workspace: "home", model: null, mode: null, template: null };
  const onSend = async (written: Written) => { sent.push(written); return true; };
  render(
    <QueryClientProvider client={new QueryClient()}><NoticesProvider>
      <Composer place="s1" wish={wish} onWish={(change) => wished.push(change)} running={false} onStop={() => undefined} onSend={onSend} {...more} />
    </NoticesProvider></QueryClientProvider>,
  );
  return { sent, wished, box: screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" }) };
}
const type = (box: HTMLElement, value: string) => fireEvent.change(box, { target: { value } });

test("Enter sends, and the box is empty", async () => {
  const { sent, box } = show();
  type(box, "Why?");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(sent.map((one) => one.content)).toEqual(["Why?"]));
  expect(box.value).toBe("");
});

test.each([
  ["while a syllable is composed", { key: "Enter", isComposing: true }],
  ["with the code that Safari reports after it", { key: "Enter", keyCode: 229 }],
  ["with Shift", { key: "Enter", shiftKey: true }],
])("Enter %s sends nothing", (_, event) => {
  const { sent, box } = show();
  type(box, "한글");
  fireEvent.keyDown(box, event);
  expect([sent.length, box.value]).toEqual([0, "한글"]);
});

test("what the server has not taken comes back into the box", async () => {
  const { box } = show({ onSend: async () => false });
  type(box, "Long thought out");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(box.value).toBe("Long thought out"));
});

test("what is on its way to the server outlives a reload, and what is typed meanwhile stays", async () => {
  let answer: (taken: boolean) => void = () => undefined;
  const { box } = show({ onSend: () => new Promise((resolve) => { answer = resolve; }) });
  type(box, "First");
  fireEvent.keyDown(box, { key: "Enter" });
  expect([box.value, localStorage.getItem("ibidem-draft-s1")]).toEqual(["", "First"]);
  type(box, "Second");
  answer(false);
  await waitFor(() => expect(box.value).toBe("First\nSecond"));
  fireEvent.keyDown(box, { key: "Enter" });
  answer(true);
  await waitFor(() => expect([box.value, localStorage.getItem("ibidem-draft-s1")]).toEqual(["", null]));
});

test("a draft is there again after the page was left", () => {
  type(show().box, "half a question");
  cleanup();
  expect(show().box.value).toBe("half a question");
});

test("blank text and a running answer send nothing", () => {
  const { sent, box } = show({ running: true });
  type(box, "Why?");
  fireEvent.keyDown(box, { key: "Enter" });
  expect(sent).toEqual([]);
  expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
});

test("a slash offers templates, arrows and Enter choose one", async () => {
  const { sent, wished, box } = show();
  type(box, "/");
  await screen.findByRole("option", { name: /Summarise/ });
  fireEvent.keyDown(box, { key: "ArrowDown" });
  fireEvent.keyDown(box, { key: "Enter" });
  expect(wished).toEqual([{ template: "t2" }]);
  expect([sent.length, box.value]).toEqual([0, ""]);
});

test("a template asks for its values before it sends", async () => {
  const { sent, box } = show({ wish: { workspace: "home", model: null, mode: null, template: "t1" } });
  const value = await screen.findByRole("textbox", { name: /language/ });
  type(box, "Good morning");
  fireEvent.keyDown(box, { key: "Enter" });
  expect(sent).toEqual([]);
  type(value, "Korean");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(sent[0]?.variables).toEqual({ language: "Korean" }));
});

test("values of a template that was taken off go with no question", async () => {
  const none: Wish = { workspace: "home", model: null, mode: null, template: null };
  const sent: Written[] = [];
  const drawn = (template: string | null) => (
    <QueryClientProvider client={client}><NoticesProvider>
      <Composer place="s1" wish={{ ...none, template }} onWish={() => undefined} running={false} onStop={() => undefined} onSend={async (written) => { sent.push(written); return true; }} />
    </NoticesProvider></QueryClientProvider>
  );
  const client = new QueryClient();
  const { rerender } = render(drawn("t1"));
  type(await screen.findByRole("textbox", { name: /language/ }), "Korean");
  rerender(drawn(null));
  const box = screen.getByRole("textbox", { name: "Message" });
  type(box, "Good morning");
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(sent[0]?.variables).toEqual({}));
});

test("a template that was deleted is told, and can be taken off", async () => {
  const { wished } = show({ wish: { workspace: "home", model: null, mode: null, template: "gone" } });
  const chip = (await screen.findByText("Its template was deleted")).closest("[role=button]")!;
  fireEvent.keyUp(chip, { key: "Delete" });
  expect(wished).toEqual([{ template: null }]);
});
