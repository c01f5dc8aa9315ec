"""Chunks of code ranked far down -> the definition in each that the question is nearest to, so that more places fit.

The first chunks stay whole: they are what an answer is written from. Behind them the question is where else it may be,
and there the head of a definition (signature, docstring, first lines) tells as much as the chunk in a quarter of the
room. Prose stays whole, and so does code that no grammar has read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ibidem.index.imports import language_of
from ibidem.retrieve.budget import Ranked
from ibidem.store.chunks import StoredChunk
from ibidem.store.database import Database
from ibidem.store.symbols import definitions_begun
from ibidem.types import estimate_tokens

WHOLE = 5  # chunks left as they are. Source of the figures: evals/LOG.md
HEAD_CHARS = 320
LINE_CHARS = 100  # more to the end of a line
LEAST_CHARS = 200  # a one-line definition says more with the lines below it
MAX_DEFINITIONS = 12  # of a chunk, compared with the question


def excerpts(ranked: Sequence[Ranked], weights: Mapping[str, float], db: Database, owner: int) -> list[Ranked]:
    """The ranking with code behind the first chunks shortened. `weights`: the tokens searched for, and what each counts."""
    first, rest = list(ranked[:WHOLE]), ranked[WHOLE:]
    ids = [one.stored.id for one in rest if language_of(one.stored.path)]
    begun = definitions_begun(db, owner, ids) if ids else {}
    return [
        *first,
        *(replace(one, stored=_shortened(one.stored, begun.get(one.stored.id, ()), weights)) for one in rest),
    ]


def _shortened(stored: StoredChunk, begun: Sequence[tuple[int, int]], weights: Mapping[str, float]) -> StoredChunk:
    """The chunk cut down to the head of one definition, or as it is where that would save little."""
    chunk = stored.chunk
    if not begun or len(chunk.text) <= HEAD_CHARS * 5 // 4:
        return stored
    heads = []
    for start, end in begun[:MAX_DEFINITIONS]:
        low = start - chunk.span.start_char
        heads.append((low, _head(chunk.text[low:], end - start)))
    best, text = heads[0] if len(heads) == 1 else max(heads, key=lambda head: _weigh(head[1], weights))
    line = chunk.span.start_line + chunk.text[:best].lstrip().count(
        "\n"
    )  # blank lines at the top are not among its lines
    span = replace(
        chunk.span,
        start_char=chunk.span.start_char + best,
        end_char=chunk.span.start_char + best + len(text),
        start_line=line,
        end_line=line + text.rstrip("\n").count("\n"),
        start_byte=None,
        end_byte=None,
    )
    return replace(stored, chunk=replace(chunk, text=text, span=span, tokens=estimate_tokens(text)))


def _head(text: str, size: int) -> str:
    """The first lines of a definition that is `size` characters long."""
    most = min(HEAD_CHARS, max(size, LEAST_CHARS))
    return text[: text.find("\n", most - 1, most + LINE_CHARS) + 1 or most]


def _weigh(text: str, weights: Mapping[str, float]) -> float:
    """What the tokens count that the text holds, be it inside a word: that is near enough here, and ten times quicker."""
    lower = text.lower()
    return sum(weight for token, weight in weights.items() if token in lower)
