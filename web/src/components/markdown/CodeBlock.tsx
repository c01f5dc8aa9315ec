// Code with its language, copy, wrap and download.

import { createContext, use, useState, type ReactNode } from "react";
import { t } from "@/lib/i18n";
import { CopyButton } from "../CopyButton";
import { IconAction } from "../IconAction";
import type { Coloured } from "./highlight";
import { nameFor } from "./languages";
import { useColours } from "./useColours";

/** Whether the text that the code stands in goes on being written. */
export const Growing = createContext(false);

export function CodeBlock({ language, code }: { language: string; code: string }) {
  const [wraps, setWraps] = useState(false);
  const coloured = useColours(code, language.toLowerCase(), !use(Growing));
  return (
    <figure className="code-block" dir="ltr">
      <figcaption>
        <span>{language || t.code}</span>
        <IconAction icon="wrap" label={t.wrap} pressed={wraps} onClick={() => setWraps(!wraps)} />
        <IconAction icon="download" label={t.downloadCode} onClick={() => download(code, nameFor(language))} />
        <CopyButton text={() => code} label={t.copyCode} />
      </figcaption>
      <pre tabIndex={0} aria-label={language || t.code} className={wraps ? "wraps" : ""}><code>{coloured ? coloured.map(drawn) : code}</code></pre>
    </figure>
  );
}

/** Text, and spans with the grammar's class; a tree holds nothing else. */
function drawn(node: Coloured[number], index: number): ReactNode {
  if (node.type === "text") return node.value;
  if (node.type !== "element") return null;
  const { className } = node.properties;
  return <span key={index} className={Array.isArray(className) ? className.join(" ") : undefined}>{(node.children as Coloured).map(drawn)}</span>;
}

function download(code: string, name: string): void {
  const address = URL.createObjectURL(new Blob([code], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}
