import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inWords, reasonInWords } from "./fault";
import { faults } from "./faults.ko";

test("every code of the documentation that a page can show has its Korean words", () => {
  const documented = [...readFileSync("../docs/errors.md", "utf8").matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code!);
  const never = ["data_dir_in_use", "data_dir_unusable", "port_taken"]; // of the command line
  expect(documented.length).toBeGreaterThan(30);
  expect(documented.filter((code) => !never.includes(code) && !faults[code])).toEqual([]);
});

test("the server's words stay, and a bare reason is told in full", () => {
  expect(inWords({ code: "too_large", message: "it has 9 bytes", hint: "shorten it" })).toBe("it has 9 bytes — shorten it");
  expect(reasonInWords("binary")).toBe("Neither text nor a format that is read");
  expect(reasonInWords("broken PDF: page 3")).toBe("broken PDF: page 3");
});
