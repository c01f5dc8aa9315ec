// A model's Markdown as elements: no HTML, no images, links to the web and mail only, marks as footnote buttons, TeX as formulas.

import { memo, useMemo, type ComponentProps, type ReactElement, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { t } from "@/lib/i18n";
import { blocks } from "./blocks";
import { CodeBlock, Growing } from "./CodeBlock";
import { footnotes } from "./footnotes";
import { FormulaText } from "./FormulaText";
import { hostOf, safeUrl } from "./safe";
import { formulaIn, withFormulas } from "./tex";

export type DrawCite = (number: number, sentence: string) => ReactNode;

interface Props { text: string; known: ReadonlySet<number>; cite: DrawCite; /** Whether more is coming. */ growing?: boolean }

export default function Markdown({ text, growing = false, ...rest }: Props) {
  return <Growing value={growing}><div className="markdown">{blocks(text).map((block, index) => <Block key={index} text={block} {...rest} />)}</div></Growing>;
}

const Block = memo(function Block({ text, known, cite }: Props) {
  const plugins = useMemo(() => [remarkGfm, footnotes(known)], [known]);
  const components = useMemo(() => withCite(cite), [cite]);
  return <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={safeUrl}>{withFormulas(text)}</ReactMarkdown>;
});

function withCite(cite: DrawCite): Components {
  return {
    ...FIXED,
    cite: ({ node }) => {
      const { dataNumber, dataSentence } = node?.properties ?? {};
      return cite(Number(dataNumber), String(dataSentence ?? ""));
    },
  };
}

const FIXED: Components = {
  a: ({ href, children }) => (href ? <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>{children}</a> : <>{children}</>),
  code: ({ children, className }) => {
    const formula = typeof children === "string" ? formulaIn(children) : null;
    return formula ? <FormulaText {...formula} /> : <code className={className}>{children}</code>;
  },
  img: ({ src, alt }) => <Picture src={typeof src === "string" ? src : ""} alt={alt ?? ""} />,
  input: ({ checked }) => <span aria-hidden>{checked ? "☑ " : "☐ "}</span>,
  pre: ({ children }) => <Pre>{children}</Pre>,
  table: ({ children }) => <div className="table" role="region" aria-label={t.table} tabIndex={0}><table>{children}</table></div>,
};

/** A picture would be fetched from wherever a document says: only its address is shown. */
function Picture({ src, alt }: { src: string; alt: string }) {
  const host = hostOf(src);
  return host ? <a href={src} target="_blank" rel="noopener noreferrer nofollow">{alt || t.imageLink(host)} ({host})</a> : <>{alt}</>;
}

function Pre({ children }: { children?: ReactNode }) {
  const { className = "", children: code } = (children as ReactElement<ComponentProps<"code">> | undefined)?.props ?? {};
  const language = /language-([\w+#.-]{1,20})/.exec(className)?.[1] ?? "";
  return <CodeBlock language={language} code={String(code ?? "").replace(/\n$/, "")} />;
}
