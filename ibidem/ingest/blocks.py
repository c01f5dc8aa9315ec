"""The unit between parsers and chunks: text that belongs together, with its headings and the names it defines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ibidem.ingest.lines import Piece

TARGET_TOKENS = 350  # blocks share a chunk up to here
MAX_TOKENS = 480  # a block is cut only above this
RUN_TOKENS = 8 * TARGET_TOKENS  # a paragraph without end (a log) is handed on in runs of this length


class Symbol(NamedTuple):
    """A name and the line that defines it, counted from 1."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """Pieces that stay in one chunk unless they are over MAX_TOKENS. White space after a block belongs to it.

    `path` is the heading path or the enclosing definitions. `starts` keeps it apart from what stands before it.
    """

    pieces: list[Piece]
    path: tuple[str, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    starts: bool = False
    page: int | None = None


def paragraphs(pieces: Iterable[Piece], path: tuple[str, ...] = (), *, page: int | None = None) -> Iterator[Block]:
    """Blocks ended by blank lines; blank lines at the top belong to the first."""
    for run in runs(pieces):
        yield Block(run, path, page=page)


def runs(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Paragraphs as lists of pieces, none much over RUN_TOKENS."""
    held: list[Piece] = []
    filled, blank, tokens = False, False, 0.0
    for piece in pieces:
        if piece.text.isspace():
            blank = filled
        else:
            if blank:
                yield held
                held, tokens = [], 0.0
            filled, blank = True, False
        held.append(piece)
        tokens += piece.tokens
        if tokens > RUN_TOKENS:
            yield held
            held, tokens, filled, blank = [], 0.0, False, False
    if held:
        yield held
