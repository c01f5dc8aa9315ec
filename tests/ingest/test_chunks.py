"""Chunks of every format: they tile the text, keep what belongs together and say where they are."""

from __future__ import annotations

import json
import random
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest

from ibidem.ingest.lines import cut, pieces
from tests.ingest.reading import check, read, text_of

ROOT = Path(__file__).parents[2]
KOREAN = "서버를 다시 시작하려면 관리자 권한이 필요합니다. 설정 파일을 먼저 확인하세요.\n"
PROSE = "The quick brown fox jumps over the lazy dog, and then it rests for a while. "


def test_the_files_of_this_repository_tile_exactly():
    folders = [ROOT / "ibidem", ROOT / "tests", Path(json.__file__).parent]
    files = [path for folder in folders for path in folder.rglob("*.py") if path.stat().st_size]
    for path in files[:120]:
        data = path.read_bytes()
        chunks, outcome = check(data, path.name)
        assert (outcome.state, outcome.language) == ("ok", "python")
        assert text_of(chunks) == data.decode()


WORDS = [
    "word",
    "한글",
    "é",
    "e\u0301",
    "\u1112\u1161\u11ab",
    "# Title",
    "```",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    ". ",
    "{",
    "}",
    '"',
    ",",
]
WORDS += [
    "[",
    "]",
    ":",
    "def f():",
    "<p>",
    "</p>",
    "<!--",
    "&amp;",
    "x" * 900,
    "가" * 500,
    "😀",
    "\t",
    "|",
    "---",
    "\\",
]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.py", "a.js", "a.csv", "a.json", "a.html", "a.rs"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_random_text_tiles_in_every_format_and_encoding(name, encoding):
    chance = random.Random(f"{name} {encoding}")
    for length in (1, 5, 40, 400, 1500):
        text = "".join(chance.choice(WORDS) for _ in range(length)) + "가나다 라마바 사아자 차카타\n" * 20
        if encoding == "cp949":
            text = unicodedata.normalize("NFC", text).replace("é", "").replace("😀", "")
        chunks, outcome = check(text.encode(encoding), name)
        assert outcome.state == "ok", outcome
        if name != "a.html":
            assert text_of(chunks) == unicodedata.normalize("NFC", text)


def test_chunks_are_full_but_not_over_the_target():
    chunks, _ = check((PROSE * 4 + "\n\n").encode() * 200, "a.txt")
    assert all(250 <= chunk.tokens <= 350 for chunk in chunks[:-1])


def test_a_long_paragraph_is_cut_at_line_ends_with_a_little_overlap():
    data = "".join(f"{number} {PROSE}\n" for number in range(100)).encode()
    chunks, _ = check(data, "a.txt")
    for before, after in pairwise(chunks):
        assert 0 < before.span.end_char - after.span.start_char <= 40 * 4
        assert after.text[0].isdigit()


def test_a_very_long_line_is_cut_at_sentence_ends():
    chunks, _ = check((PROSE * 500).encode(), "a.txt")
    assert all(chunk.text.endswith("while. ") and chunk.span.end_line == 1 for chunk in chunks)


def test_a_cut_never_separates_a_character_from_its_marks():
    for text in ("e" + "\u0301" * 5000, "\u1112\u1161\u11ab" * 3000, "x" * 3000, "a, " * 3000):
        parts = cut(text)
        assert "".join(parts) == text
        joined = "".join(unicodedata.normalize("NFC", part) for part in parts)
        assert joined == unicodedata.normalize("NFC", text) or "\u0301" * 400 in text


def test_pieces_count_the_bytes_of_any_encoding():
    text = "가\r\nabc\n" + "나다 " * 800 + "\n끝"
    for encoding in ("utf-8", "cp949", "utf-16-le", "utf-16-be"):
        data = text.encode(encoding)
        for size in (1, 7, 1000, len(data)):
            blocks = [data[at : at + size] for at in range(0, len(data), size)]
            made = list(pieces(blocks, encoding))
            assert "".join(piece.text for piece in made) == text
            assert sum(piece.size_bytes for piece in made) == len(data)
            assert {piece.line for piece in made} == {1, 2, 3, 4}


