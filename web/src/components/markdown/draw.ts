// TeX -> MathML elements, made one by one: no text becomes markup, and commands that link, load or name classes are refused.

import temml from "temml";
import "temml/dist/Temml-Local.css";

const OPTIONS = { throwOnError: true, trust: false, strict: false, maxSize: [25, 25] as [number, number], maxExpand: 500 };

interface Tree { attributes?: Record<string, string>; children?: Tree[]; toNode: () => Node }

/** The formula as an element. Throws where TeX does not understand it. */
export function draw(tex: string, display: boolean): Node {
  const tree = temml.__renderToMathMLTree(tex, { ...OPTIONS, displayMode: display, macros: {} }) as Tree;
  withoutStyles(tree);
  return tree.toNode();
}

/** Styles written as text are forbidden by the page's policy; bold is all that is lost. */
function withoutStyles(tree: Tree): void {
  if (tree.attributes) delete tree.attributes.style;
  tree.children?.forEach(withoutStyles);
}
