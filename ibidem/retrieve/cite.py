"""Passages and hits in the contract's words: what a footnote and a search result carry."""

from __future__ import annotations

from collections.abc import Sequence

from ibidem.index.analyze import tokenize
from ibidem.retrieve.budget import Ranked
from ibidem.types import Citation, Hit, Passage, Span

GIVEN_PREFIX = "given-"  # of the ids of texts that came with a question and are no documents


def citation(passage: Passage) -> Citation:
    return Citation(
        number=passage.number,
        document_id=passage.document_id,
        path=passage.path,
        title=passage.title,
        start_line=passage.span.start_line,
        end_line=passage.span.end_line,
        page=passage.span.page,
        heading=passage.heading,
        text=passage.text.strip("\n"),
        url=url(passage.document_id, passage.span),
    )


def url(document_id: str, span: Span) -> str:
    """The address that opens the passage in the page; none for a text that came with a question."""
    if document_id.startswith(GIVEN_PREFIX):
        return ""
    page = f"&page={span.page}" if span.page else ""
    return f"/#/documents/{document_id}?lines={span.start_line}-{span.end_line}{page}"


def hit(ranked: Ranked, tokens: Sequence[str]) -> Hit:
    stored = ranked.stored
    return Hit(
        document_id=stored.document_id,
        path=stored.path,
        start_line=stored.chunk.span.start_line,
        end_line=stored.chunk.span.end_line,
        page=stored.chunk.span.page,
        heading=stored.chunk.heading,
        text=stored.chunk.text.strip("\n"),
        score=round(ranked.score, 4),
        channels=ranked.channels,
        why=_why(ranked, tokens),
    )


def _why(ranked: Ranked, tokens: Sequence[str]) -> str:
    """The question's tokens that stand in the chunk, by the field they stand in."""
    stored = ranked.stored
    fields = {
        "text": stored.chunk.text,
        "names": " ".join((*stored.chunk.symbols, stored.chunk.heading)),
        "path": stored.path,
    }
    found = []
    for name, text in fields.items():
        held = set(tokenize(text))
        if shared := [token for token in tokens if token in held]:
            found.append(f"{name}: {', '.join(shared[:8])}")
    if not found and "dense" in ranked.channels:
        return f"vector near the question's: {ranked.channels['dense']:.2f}"
    return "; ".join(found)