def test_blank_lines_at_the_top_do_not_count_as_lines_of_the_chunk():
    chunks, _ = check(b"\n\n\nfirst\n\n\nlast\n\n\n", "a.txt")
    assert [(chunk.span.start_line, chunk.span.end_line) for chunk in chunks] == [(4, 7)]


# --- Markdown ------------------------------------------------------------------------------------------------------


def section(title: str, sentences: int = 17) -> str:
    return f"{title}\n\n{PROSE * sentences}\n\n"


def test_markdown_sections_carry_their_heading_path():
    text = (
        section("# Guide")
        + section("## Setup")
        + section("### Linux `apt` ##")
        + section("## Use")
        + section("# Other")
    )
    chunks, outcome = check(text.encode(), "a.md")
    assert [chunk.heading for chunk in chunks] == [
        "Guide",
        "Guide > Setup",
        "Guide > Setup > Linux apt",
        "Guide > Use",
        "Other",
    ]
    assert all(chunk.text.startswith("#") for chunk in chunks)
    assert outcome.title == "Guide"


def test_a_headings_anchor_and_classes_are_no_part_of_it():
    text = (
        section("# Guide { #guide }") + section("## Sets {a, b} {: .wide #sets }") + section("## `{#id}` in braces {x}")
    )
    chunks, outcome = check(text.encode(), "a.md")
    assert [chunk.heading for chunk in chunks] == ["Guide", "Guide > Sets {a, b}", "Guide > {#id} in braces {x}"]
    assert outcome.title == "Guide"


def test_small_sibling_sections_share_a_chunk_and_cousins_do_not():
    text = section("# A") + section("## B", 2) + section("## C", 2) + section("# D", 2) + section("## E", 2)
    chunks, _ = check(text.encode(), "a.md")
    assert [chunk.heading for chunk in chunks] == ["A", "A", "D"]
    assert "## B" in chunks[1].text and "## C" in chunks[1].text
    assert "# D" in chunks[2].text and "## E" in chunks[2].text


def test_underlined_headings_and_front_matter_are_understood():
    text = f"---\ntitle: x\n# no heading\n---\n\nName\n====\n\n{PROSE * 15}\n\nPart\n----\n\n{PROSE * 15}\n"
    chunks, outcome = check(text.encode(), "a.md")
    assert [chunk.heading for chunk in chunks][-2:] == ["Name", "Name > Part"]
    assert outcome.title in ("no heading", "Name")


def test_fences_and_tables_stay_whole():
    fence = "```python\n" + "x = 1\n\n# no heading\n" * 40 + "```\n"
    table = "| a | b |\n|---|---|\n" + "| one | two |\n" * 60
    chunks, _ = check(f"# T\n\n{PROSE * 8}\n\n{fence}\n{PROSE * 8}\n\n{table}\n{PROSE * 8}\n".encode(), "a.md")
    assert any(fence in chunk.text for chunk in chunks)
    assert any(table in chunk.text for chunk in chunks)
    assert {chunk.heading for chunk in chunks} == {"T"}


def test_an_unclosed_fence_reaches_to_the_end():
    chunks, _ = check(b"# T\n\n```\n" + b"# not a heading\n\n" * 2000, "a.md")
    assert {chunk.heading for chunk in chunks} == {"T"}


# --- code ----------------------------------------------------------------------------------------------------------

FILLER = "        value = compute(value, other)  # a comment that takes room\n" * 14


def test_python_definitions_are_whole_with_their_comments_and_decorators():
    text = (
        "import os\n\nLIMIT = 3\n"
        + "# filler\n" * 100
        + "\n\n# about f\n# more about f\n@cache\n@retry(\n    times=3\n)\ndef f(value, other):\n"
        + FILLER
        + "\n\nclass Pool:\n    '''Doc.'''\n\n    def get(self):\n"
        + FILLER
        + "\n    def put(self):\n"
        + FILLER
        + "\n\ndef last():\n    def inner():\n        pass\n"
    )
    chunks, _ = check(text.encode(), "a.py")
    by_heading = {chunk.heading: chunk for chunk in chunks}
    assert by_heading["def f"].text.startswith("# about f\n") and by_heading["def f"].symbols == ("f",)
    assert by_heading["class Pool > def put"].symbols == ("put",)
    head = next(chunk for chunk in chunks if chunk.text.startswith("class Pool"))
    assert "def get" in head.text and head.symbols == ("Pool", "get")
    assert by_heading["def last"].symbols == ("last", "inner")
    assert "LIMIT" in chunks[0].symbols


