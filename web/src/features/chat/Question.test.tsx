import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Message } from "@/lib/types";
import { Question } from "./Question";

afterEach(cleanup);

const message = { id: "m1", session: "s1", parent: null, role: "user", content: "Why?", status: "finished" } as Message;
const edit = (onEdit: () => Promise<boolean>) => {
  render(<Question message={message} versions={["m1"]} found={false} onEdit={onEdit} onShow={() => undefined} />);
  screen.getByRole("button", { name: "Edit" }).focus();
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  return screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Edit" });
};

test("after an edit that was given up, the focus is where it came from", async () => {
  fireEvent.keyDown(edit(async () => true), { key: "Escape" });
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("button", { name: "Edit" })));
});

test("an edit that the server has not taken stays open with its words", async () => {
  const onEdit = vi.fn(async () => false);
  const box = edit(onEdit);
  fireEvent.change(box, { target: { value: "Why not?" } });
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(onEdit).toHaveBeenCalled());
  expect(screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Edit" }).value).toBe("Why not?");
});
