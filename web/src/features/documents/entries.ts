// What is dropped or chosen -> files, each with the folder it lay in.

import { t } from "@/lib/i18n";

export interface Dropped { file: File; folder: string }
/** `skipped`: names of folders and files that are of the system or of tools, and were left out. */
export interface Gathered { files: Dropped[]; skipped: string[]; failed: string[] }

const TOOLS = new Set(["node_modules", "__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini"]);
const isLeftOut = (name: string) => name.startsWith(".") || TOOLS.has(name);

/** Folders are gone through; entries of the browser must be taken within the drop's event. */
export async function gather(entries: readonly FileSystemEntry[]): Promise<Gathered> {
  const found: Gathered = { files: [], skipped: [], failed: [] };
  for (const entry of entries) await visit(entry, "", found, true);
  return found;
}

/** Files of an `<input webkitdirectory>`, which knows their paths. */
export function chosen(files: Iterable<File>): Gathered {
  const found: Gathered = { files: [], skipped: [], failed: [] };
  for (const file of files) {
    const parts = file.webkitRelativePath.split("/").slice(0, -1);
    const out = parts.length ? [...parts, file.name].find(isLeftOut) : undefined;
    if (out === undefined) found.files.push({ file, folder: parts.join("/") });
    else if (!found.skipped.includes(out)) found.skipped.push(out);
  }
  return found;
}

/** What the reader is to know of it; "" where every file is taken. */
export function leftOutText({ files, skipped, failed }: Gathered): string {
  return [skipped.length && t.leftOut(skipped.slice(0, 5).join(", ")), failed.length && t.unreadable(failed.slice(0, 5).join(", ")), !files.length && t.nothingToAdd].filter(Boolean).join(" ");
}

async function visit(entry: FileSystemEntry, folder: string, found: Gathered, top: boolean): Promise<void> {
  if (!top && isLeftOut(entry.name)) {
    if (!found.skipped.includes(entry.name)) found.skipped.push(entry.name);
    return;
  }
  try {
    if (entry.isFile) found.files.push({ file: await fileOf(entry as FileSystemFileEntry), folder });
    else for (const inner of await children(entry as FileSystemDirectoryEntry)) await visit(inner, folder ? `${folder}/${entry.name}` : entry.name, found, false);
  } catch {
    found.failed.push(entry.name);
  }
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a hundred at a time, and nothing at the end. */
async function children(entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all.sort((one, other) => one.name.localeCompare(other.name));
    all.push(...some);
  }
}
