"""Chunks as a search finds them, without an index."""

from __future__ import annotations

from ibidem.retrieve.budget import Ranked
from ibidem.store.chunks import StoredChunk
from ibidem.types import Chunk, Span, estimate_tokens


def hit(
    path: str,
    text: str,
    *,
    score: float = 1.0,
    line: int = 1,
    ordinal: int = 0,
    heading: str = "",
    page: int | None = None,
) -> Ranked:
    """A chunk of the document at `path`; those with neighbouring ordinals follow each other."""
    start = len(text) * ordinal  # as long as those before it
    span = Span(start, start + len(text), line, line + text.count("\n"), page=page)
    chunk = Chunk(ordinal, text, span, heading=heading, tokens=estimate_tokens(text))
    return Ranked(StoredChunk(0, f"id of {path}", path, path, "text/markdown", chunk), score, {"body": score})