@pytest.mark.parametrize(
    ("name", "source", "headings"),
    [
        ("a.js", "export const f = async (a) => {{\n{0}}};\n\nexport default class Pool {{\n  get() {{\n{0}}}\n  put() {{\n{0}}}\n}}\n",
         {"function f", "class Pool > method put"}),
        ("a.ts", "interface Row {{\n{0}}}\n\nenum Mode {{ A, B }}\n\n@Injectable({{\n x: 1 }})\nexport class Pool {{\n get(): void {{\n{0}}}\n put() {{\n{0}}}\n}}\n",
         {"interface Row", "class Pool > method put"}),
        ("a.tsx", "export function App() {{\n{0} return <p>x</p>\n}}\n\ntype T = {{\n{0}}}\n", {"function App", "type T"}),
        ("a.java", "package x;\n\n/** Doc.\n text */\n@Bean\npublic class Pool {{\n int size;\n public int get() {{\n{0}}}\n void put() {{\n{0}}}\n}}\n",
         {"class Pool > method put"}),
        ("a.go", "package x\n\n// Get it.\nfunc (p *Pool) Get() int {{\n{0}}}\n\ntype Pool struct {{\n{0}}}\n", {"func (p *Pool) Get", "type Pool"}),
    ],
)  # fmt: skip
def test_other_languages_have_their_definitions_too(name, source, headings):
    chunks, outcome = check(
        source.format("   value = compute(value)  // a comment that takes some room\n" * 30).encode(), name
    )
    assert headings <= {chunk.heading for chunk in chunks}
    assert outcome.language


def test_a_java_comment_and_annotation_stay_with_their_class():
    chunks, _ = check(
        b"import a;\n\n/** Doc.\n text */\n@Bean\npublic class Pool { int size; }\n" + b"\nclass X { int y; }\n" * 90,
        "a.java",
    )
    owner = next(chunk for chunk in chunks if "class Pool" in chunk.text)
    assert "/** Doc." in owner.text and {"Pool", "size"} <= set(owner.symbols)


def test_broken_code_keeps_the_definitions_around_the_break():
    text = (
        "def before():\n    pass\n\n\nclass Broken(:\n    def lost(self:\n        x = (\n\n\ndef after():\n    pass\n"
    )
    chunks, _ = check(text.encode(), "a.py")
    assert {"before", "Broken", "lost", "after"} <= {name for chunk in chunks for name in chunk.symbols}


def test_long_code_and_other_languages_are_cut_by_lines_with_symbols_by_pattern():
    text = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(2000))
    chunks, _ = check(text.encode(), "a.py", max_code_bytes=10_000)
    assert sum(len(chunk.symbols) for chunk in chunks) == 2000
    chunks, _ = check(b"pub fn alpha() {\n}\n\nimpl Beta {\n    async fn gamma() {}\n}\n\nstruct Delta;\n", "a.rs")
    assert chunks[0].symbols == ("alpha", "Beta", "gamma", "Delta")


def test_korean_source_in_cp949_has_true_bytes_and_names():
    text = "# 설정을 읽는 함수입니다\ndef 읽기():\n    '''파일을 읽고 값을 돌려줍니다'''\n    return '한글'\n"
    chunks, outcome = check(text.encode("cp949"), "a.py")
    assert outcome.encoding == "cp949"
    assert chunks[0].symbols == ("읽기",)
    assert chunks[0].heading == "def 읽기"


def test_a_chunk_of_a_long_function_names_what_it_defines_itself():
    body = "".join(f"    step_{n} = compute(value_{n}, other)  # comment\n" for n in range(120))
    chunks, _ = check(f"def long():\n{body}\n    def late():\n        pass\n".encode(), "a.py")
    assert len(chunks) > 2 and all(chunk.heading.startswith("def long") for chunk in chunks)
    assert chunks[0].symbols == ("long",) and chunks[1].symbols == () and chunks[-1].symbols == ("late",)


# --- HTML, CSV, JSON -----------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html><head><title>The
 page</title><style>p { color: red }</style></head>
