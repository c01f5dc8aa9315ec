"""A passage's text -> the sentences an answer can quote: of prose, the rows of a table, the lines of code.

Korean and English share one rule for the end of a sentence; abbreviations, initials, decimals and dates do not end one.
Every pattern looks at a character a bounded number of times, so a line of any length costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

MAX_CHARS = 480  # a longer sentence is quoted in pieces: nobody reads more as one
_WRAPPED = 50  # columns from which a line without an end goes on in the next one (wrapped text, PDF)

_ROWS = frozenset("csv tsv jsonl ndjson log".split())
_CODE = frozenset(
    "py pyi js jsx mjs cjs ts tsx java kt go rs c h cc cpp hpp cs rb php swift scala sh bash sql lua r pl proto "
    "toml ini cfg conf yaml yml json css scss".split()
)

# A terminator with the closing marks after it, at the end, before a blank, or between two Hangul syllables ("했다.그는").
_END = re.compile(
    r"(?<![.!?。！？…])[.!?。！？…]++[\"'”’)\]」』*_]*+(?:(?=\s|$)|(?<=[가-힣][.!?])(?=[가-힣])|(?<=[。！？]))"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|No|vs|etc|cf|al|ca|approx|Fig|Eq|Sec|"
    r"Vol|pp|Inc|Ltd|Co|Corp|Gen|Col|Lt|Sgt|Capt|Sen|Rep|Gov|Rev|Hon|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$"
)
_MARK = re.compile(r"\s*(?:#{1,6}\s|>|[-*+•·‣◦▪□■○●◎▶➢※]\s?|\d{1,2}[.)]\s|[①-⑳]|\||```|~~~)")
_LEADING = re.compile(r"(?:\s*(?:>|[-*+•·‣◦▪□■○●◎▶➢]\s|\d{1,2}[.)]\s))*\s*")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|=+\s.*=+\s*$)")
_RULE = re.compile(r"[\s|:=*_~`-]*$")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")

_SIGNATURE = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub|override|inline)\s+)*"
    r"(?:def|class|func|fn|function|interface|struct|enum|trait|type|record|impl|module)\s+\S"
)
_METHOD = re.compile(r"\s*(?:[\w<>\[\],.?@]+\s+){0,5}\w+\([^;]*\)[^;=]{0,80}\{\s*$")
_REMARK = re.compile(r"\s*(?:#(?!include|define)|//+!?|--\s|/\*+|\*(?!\w)/?)\s?")
_QUOTES = re.compile(r"\"\"\"|'''")


def sentences(text: str, path: str = "") -> list[str]:
    """The quotable pieces of `text`, in order, without marks of layout; the suffix of `path` tells what it is."""
    suffix = PurePosixPath(path).suffix[1:].lower()
    if suffix in _ROWS:
        found = (_one_line(line) for line in text.splitlines())
    elif suffix in _CODE:
        found = _code(text)
    else:
        found = _prose(text)
    return [piece for sentence in found for piece in _pieces(sentence)]


def split(paragraph: str) -> Iterator[str]:
    """The sentences of one paragraph."""
    start = 0
    for end in _END.finditer(paragraph):
        if _ends(paragraph, end.start(), end.end()):
            yield paragraph[start : end.end()].strip()
            start = end.end()
    yield paragraph[start:].strip()


def _ends(text: str, stop: int, after: int) -> bool:
    """Whether the terminator at `stop`, with what closes it up to `after`, ends a sentence."""
    following = text[after : after + 8].lstrip()[:1]
    if text[stop] != ".":
        return not following.islower()
    if following.islower() or (following.isdigit() and text[stop - 1 : stop].isdigit()):  # "approx. six", "2024. 4."
        return False
    return after > stop + 1 or not _ABBREVIATION.search(text, max(0, stop - 12), stop)


def _prose(text: str) -> Iterator[str]:
    """Markdown and plain text: headings are left to the passage's heading, paragraphs are joined and split."""
    paragraph: list[str] = []
    fenced = False
    for line in text.splitlines():
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        if paragraph and (
            fenced or fence or not line.strip() or _MARK.match(line) or not _goes_on(paragraph[-1], line)
        ):
            yield from split(_plain(" ".join(paragraph)))
            paragraph = []
        if fence or _HEADING.match(line) or _RULE.match(line):
            continue
        if fenced:
            yield _one_line(line)
        elif line.lstrip().startswith("|"):
            yield _one_line(" · ".join(cell.strip() for cell in line.strip().strip("|").split("|")))
        else:
            paragraph.append(line[_LEADING.match(line).end() :].rstrip())  # type: ignore[union-attr]
    yield from split(_plain(" ".join(paragraph)))


def _goes_on(line: str, following: str) -> bool:
    """Whether a line break is mere wrapping: the line is full, or the next one starts in lower case."""
    if following.lstrip()[:1].islower():
        return True
    columns = len(line) if line.isascii() else len(line) + sum(char >= "\u1100" for char in line)
    return columns >= _WRAPPED


def _code(text: str) -> Iterator[str]:
    """Statements line by line; sentences of comments with the signature they document before them."""
    signature, remark, quoted = "", [], ""
    waiting: list[str] = []  # sentences of a comment whose definition comes after it
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        marks = _QUOTES.findall(line)
        if quoted or (marks and _QUOTES.match(stripped.lstrip("rRbBuUfF"))):
            remark.append(_QUOTES.sub(" ", stripped))
            quoted = "" if (quoted and marks) or len(marks) > 1 else quoted or marks[0]
            if not quoted:
                yield from _documented(signature, remark)
                remark = []
            continue
        if _REMARK.match(line):
            remark.append(_REMARK.sub("", stripped.removesuffix("*/"), count=1).strip())
            continue
        waiting, remark = remark, []
        if _SIGNATURE.match(line) or _METHOD.match(line):
            signature = _one_line(stripped).rstrip("{: ")
            yield signature
            yield from _documented(signature, waiting)
        else:
            yield from _documented("", waiting)
            if any(char.isalnum() for char in stripped):
                yield _one_line(stripped)
    yield from _documented(signature if quoted else "", remark)


def _documented(signature: str, lines: list[str]) -> Iterator[str]:
    for sentence in split(" ".join(" ".join(lines).split())):
        if sentence:
            yield f"{signature}: {sentence}" if signature else sentence


def _plain(text: str) -> str:
    """Without the marks of links, emphasis and code spans."""
    return _one_line(_LINK.sub(r"\1", text).replace("**", "").replace("__", ""))


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
