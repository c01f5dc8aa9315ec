"""A passage's text -> the pieces an answer can quote: sentences of prose, rows of a table, lines of code.

One rule ends a sentence in Korean and in English; abbreviations, initials, decimals and dates do not end one. Every
pattern looks at a character a bounded number of times, so a line of any length costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import takewhile
from pathlib import PurePosixPath

MAX_CHARS = 480  # a longer sentence is quoted in pieces: nobody reads more as one
_WRAPPED = 50  # columns from which a line without an end goes on in the next one (wrapped text, PDF)

_ROWS = frozenset({"csv", "tsv", "jsonl", "ndjson", "log"})
_CODE = frozenset(
    re.findall(
        r"\w+",
        "py pyi js jsx mjs cjs ts tsx java kt go rs c h cc cpp hpp cs rb php swift scala sh bash sql lua r pl proto "
        "toml ini cfg conf yaml yml json css scss",
    )
)

# Terminators, what closes after them and footnote numbers, before a blank, the end or a Hangul syllable ("했다.그는").
_END = re.compile(
    r"(?<![.!?。！？…])[.!?。！？…]++[\"'”’)\]」』*_]*+(?:\[\d{1,3}\])*+(?:(?=\s|$)|(?<=[가-힣][.!?])(?=[가-힣])|(?<=[。！？]))"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|No|vs|etc|cf|al|ca|approx|Fig|Eq|Sec|"
    r"Vol|pp|Inc|Ltd|Co|Corp|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Rev|Hon|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$"
)

_FENCE = ("```", "~~~")
_HEADING = re.compile(r"#{1,6}\s")
_RULE = re.compile(r"[\s|:=*_~`-]*$")
_ITEM = re.compile(r"(?:(?:[-*+•·‣◦▪□■○●◎▶➢※>]|\d{1,2}[.)])\s+|[□■○●◎▶➢※①-⑳>])+")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")
_EMPHASIS = re.compile(r"\*\*|__")

_SIGNATURE = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub|override|inline)\s+)*"
    r"(?:def|class|func|fn|function|interface|struct|enum|trait|type|record|impl|module)\s+\S"
    r"|(?!if|for|while|switch|catch|else|return)(?:[\w<>\[\],.?@]+\s+){0,5}\w+\([^;]{0,300}\)[^;=]{0,80}\{$"
)
_REMARK = re.compile(r"(?:#(?=[\s#!]|$)|//+!?|--\s|/\*+|\*/|\*(?!\w))\s*")
_TRIPLE = re.compile(r"\"\"\"|'''")
_DOCSTRING = re.compile(r"[rRbBuUfF]?(?:\"\"\"|''')")
_MARKUP = re.compile(  # inline HTML, {@link ...} of Java
    r"</?(?:a|abbr|b|br|code|dfn|em|i|img|kbd|li|ol|p|pre|small|span|strong|sub|sup|ul)\b[^<>]{0,300}>|\{@\w+\s([^{}]{0,200})\}"
)


def sentences(text: str, path: str = "") -> list[str]:
    """The quotable pieces of `text`, in order, without marks of layout; the suffix of `path` tells what it is."""
    suffix = PurePosixPath(path).suffix[1:].lower()
    found: Iterable[str]
    if suffix in _ROWS:
        found = map(_one_line, text.splitlines())
    elif suffix in _CODE:
        found = _code(text.splitlines())
    else:
        found = _prose(list(_blocks(text.splitlines())))
    return [piece for sentence in found for piece in _pieces(sentence)]


def split(paragraph: str) -> list[str]:
    """The sentences of one paragraph."""
    found, start = [], 0
    for end in sentence_ends(paragraph):
        found.append(paragraph[start:end].strip())
        start = end
    return [sentence for sentence in [*found, paragraph[start:].strip()] if sentence]


def sentence_ends(paragraph: str) -> list[int]:
    """Where the sentences of one paragraph end, behind what closes them; an open end is none."""
    return [end.end() for end in _END.finditer(paragraph) if _ends(paragraph, end.start(), end.end())]


def _ends(text: str, stop: int, after: int) -> bool:
    """Whether the terminator at `stop`, with what closes it up to `after`, ends a sentence."""
    following = text[after : after + 8].lstrip()[:1]
    if following.islower():
        return False
    if text[stop] != "." or after > stop + 1:
        return True
    if following.isdigit() and text[stop - 1 : stop].isdigit():  # a date: "2024. 4. 10."
        return False
    return not _ABBREVIATION.search(text, max(0, stop - 12), stop)


# --- prose: Markdown, plain text, the text of a PDF ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, or something that stands in a list under one: an item, a table's row, a line of code."""

    text: str
    listed: bool = False
    whole: bool = False  # quoted as it is, not split into sentences


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Headings are left out (a passage carries its own), lines of a paragraph are joined."""
    open_lines: list[str] = []
    listed = fenced = False

    def closed() -> Iterator[_Block]:
        if open_lines:
            yield _Block(_plain(" ".join(open_lines)), listed)
            open_lines.clear()

    for line in map(str.strip, lines):
        if line.startswith(_FENCE):
            yield from closed()
            fenced = not fenced
        elif fenced or line.startswith("|"):
            yield from closed()
            if not _RULE.match(line):
                yield _Block(_code_span(line) if fenced else _row(line), listed=True, whole=True)
        elif _RULE.match(line) or _HEADING.match(line) or (line.startswith("= ") and line.endswith(" =")):
            yield from closed()
        else:
            item = _ITEM.match(line)
            if item or (open_lines and not _goes_on(open_lines[-1], line)):
                yield from closed()
            if not open_lines:
                listed = bool(item)
            open_lines.append(line[item.end() if item else 0 :])
    yield from closed()


def _goes_on(line: str, following: str) -> bool:
    """Whether a line break is mere wrapping: the line is full, or the next one starts in lower case."""
    columns = len(line) if line.isascii() else len(line) + sum(char >= "\u1100" for char in line)
    return columns >= _WRAPPED or following[:1].islower()


def _prose(blocks: Sequence[_Block]) -> Iterator[str]:
    for place, block in enumerate(blocks):
        told = [block.text] if block.whole else split(block.text)
        if told and told[-1].endswith((":", "：")):
            told[-1] = _with_list(told[-1], (blocks[at] for at in range(place + 1, len(blocks))))
        yield from told


def _with_list(lead: str, following: Iterable[_Block]) -> str:
    """A sentence that announces a list, with what it announces: alone it says nothing."""
    room = MAX_CHARS - len(lead)
    items: list[str] = []
    for block in takewhile(lambda block: block.listed, following):
        room -= len(block.text) + 3
        if room < 0:
            items.append("…")
            break
        items.append(block.text)
    return f"{lead} {' · '.join(items)}".strip()


def _row(line: str) -> str:
    return " · ".join(cell.strip() for cell in line.strip("|").split("|"))


def _plain(text: str) -> str:
    """Without the marks of links, emphasis and inline HTML."""
    return _one_line(_EMPHASIS.sub("", _MARKUP.sub(r"\1", _LINK.sub(r"\1", text))))


# --- code ---------------------------------------------------------------------------------------------------------


def _code(lines: Sequence[str]) -> Iterator[str]:
    """Statements line by line; the sentences of comments, each behind the signature that it documents.

    A docstring stands after its signature, another comment before it. Lines are read, not parsed: a passage may start
    and stop anywhere.
    """
    lines = [stripped for line in lines if (stripped := line.strip())]
    signature, quoting = "", _starts_quoting(lines)
    remark: list[str] = []
    for line in lines:
        defines = bool(_SIGNATURE.match(line[:MAX_CHARS]))
        marks = 0 if defines else len(_TRIPLE.findall(line))
        if (quoting and not defines) or (marks and _DOCSTRING.match(line)):
            remark.append(_TRIPLE.sub(" ", line))
            quoting ^= marks % 2 == 1
            if not quoting:
                yield from _documented(signature, remark)
                remark = []
        elif start := _REMARK.match(line):
            remark.append(line.removesuffix("*/")[start.end() :])
        else:
            quoting = False
            if defines:
                signature = _code_span(line.rstrip("{: "))
                yield signature
            yield from _documented(signature if defines else "", remark)
            remark = []
            if not defines and any(map(str.isalnum, line)):
                yield _code_span(line)
    yield from _documented(signature if quoting else "", remark)


def _starts_quoting(lines: Sequence[str]) -> bool:
    """Whether the passage starts within a docstring: its marks are odd, and the first follows no definition."""
    marked = [at for at, line in enumerate(lines) if _TRIPLE.search(line)]
    if not marked or sum(len(_TRIPLE.findall(lines[at])) for at in marked) % 2 == 0:
        return False
    first = marked[0]
    return first > 0 and not (lines[first - 1].endswith(":") and _DOCSTRING.match(lines[first]))


def _documented(signature: str, remark: Sequence[str]) -> Iterator[str]:
    text = _one_line(unescape(_MARKUP.sub(r"\1", " ".join(remark))))
    return (f"{signature}: {sentence}" if signature else sentence for sentence in split(text))


def _code_span(line: str) -> str:
    """As Markdown code, so that a page shows it as it is."""
    line = _one_line(line)
    return f"`{line}`" if "`" not in line else f"`` {line} ``"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _pieces(sentence: str) -> Iterator[str]:
    """The sentence, or pieces of at most MAX_CHARS cut at blanks."""
    start = 0
    while len(sentence) - start > MAX_CHARS:
        blank = sentence.rfind(" ", start + MAX_CHARS // 2, start + MAX_CHARS)
        stop = blank if blank > 0 else start + MAX_CHARS
        yield sentence[start:stop].strip()
        start = stop
    if rest := sentence[start:].strip():
        yield rest
