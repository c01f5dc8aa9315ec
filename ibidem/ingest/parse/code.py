"""Source code -> blocks of whole definitions, found by tree-sitter; other languages by blank lines and a pattern.

Only rows are taken from the syntax tree: they are the same in every encoding, and chunks end at line ends. What the
tree cannot parse (ERROR nodes) keeps its place, and its definitions are found by the pattern.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from ibidem.ingest.blocks import MAX_TOKENS, Block, Symbol, runs
from ibidem.ingest.lines import Piece
from ibidem.ingest.parse import imports
from ibidem.ingest.parse.grammars import GRAMMARS, MAX_SIGNATURE, Found, find
from ibidem.types import Definition, Import, Outline

MAX_DEPTH = 8  # definitions nested deeper stay with their parent
MAX_NAME = 120  # characters
MAX_DEFINITIONS = 20_000  # of one file; generated code may have more
MAX_REFERENCES = 10_000  # names of one file
MAX_REFERENCE_LINES = 50  # of one name in one file; more are `self` and the like

_DEFINES = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|override|open|data|sealed|"
    r"inline|unsafe|extern|declare|const|virtual|pub(?:\([^)]*\))?)\s+){0,6}"
    r"(?:def|class|function\*?|func|fun|fn|interface|enum|struct|trait|impl|type|record|module|namespace|object|union|"
    r"mod|macro_rules!|protocol|extension|typedef|create\s+(?:or\s+replace\s+)?(?:table|view|function|index|type))\s+"
    r"(?:\([^)]*\)\s*)?([\w$가-힣]+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w")
_SPACED = re.compile(r"\s")
_ABOVE = ("#", "//", "@", "///", "--")  # a line like this, right above a definition, belongs to it


Tell = Callable[[Outline], None]


def parse(pieces: Iterable[Piece], language: str, *, max_bytes: int, tell: Tell = lambda _: None) -> Iterator[Block]:
    """Blocks of a source file; `tell` hears what it defines and imports, where a grammar reads it.

    One longer than `max_bytes` is never held whole, and cut by lines.
    """
    if language not in GRAMMARS:
        yield from by_lines(pieces)
        return
    held: list[Piece] = []
    size = 0
    stream = iter(pieces)
    for piece in stream:
        held.append(piece)
        size += piece.size_bytes
        if size > max_bytes:
            yield from by_lines(_chained(held, stream))
            return
    if held:
        yield from _by_tree(held, language, tell)


def by_lines(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Blocks ended by blank lines, with the definitions that a pattern finds."""
    for run in runs(pieces):
        yield Block(run, (), tuple(_defined(run)))


def _chained(held: list[Piece], stream: Iterator[Piece]) -> Iterator[Piece]:
    yield from held
    yield from stream


def _defined(pieces: Iterable[Piece]) -> Iterator[Symbol]:
    for piece in pieces:
        match = _DEFINES.match(piece.text)
        if match:
            yield Symbol(piece.line, match[1][:MAX_NAME])


@dataclass(slots=True)
class _Definition:
    """Rows [start, end) of a definition with what stands above it, and the definitions inside."""

    label: str
    start: int
    end: int
    inside: list[_Definition] = field(default_factory=list)


def _by_tree(pieces: list[Piece], language: str, tell: Tell) -> Iterator[Block]:
    source = _Source(pieces)
    found = find("".join([piece.text for piece in pieces]).encode("utf-8", "replace"), language)
    symbols = [Symbol(item.name_row + 1, item.name[:MAX_NAME]) for item in found.items if item.kind != "field"]
    guessed = [symbol for start, end in found.broken for symbol in _defined(source.rows(start, end))]
    source.symbols = sorted({*symbols, *guessed})
    tell(_outline(source, found, guessed, language))
    yield from _open(source, 0, len(source.texts), (), _nest(found, source.texts), 0)


def _outline(source: _Source, found: Found, guessed: list[Symbol], language: str) -> Outline:
    """Definitions and imports as they are stored. Where nothing could be parsed, lines that look like definitions."""
    chars = list(accumulate(map(len, source.texts), initial=0))
    last = len(source.texts)
    definitions = [
        Definition(
            item.name[:MAX_NAME],
            item.kind,
            item.parent[:MAX_NAME],
            (row := _below_annotations(source.texts, item.head_row, item.name_row)) + 1,
            item.end,
            chars[min(row, last)],
            chars[min(item.end, last)],
            item.signature,
            item.type,
        )
        for item in found.items
        if item.signature
    ]
    known = {(definition.start_line, definition.name) for definition in definitions}
    for line, name in guessed:
        if (line, name) not in known and line <= last:
            text = source.texts[line - 1].strip()[:MAX_SIGNATURE]
            definitions.append(Definition(name, "guess", "", line, line, chars[line - 1], chars[line], text))
    taken: list[Import] = []
    for row, statement in found.imports:
        taken += imports.read(statement, language, row + 1)
    references = "".join(
        f"{name} {','.join([str(row + 1) for row in rows[:MAX_REFERENCE_LINES]])}\n"
        for name, rows in list(found.references.items())[:MAX_REFERENCES]
        if len(name) <= MAX_NAME and not _SPACED.search(name)
    )
    return Outline(tuple(definitions[:MAX_DEFINITIONS]), tuple(taken[:MAX_DEFINITIONS]), references)


