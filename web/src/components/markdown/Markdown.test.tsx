import { cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { blocks } from "./blocks";
import Markdown from "./Markdown";
import { safeUrl } from "./safe";

afterEach(cleanup);
const known = new Set([1, 2]);
const cite = (number: number, sentence: string) => <button className="cite" title={sentence}>{`Citation ${number}`}</button>;
const show = (text: string) => render(<Markdown text={text} known={known} cite={cite} />).container;

const ATTACKS = [
  "<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "<svg onload=alert(3)>", "<iframe srcdoc='<script>alert(4)</script>'></iframe>",
  "[click](javascript:alert(5))", "[click](  JaVaScRiPt:alert(6))", "[click](data:text/html,<script>alert(7)</script>)", "[click](vbscript:x)", "[x](java\nscript:alert(8))",
  "![pixel](http://127.0.0.1:1/pixel.png)", "![p][ref]\n\n[ref]: http://127.0.0.1:1/p.png", "<a href='javascript:alert(9)'>x</a>", "[in](#/documents/x)", "[up](//evil.test/x)",
  "```html\n<img src=x onerror=alert(10)>\n```", "`<script>alert(11)</script>`", "| <img src=x onerror=alert(12)> | <b>x</b> |\n|---|---|\n| [y](javascript:z) | ![q](http://127.0.0.1:1/q.png) |",
  "<style>body{background:url(http://127.0.0.1:1/s)}</style>", "[1]: javascript:alert(13)\n\n[1]",
];

describe("Markdown of a model", () => {
  test.each(ATTACKS)("%s is only text", (attack) => {
    const page = show(attack);
    expect(page.querySelector("img, script, iframe, svg[onload], style, object, embed, [onerror], [onload], [srcdoc]")).toBeNull();
    for (const link of page.querySelectorAll("a")) expect(link.getAttribute("href")).toMatch(/^(https?:|mailto:)/);
  });

  test("a mark that names a passage is a footnote with its sentence, any other stays text", () => {
    const page = show("The pump starts at 4.2 bar [1]. It is old [2][7].");
    expect(screen.getByRole("button", { name: "Citation 1" }).title).toBe("The pump starts at 4.2 bar");
    expect(screen.getByRole("button", { name: "Citation 2" }).title).toBe("It is old");
    expect(page.textContent).toContain("[7]");
  });

  test("marks in tables, lists and bold text are footnotes, in code they are not", () => {
    const page = show("| a [1] |\n|---|\n| b [2] |\n\n- **c [1]**\n\n`d[1]`\n\n```\ne[2]\n```");
    expect(page.querySelectorAll(".cite").length).toBe(3);
    expect(page.textContent).toContain("d[1]");
  });

  test("code keeps its text and names its language", () => {
    const page = show("```python\nx = 1\n\ny = 2\n```");
    expect(page.querySelector("code")?.textContent).toBe("x = 1\n\ny = 2");
    expect(screen.getByText("python")).toBeTruthy();
  });

  test("a formula is drawn as MathML, one that is no TeX stays text", async () => {
    const page = show("It is $x^2$, and $\\frac{1}$ is not.");
    await waitFor(() => expect(page.querySelector("math msup")?.textContent).toBe("x2"));
    await waitFor(() => expect(page.querySelector(".formula[title]:not([title=''])")?.textContent).toBe("\\frac{1}"));
  });

  test.each([
    "\\href{javascript:alert(1)}{x}", "\\url{javascript:alert(1)}", "\\includegraphics{http://127.0.0.1:1/i.png}", "\\class{brand}{x}", "\\style{position:fixed}{x}", "\\data{a=b}{x}", "\\text{<img src=x onerror=alert(1)>}",
  ])("a formula with %s links, loads and styles nothing", async (attack) => {
    const page = show(`a $y + ${attack}$ b`);
    await waitFor(() => expect(page.querySelector("math, .formula[title]:not([title=''])")).not.toBeNull());
    expect(page.querySelector("a, img, [href], [src], [style], [onerror], .brand")).toBeNull();
  });

  test("code of a known language is coloured once it is whole, and keeps its text", async () => {
    const page = show("```python\nif x < 1: pass  # <b>\n```");
    await waitFor(() => expect(page.querySelector(".hljs-keyword")?.textContent).toBe("if"));
    expect(page.querySelector("code")?.textContent).toBe("if x < 1: pass  # <b>");
    expect(page.querySelector("b")).toBeNull();
  });

  test("a picture is a link that shows its host, and is not loaded", () => {
    show("![chart](https://example.org/c.png)");
    expect(screen.getByRole("link").textContent).toBe("chart (example.org)");
  });
});

describe("blocks", () => {
  const TEXT = "# Title\n\nFirst\nparagraph.\n\n```py\na\n\nb\n```\n\n- one\n\n- two\n\n  more\n\nLast";
  test("they are the text, cut where nothing goes on", () => {
    expect(blocks(TEXT).join("")).toBe(TEXT);
    expect(blocks(TEXT).map((block) => block.trim())).toEqual(["# Title", "First\nparagraph.", "```py\na\n\nb\n```", "- one\n\n- two\n\n  more", "Last"]);
  });
  test("while text is written all but the last two blocks stay as they are", () => {
    for (let end = 1; end < TEXT.length; end++) {
      const settled = blocks(TEXT.slice(0, end)).slice(0, -2);
      expect(blocks(TEXT.slice(0, end + 1)).slice(0, settled.length)).toEqual(settled);
    }
  });
  test("a fence inside a longer fence does not end it", () => expect(blocks("````\n```\n\nx\n````\n\ny").length).toBe(2));
});

test("only addresses of the web and of mail are followed", () => {
  expect(["https://a.b/c", "http://a", "mailto:a@b.c"].map(safeUrl)).toEqual(["https://a.b/c", "http://a", "mailto:a@b.c"]);
  expect(["javascript:x", "data:x", "file:///etc", "/api/x", "#/x", "//a.b", "blob:x", "\u0001javascript:x"].map(safeUrl).join("")).toBe("");
});
