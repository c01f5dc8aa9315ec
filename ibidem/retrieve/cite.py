"""Passages and hits in the contract's words: what a footnote and a search result carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ibidem.index.analyze import STOP_WORDS, tokenize
from ibidem.retrieve.budget import Ranked
from ibidem.types import Citation, Hit, Passage, Span, Verdict

GIVEN_PREFIX = "given-"  # of the ids of texts that came with a question and are no documents

_MARK = re.compile(r"\[(\d{1,3})\]")
_MARKS = re.compile(r"(?:\[\d{1,3}\][ \t]*)+")
_SENTENCE_END = re.compile(r"[.!?]\s+|\n")
_STATEMENT_CHARS = 1000  # looked at before a mark


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


def cited(answer: str, passages: Sequence[Passage]) -> list[Citation]:
    """The passages whose numbers stand in the answer, in order of their first mention; unknown numbers are dropped.

    A passage is `supported` when a statement that cites it has its numbers and half of its words from there, else `weak`.
    """
    by_number = {passage.number: passage for passage in passages}
    found: dict[int, Citation] = {}
    end = 0
    for marks in _MARKS.finditer(answer):
        statement = _statement(answer[max(end, marks.start() - _STATEMENT_CHARS) : marks.start()])
        end = marks.end()
        for number in map(int, _MARK.findall(marks[0])):
            passage = by_number.get(number)
            if passage and (number not in found or found[number].verdict == "weak"):
                verdict: Verdict = "supported" if _rests_on(statement, passage) else "weak"
                found[number] = replace(citation(passage), verdict=verdict)
    return list(found.values())


def _statement(before: str) -> str:
    """The last sentence of the text before a mark; the mark may stand behind its full stop."""
    return _SENTENCE_END.split(before.rstrip())[-1]


def _rests_on(statement: str, passage: Passage) -> bool:
    words = set(tokenize(statement)) - STOP_WORDS
    held = set(tokenize(f"{passage.heading} {passage.text}"))
    numbers = {word for word in words if word[0].isdigit()}
    return bool(words) and numbers <= held and 2 * len(words & held) >= len(words)


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
