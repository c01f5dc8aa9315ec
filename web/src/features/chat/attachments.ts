// Files that go with a question: texts and images, read here. Everything else belongs under Documents.

import { t } from "@/lib/i18n";

export interface AttachedText { title: string; content: string }
export interface AttachedImage { name: string; data: string }
export type Attached = AttachedText | AttachedImage;

const MOST_TEXT_BYTES = 1_000_000;
const MOST_IMAGE_BYTES = 5_000_000;
const SNIFFED = 8192;

/** Characters of a text that is pasted: a longer one is read better as a file than in the message box. */
export const LONG_PASTE = 10_000;

export const nameOf = (one: Attached) => ("title" in one ? one.title : one.name);

export const isImage = (one: Attached): one is AttachedImage => "data" in one;

/** An image's type, by how its base64 begins. */
export const typeOf = ({ data }: AttachedImage) => `image/${{ i: "png", "/": "jpeg", R: "gif", U: "webp" }[data[0] ?? ""] ?? "png"}`;

/** Rejects with an Error that says in the reader's language why a file is not taken. */
export async function readAttachment(file: File): Promise<Attached> {
  const name = file.name.normalize("NFC");
  if (/^image\/(png|jpeg|webp|gif)$/.test(file.type)) {
    if (file.size > MOST_IMAGE_BYTES) throw new Error(t.imageTooBig(name, "5 MB"));
    return { name, data: await base64(file) };
  }
  if (file.size > MOST_TEXT_BYTES) throw new Error(t.notText(name));
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.subarray(0, SNIFFED).includes(0)) throw new Error(t.notText(name));
  return { title: name, content: decoded(bytes, name) };
}

function decoded(bytes: Uint8Array, name: string): string {
  for (const encoding of ["utf-8", "euc-kr"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch { /* the next one */ }
  }
  throw new Error(t.notText(name));
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^.*?,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error(t.notText(file.name)));
    reader.readAsDataURL(file);
  });
}
