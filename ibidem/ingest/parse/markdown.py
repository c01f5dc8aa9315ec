"""Markdown -> blocks under their heading path; fences and tables stay whole, a heading stays with its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ibidem.ingest.blocks import RUN_TOKENS, Block
from ibidem.ingest.lines import Piece

MAX_TITLE = 120  # characters of a heading in a path

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?\s*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*$")
_FENCE = re.compile(r"\s*(?:[-*+>]\s+|\d+[.)]\s+)*(`{3,}|~{3,})")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*$")  # { #anchor .class }, of Pandoc, kramdown and MkDocs


Heading = tuple[int, str]  # its level and its text


def parse(pieces: Iterable[Piece], path: list[Heading] | None = None) -> Iterator[Block]:
    """Blocks of one paragraph, list, table or fence each. An unclosed fence reaches to the end, as the standard says.

    `path` holds the headings above, and is kept up to date.
    """
    path = [] if path is None else path
    held: list[Piece] = []
    fence = ""  # the marks that opened the fence we are in
    only_heading = blank = False  # `held` has a heading and no text yet; `held` ends with blank lines
    tokens = 0.0
    front_matter = False

    def block() -> Block:
        return Block(held, tuple(title for _, title in path))

    for piece in pieces:
        text = piece.text
        tokens += piece.tokens
        if front_matter:
            front_matter = text.rstrip() not in ("---", "...") and piece.line < 200
            blank = not front_matter
        elif fence:
            closes = text.strip()
            if len(closes) >= len(fence) and not closes.strip(fence[0]):
                fence, blank, only_heading = "", True, False
        elif text.isspace():
            blank = bool(held)
        elif piece.line == 1 and text.rstrip() == "---":
            front_matter = True
        else:
            heading = _HEADING.match(text) if text.lstrip(" ").startswith("#") else None
            # A line is underlined when it is a paragraph of its own.
            alone = bool(held) and not blank and not only_heading and (len(held) == 1 or held[-2].text.isspace())
            underline = _UNDERLINE.match(text) if alone else None
            title = held.pop() if underline else None
            if held and (heading or underline or (blank and not only_heading)):
                yield block()
                held, tokens = [], piece.tokens
            if heading:
                path[:] = _under(path, len(heading[1]), heading[2] or "")
            elif underline and title:
                path[:] = _under(path, 1 if underline[1][0] == "=" else 2, title.text)
                held, tokens = [title], title.tokens + piece.tokens
            opens = _FENCE.match(text)
            if opens:
                fence = opens[1]
            only_heading, blank = bool(heading or underline), False
        held.append(piece)
        if tokens > RUN_TOKENS:
            yield block()
            held, tokens, only_heading, blank = [], 0.0, False, False
    if held:
        yield block()


def _under(path: list[tuple[int, str]], level: int, heading: str) -> list[tuple[int, str]]:
    """The path with this heading as its last; deeper and equal ones end."""
    return [*(above for above in path if above[0] < level), (level, plain(heading))]


def plain(heading: str) -> str:
    """A heading without its marks."""
    heading = _ATTRIBUTES.sub("", heading)
    return " ".join(_LINK.sub(r"\1", heading).replace("`", "").replace("**", "").split())[:MAX_TITLE]