<body><nav>Menu</nav>
<h1>Top &amp; more</h1>
<p>First<br>line.
<script>
  var hidden = "<p>no</p>";
</script>
<h2>Sub</h2>
<ul><li>one<li>two</ul>
&lt;end&gt;&#10;.
"""


def test_html_text_stands_on_the_lines_of_its_source():
    chunks, outcome = check(PAGE.encode(), "a.html")
    assert outcome.title == "The page"
    shown = text_of(chunks).split("\n")
    assert shown[3].strip() == "Top & more"
    assert shown[4].strip() == "First line."
    assert shown[9].split() == ["one", "two"]
    assert shown[10] == "<end> ."
    assert "hidden" not in text_of(chunks) and "Menu" not in text_of(chunks) and "color" not in text_of(chunks)
    assert chunks[0].span.start_line == 4
    assert chunks[0].span.start_byte is None


def test_html_headings_become_paths():
    long = "<p>" + PROSE * 14 + "</p>\n"
    chunks, _ = check(f"<h1>A</h1>{long}<h2>B <em>b</em></h2>{long}<h1>C</h1>{long}".encode(), "a.html")
    assert [chunk.heading for chunk in chunks] == ["A", "A > B b", "C"]


def test_an_unclosed_comment_hides_the_rest_quickly():
    chunks, _ = check(b"<p>seen</p><!-- " + b"x y\n" * 200_000, "a.html")
    assert text_of(chunks).split() == ["seen"]


def test_odd_markup_is_passed_over():
    chunks, outcome = check(
        b"<p>a</p><![odd-thing[x]]><![if !IE]><p>b<![endif]></p></x></p><3 & &bogus; &#xD800; </", "a.html"
    )
    assert outcome.state == "ok"
    assert text_of(chunks).split()[:2] == ["a", "b"]


def test_csv_rows_stay_whole_under_their_columns():
    data = b"name;note\n" + b"".join(b'x%d;"two\nlines; ""quoted"""\n' % n for n in range(300))
    chunks, _ = check(data, "a.csv")
    assert {chunk.heading for chunk in chunks} == {"columns: name, note"}
    assert all(chunk.text.count('"') % 4 == 0 and chunk.text.endswith("\n") for chunk in chunks)
    assert chunks[1].text.startswith("x")


def test_ten_thousand_columns_are_named_in_part_with_a_note():
    row = ",".join(f"column{number}" for number in range(10_000)) + "\n"
    chunks, _ = check((row * 2).encode(), "a.csv")
    assert len(chunks[0].heading) <= 300
    assert chunks[0].heading.startswith("columns: column0, column1, ") and "and 99" in chunks[0].heading


def test_an_unclosed_quote_does_not_swallow_the_file():
    chunks, outcome = check(b'a,b\n"open,1\n' + b"x,y\n" * 100_000, "a.csv")
    assert outcome.state == "ok" and len(chunks) > 100


def test_json_chunks_begin_between_items_and_name_their_place():
    value = {
        "users": [{"name": f'u{n} \\ "[', "address": {"zip": [1, 2]}} for n in range(200)],
        "meta": {"k": "v" * 500},
    }
    for indent in (2, None):
        chunks, _ = check(json.dumps(value, indent=indent).encode(), "a.json")
        middle = chunks[3]
        assert middle.text.lstrip().startswith("{")
        number = middle.text.split('"u')[1].split()[0]
        assert middle.heading == f"users > {number}"


def test_deep_broken_or_one_line_json_is_chunked_without_recursion():
    assert len(check(b"[" * 200_000 + b"]" * 200_000, "a.json")[0]) > 200
    assert check(b'{"a": "never closed\n, ]]]] }{ "b', "a.json")[0]
    data = json.dumps([{"id": n, "text": "word " * 20} for n in range(8_000)]).encode()
    chunks, _, outcome = read(data, "a.json")
    assert outcome.state == "ok"
    assert sum(chunk.heading != "" for chunk in chunks) > 0.9 * len(chunks)


def test_json_lines_are_chunks_of_whole_lines():
    data = b"".join(b'{"id": %d, "text": "%s"}\n' % (n, b"word " * 10) for n in range(200))
    chunks, _ = check(data, "a.jsonl")
    assert all(chunk.text.startswith('{"id"') and chunk.text.endswith("}\n") for chunk in chunks)
