"""Ranked chunks -> the passages that fit: neighbours merged, the rest named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ibidem.store.chunks import StoredChunk
from ibidem.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chunk found, with its fused score and what each channel gave it."""

    stored: StoredChunk
    score: float
    channels: dict[str, float]


def fit(ranked: Sequence[Ranked], budget_tokens: int) -> tuple[list[Ranked], list[Ranked]]:
    """The best chunks that fit together, and those that were cut.

    A chunk too long for what is left is passed over, and a shorter one behind it may still fit. The first always fits.
    """
    kept: list[Ranked] = []
    cut: list[Ranked] = []
    left = budget_tokens
    for hit in ranked:
        if hit.stored.chunk.tokens <= left or not kept:
            kept.append(hit)
            left -= hit.stored.chunk.tokens
        else:
            cut.append(hit)
    return kept, cut


def merge(kept: Iterable[Ranked], *, first: int = 1) -> list[Passage]:
    """Chunks that follow each other in a document become one passage; from `first` on the best has the first number."""
    by_place = sorted(kept, key=lambda hit: (hit.stored.document_id, hit.stored.chunk.ordinal))
    passages: list[Passage] = []
    last: Ranked | None = None
    for hit in by_place:
        if last and _follows(last.stored, hit.stored):
            passages[-1] = _join(passages[-1], hit)
        else:
            passages.append(_passage(hit))
        last = hit
    passages.sort(key=lambda passage: -passage.score)
    return [replace(passage, number=number) for number, passage in enumerate(passages, first)]


def _follows(before: StoredChunk, after: StoredChunk) -> bool:
    """Whether nothing of the document is missing between them, as it is behind an excerpt."""
    one, other = before.chunk, after.chunk
    touching = one.ordinal + 1 == other.ordinal and one.span.end_char >= other.span.start_char
    return touching and before.document_id == after.document_id and one.span.page == other.span.page


def _passage(hit: Ranked) -> Passage:
    stored = hit.stored
    return Passage(
        number=0,
        document_id=stored.document_id,
        path=stored.path,
        title=stored.title,
        text=stored.chunk.text,
        span=stored.chunk.span,
        heading=stored.chunk.heading,
        score=hit.score,
        chunk_ids=(stored.id,),
    )


def _join(passage: Passage, hit: Ranked) -> Passage:
    """`passage` with the chunk behind it; what both hold is there once."""
    chunk = hit.stored.chunk
    overlap = max(0, passage.span.end_char - chunk.span.start_char)
    span = Span(
        start_char=passage.span.start_char,
        end_char=chunk.span.end_char,
        start_line=passage.span.start_line,
        end_line=max(passage.span.end_line, chunk.span.end_line),
        start_byte=passage.span.start_byte,
        end_byte=chunk.span.end_byte,
        page=passage.span.page,
    )
    return replace(
        passage,
        text=passage.text + chunk.text[overlap:],
        span=span,
        score=max(passage.score, hit.score),
        chunk_ids=(*passage.chunk_ids, hit.stored.id),
    )
