"""Blocks -> chunks: small neighbours share one, large blocks are cut at line ends with a little overlap.

Chunks tile the text: each starts where the last one ended, or earlier by the overlap of a cut block.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ibidem.ingest.blocks import MAX_TOKENS, TARGET_TOKENS, Block, Symbol
from ibidem.ingest.lines import Piece
from ibidem.types import Chunk, Span, estimate_tokens

SMALL_TOKENS = 40  # a heading or the head of a class: rather with what follows than alone
OVERLAP_TOKENS = 40
OVERLAP_PIECES = 2
MAX_HEADING = 300  # characters
MAX_SYMBOLS = 200  # of one chunk


@dataclass(slots=True)
class _Part:
    """Pieces of one chunk to be; the first `repeated` of them end the part before.

    `path` is what its blocks share, None while all are at the top level; `first` is the path of the first block.
    """

    pieces: list[Piece]
    path: tuple[str, ...] | None
    first: tuple[str, ...]
    symbols: list[Symbol] = field(default_factory=list)
    page: int | None = None
    tokens: float = 0.0
    repeated: int = 0


def pack(blocks: Iterable[Block], *, start_byte: int | None) -> Iterator[Chunk]:
    """Chunks of about TARGET_TOKENS and at most MAX_TOKENS, as `estimate_tokens` counts.

    `start_byte` is where the text begins in the file (after a byte order mark), None when bytes are unknown.
    """
    char, byte = 0, start_byte
    for ordinal, part in enumerate(_parts(blocks)):
        repeated = part.pieces[: part.repeated]
        char -= sum(len(piece.text) for piece in repeated)
        if byte is not None:
            byte -= sum(piece.size_bytes for piece in repeated)
        chunk = _chunk(ordinal, part, char, byte)
        yield chunk
        char = chunk.span.end_char
        byte = chunk.span.end_byte


def _chunk(ordinal: int, part: _Part, char: int, byte: int | None) -> Chunk:
    pieces = part.pieces
    text = "".join([piece.text for piece in pieces])
    first = next((piece.line for piece in pieces if not piece.text.isspace()), pieces[0].line)
    last = next((piece.line for piece in reversed(pieces) if not piece.text.isspace()), pieces[-1].line)
    span = Span(
        start_char=char,
        end_char=char + len(text),
        start_line=first,
        end_line=last,
        start_byte=byte,
        end_byte=None if byte is None else byte + sum([piece.size_bytes for piece in pieces]),
        page=part.page,
    )
    heading = " > ".join(part.path or ())
    names = dict.fromkeys(symbol.name for symbol in part.symbols)
    return Chunk(
        ordinal=ordinal,
        text=text,
        span=span,
        heading=heading if len(heading) <= MAX_HEADING else heading[: MAX_HEADING - 1] + "…",
        symbols=tuple(names)[:MAX_SYMBOLS],
        tokens=estimate_tokens(text),
    )


def _parts(blocks: Iterable[Block]) -> Iterator[_Part]:
    held: _Part | None = None
    for block in blocks:
        tokens = sum([piece.tokens for piece in block.pieces])
        if held and not _joins(held, block, tokens):
            yield held
            held = None
        if tokens > MAX_TOKENS:
            yield from _split(block, tokens)
        elif held is None:
            held = _Part(block.pieces.copy(), block.path or None, block.path, list(block.symbols), block.page, tokens)
        else:
            held.pieces += block.pieces
            held.symbols += block.symbols
            held.path = _common(held.path, block.path)
            held.tokens += tokens
    if held:
        yield held


def _joins(held: _Part, block: Block, tokens: float) -> bool:
    """Whether a block may share the chunk: it fits, and is a sibling or a child of what the chunk began with."""
    most = MAX_TOKENS if held.tokens <= SMALL_TOKENS else TARGET_TOKENS
    if held.tokens + tokens > most or block.starts or block.page != held.page:
        return False
    first, path = held.first, block.path
    return path == first or path[:-1] == first[:-1] or path[:-1] == first


def _common(a: tuple[str, ...] | None, b: tuple[str, ...]) -> tuple[str, ...] | None:
    """The path that two blocks share. One at the top level (imports, front matter) has no say."""
    if not b or a == b:
        return a
    if a is None:
        return b
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same]:
        same += 1
    return a[:same]


def _split(block: Block, tokens: float) -> Iterator[_Part]:
    """A block over MAX_TOKENS in parts of even length, cut between pieces, each repeating the end of the one before."""
    aim = tokens / math.ceil(tokens / TARGET_TOKENS)
    part, fresh = _Part([], block.path, block.path, page=block.page), 0.0
    for piece in block.pieces:
        if fresh and (part.tokens + piece.tokens > MAX_TOKENS or fresh + piece.tokens / 2 > aim):
            yield _named(part, block)
            tail = _tail(part.pieces, MAX_TOKENS - piece.tokens)
            part = _Part(tail, block.path, block.path, page=block.page, repeated=len(tail))
            part.tokens, fresh = sum([again.tokens for again in tail]), 0.0
        part.pieces.append(piece)
        part.tokens += piece.tokens
        fresh += piece.tokens
    yield _named(part, block)


def _named(part: _Part, block: Block) -> _Part:
    """The part with the symbols whose lines it holds."""
    low, high = part.pieces[part.repeated].line, part.pieces[-1].line
    part.symbols = [symbol for symbol in block.symbols if low <= symbol.line <= high]
    return part


def _tail(pieces: list[Piece], most_tokens: float) -> list[Piece]:
    """The last one or two pieces, where they are short enough to be repeated."""
    taken: list[Piece] = []
    tokens = 0.0
    for piece in reversed(pieces[1:]):
        tokens += piece.tokens
        if tokens > min(OVERLAP_TOKENS, most_tokens) or len(taken) == OVERLAP_PIECES:
            break
        taken.insert(0, piece)
    return taken
