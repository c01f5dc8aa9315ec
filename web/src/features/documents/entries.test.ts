import { expect, test } from "vitest";
import { chosen, gather, leftOutText } from "./entries";

const file = (name: string) => ({ name, isFile: true, file: (take: (file: File) => void) => take(new File(["x"], name)) }) as unknown as FileSystemEntry;
const broken = (name: string) => ({ name, isFile: true, file: (_: unknown, refuse: (error: Error) => void) => refuse(new Error("gone")) }) as unknown as FileSystemEntry;

/** As the browser does it: a hundred at a time. */
function folder(name: string, inner: FileSystemEntry[]): FileSystemEntry {
  return { name, isFile: false, createReader: () => {
    const left = [...inner];
    return { readEntries: (take: (entries: FileSystemEntry[]) => void) => take(left.splice(0, 100)) };
  } } as unknown as FileSystemEntry;
}

test("a folder is gone through to its end, and each file knows where it lay", async () => {
  const many = Array.from({ length: 250 }, (_, at) => file(`${at}.md`));
  const found = await gather([file("top.md"), folder("books", [file("a.md"), folder("old", many)])]);
  expect(found.files).toHaveLength(252);
  expect(found.files.map(({ file: { name }, folder: place }) => `${place}/${name}`)).toEqual(expect.arrayContaining(["/top.md", "books/a.md", "books/old/249.md"]));
});

test("folders of tools and hidden files are left out and told, a hidden file that is dropped itself is taken", async () => {
  const found = await gather([file(".notes"), folder("code", [folder(".git", [file("config")]), folder("node_modules", [file("x.js")]), file("main.ts")])]);
  expect(found.files.map(({ file: { name } }) => name)).toEqual([".notes", "main.ts"]);
  expect(found.skipped).toEqual([".git", "node_modules"]);
});

test("a file that cannot be read stops nothing", async () => {
  const found = await gather([broken("lost.md"), file("kept.md")]);
  expect([found.failed, found.files.length]).toEqual([["lost.md"], 1]);
});

test("files of a chosen folder keep their paths", () => {
  const inside = (path: string) => Object.defineProperty(new File(["x"], path.split("/").at(-1)!), "webkitRelativePath", { value: path });
  const found = chosen([inside("books/old/a.md"), inside("books/.git/HEAD"), inside("alone.md")]);
  expect(found.files.map(({ file: { name }, folder: place }) => [place, name])).toEqual([["books/old", "a.md"], ["", "alone.md"]]);
  expect(found.skipped).toEqual([".git"]);
});

test("what was left out is told, and nothing where all was taken", async () => {
  expect(leftOutText(await gather([file("a.md")]))).toBe("");
  expect(leftOutText(await gather([broken("lost.md"), folder("code", [folder(".git", [])])]))).toBe("Left out: .git. Cannot be read: lost.md. There was no file to add.");
});