def _below_annotations(texts: list[str], row: int, name_row: int) -> int:
    """The first row of a definition that is no annotation."""
    while row < name_row and texts[row].lstrip().startswith(("@", "[", "#[")):
        row += 1
    return row


class _Source:
    """The pieces of a file by row, with running sums."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        if all(piece.ends_line for piece in pieces[:-1]):
            self.first = list(range(len(pieces) + 1))
            self.texts = [piece.text for piece in pieces]
        else:
            starts = [i for i, piece in enumerate(pieces) if i == 0 or pieces[i - 1].ends_line]
            self.first = [*starts, len(pieces)]
            self.texts = ["".join(p.text for p in pieces[i:j]) for i, j in pairwise(self.first)]
        self.tokens = list(accumulate((piece.tokens for piece in pieces), initial=0.0))
        self.symbols: list[Symbol] = []

    def rows(self, start: int, end: int) -> list[Piece]:
        last = len(self.first) - 1
        return self.pieces[self.first[min(start, last)] : self.first[min(end, last)]]

    def weight(self, start: int, end: int) -> float:
        return self.tokens[self.first[end]] - self.tokens[self.first[start]]

    def block(self, start: int, end: int, path: tuple[str, ...], *, starts: bool = False) -> Block:
        low, high = bisect_left(self.symbols, (start + 1,)), bisect_left(self.symbols, (end + 1,))
        return Block(self.rows(start, end), path, tuple(self.symbols[low:high]), starts)


def _nest(found: Found, texts: list[str]) -> list[_Definition]:
    """Definitions inside one another by their rows, and grown over the comments above and the blank lines below."""
    top: list[_Definition] = []
    stack: list[_Definition] = []
    for item in sorted(found.items, key=lambda item: (item.start, -item.end, item.name_row)):
        if not item.label:
            continue
        while stack and stack[-1].end <= item.start:
            stack.pop()
        if stack and item.end > stack[-1].end:
            continue  # shares a row with the end of another: only a symbol
        siblings = stack[-1].inside if stack else top
        floor = siblings[-1].end if siblings else (stack[-1].start + 1 if stack else 0)
        if siblings and item.start < floor:
            continue
        made = _Definition(item.label[:MAX_NAME], _grown(item.start, floor, texts), item.end)
        if len(stack) < MAX_DEPTH:
            siblings.append(made)
            stack.append(made)
    return top


def _grown(row: int, floor: int, texts: list[str]) -> int:
    """The first row of the comments and decorators right above a definition, not above `floor`."""
    start = row
    while start > floor:
        above = texts[start - 1].strip()
        if above.endswith("*/"):
            opening = start - 1
            while opening > floor and "/*" not in texts[opening] and start - opening < 200:
                opening -= 1
            if not texts[opening].lstrip().startswith("/*"):
                break
            start = opening
        elif above.startswith(_ABOVE):
            start -= 1
        else:
            break
    return start


def _open(
    source: _Source, start: int, end: int, path: tuple[str, ...], inside: list[_Definition], depth: int
) -> Iterator[Block]:
    """Blocks of the rows [start, end): definitions that fit whole, larger ones opened, the rest by blank lines.

    The first block of an opened definition starts a chunk, so that its head stays with its members.
    """
    row, starts = start, depth > 0
    limits = [*(item.start for item in inside[1:]), end]
    for item, limit in zip(inside, limits, strict=False):
        for block in _between(source, row, item.start, path, starts=starts):
            yield block
            starts = False
        stop = _past_closing(source, item.end, limit)
        inner = (*path, item.label)
        if source.weight(item.start, stop) <= MAX_TOKENS:
            yield source.block(item.start, stop, inner, starts=starts)
        else:
            yield from _open(source, item.start, stop, inner, item.inside, depth + 1)
        row, starts = stop, False
    yield from _between(source, row, end, path, starts=starts)


def _between(source: _Source, start: int, end: int, path: tuple[str, ...], *, starts: bool) -> Iterator[Block]:
    """Rows without definitions of their own, cut at blank lines."""
    if start >= end:
        return
    row = start
    for at in range(start + 1, end):
        if source.texts[at - 1].isspace() and not source.texts[at].isspace() and source.weight(row, at) > 0:
            if all(text.isspace() for text in source.texts[row:at]):
                continue
            yield source.block(row, at, path, starts=starts)
            row, starts = at, False
    yield source.block(row, end, path, starts=starts)


def _past_closing(source: _Source, row: int, end: int) -> int:
    """The first row with a word in it: blank lines and closing brackets belong to what they follow."""
    while row < end and not _WORD.search(source.texts[row]):
        row += 1
    return row
