import { expect, test } from "vitest";
import { readAttachment } from "./attachments";

test("a file that is too large is refused without being read", async () => {
  const file = new File(["x"], "film.bin");
  Object.defineProperty(file, "size", { value: 5e9 });
  file.arrayBuffer = () => Promise.reject(new Error("it was read"));
  await expect(readAttachment(file)).rejects.toThrow(/film\.bin is not a text file/);
});
