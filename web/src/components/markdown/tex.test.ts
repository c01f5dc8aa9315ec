import { expect, test } from "vitest";
import { DISPLAY, formulaIn, INLINE, withFormulas } from "./tex";

/** The text with its formulas as ‹inline› and «display». */
const seen = (text: string) => withFormulas(text).replace(/(`+)([\uE0F1\uE0F2][^`]*)\1/g, (_, __, code: string) => {
  const { tex, display } = formulaIn(code)!;
  return display ? `«${tex}»` : `‹${tex}›`;
});

test.each([
  ["Euler: $e^{i\\pi} = -1$.", "Euler: ‹e^{i\\pi} = -1›."],
  ["as \\(a_1 * b_1\\) and \\[\nx = 1\n\\]", "as ‹a_1 * b_1› and «x = 1»"],
  ["$$\na\n= b\n$$", "«a = b»"],
  ["- item $x$\n- $y$-axis", "- item ‹x›\n- ‹y›-axis"],
])("%s holds a formula", (text, expected) => expect(seen(text)).toBe(expected));

test.each([
  "It costs $5 and $10.", "from $5-$10", "US$5 (A$7)", "가격은 $100이고 $200입니다", "a \\$x\\$ b", "`$x$`", "``\\(x\\) ` ``", "```\n$x$\n```", "    $x$ = indented\n", "see \\[1\\]", "$$\n\nx$$ y", "$ x $", "echo $HOME/$USER", "\\\\(x\\\\)",
])("%s holds none", (text) => expect(withFormulas(text)).toBe(text));

test("a formula whose end has not come is shown as it is written", () => {
  const [, code] = /`([^`]*)`/.exec(withFormulas("so\n$$\\frac{1}{2"))!;
  expect(formulaIn(code!)).toMatchObject({ whole: false, display: true });
});

test("marks of a model's own make no formula", () => {
  expect(withFormulas(`\`${INLINE}x${INLINE}\` ${DISPLAY}`)).toBe("`x` ");
});

test("backticks within a formula do not end it", () => expect(withFormulas("$a``b$")).toBe(`\`\`\`${INLINE}a\`\`b${INLINE}\`\`\``));

test("a hundred thousand openings without an end take no time", () => {
  for (const open of ["\\[", "$", "`", "$$ ", "\\(", "``` `"]) expect(withFormulas(open.repeat(30_000)).length).toBeGreaterThan(0);
});
