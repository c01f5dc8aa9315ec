"""From rankings to cited passages: fused by score, fitted to a budget, neighbours merged, numbers checked."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ibidem.retrieve.budget import Ranked, fit, merge
from ibidem.retrieve.cite import citation, hit, url
from ibidem.retrieve.fuse import fuse
from ibidem.store.chunks import StoredChunk
from ibidem.types import Chunk, Passage, Span
from tests.store.texts import tile

TEXT = "".join(f"line {number} of the book says something\n\n" for number in range(40))


def ranked(chunk: Chunk, score: float = 1.0, *, document: str = "d", page: int | None = None) -> Ranked:
    span = Span(**{**{name: getattr(chunk.span, name) for name in Span.__slots__}, "page": page})
    chunk = Chunk(chunk.ordinal, chunk.text, span, chunk.heading, chunk.symbols, chunk.tokens)
    return Ranked(StoredChunk(chunk.ordinal + 1, document, f"{document}.md", document, "text/plain", chunk), score, {})


def sized(tokens: int, ordinal: int) -> Ranked:
    return ranked(Chunk(ordinal, f"text {ordinal}", Span(0, 1, 1, 1), tokens=tokens))


# --- fuse ------------------------------------------------------------------------------------------------------------

WEIGHTS = {"body": 1.0, "symbols": 0.5, "path": 0.2}


def test_scores_are_added_by_weight_relative_to_the_best_of_their_channel() -> None:
    rankings = {"body": [(1, 10.0), (2, 5.0)], "symbols": [(2, 3.0), (3, 1.5)], "path": []}
    fused = fuse(rankings, WEIGHTS)  # type: ignore[arg-type]
    assert [(one.chunk_id, one.score) for one in fused] == [(1, 1.0), (2, 1.0), (3, 0.25)]
    assert fused[1].channels == {"body": 5.0, "symbols": 3.0}


def test_a_clear_winner_of_one_channel_stays_one() -> None:
    rankings = {"body": [(1, 20.0), (2, 4.0)], "path": [(2, 1.0)]}
    assert [one.chunk_id for one in fuse(rankings, WEIGHTS)] == [1, 2]  # type: ignore[arg-type]


def test_ties_keep_the_order_they_were_seen_in() -> None:
    assert [one.chunk_id for one in fuse({"body": [(7, 2.0), (3, 2.0), (5, 2.0)]}, WEIGHTS)] == [7, 3, 5]


def test_nothing_found_is_nothing_fused() -> None:
    assert fuse({"body": [], "symbols": [], "path": []}) == []
    assert fuse({}) == []


# --- fit -------------------------------------------------------------------------------------------------------------


def test_what_does_not_fit_is_passed_over_for_what_does() -> None:
    hits = [sized(400, 0), sized(700, 1), sized(500, 2), sized(100, 3), sized(1, 4)]
    kept, cut = fit(hits, 1000)
    assert [one.stored.chunk.ordinal for one in kept] == [0, 2, 3]
    assert [one.stored.chunk.ordinal for one in cut] == [1, 4]


def test_the_best_chunk_always_fits() -> None:
    hits = [sized(400, 0), sized(5, 1)]
    assert fit(hits, 10) == (hits[:1], hits[1:])
    assert fit(hits, 0) == (hits[:1], hits[1:])
    assert fit([], 10) == ([], [])


# --- merge -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0, 1, 13, 90])
@pytest.mark.parametrize("seed", range(5))
def test_neighbours_become_one_passage_with_the_text_of_the_document(overlap: int, seed: int) -> None:
    dice = random.Random(seed)
    chunks = tile(TEXT, size=100, overlap=overlap)
    picked = dice.sample(chunks, k=len(chunks) // 2)
    passages = merge(ranked(chunk, dice.random()) for chunk in picked)
    for passage in passages:
        span = passage.span
        assert passage.text == TEXT[span.start_char : span.end_char]
        told = passage.text.strip()
        first = TEXT.index(told, span.start_char)
        assert span.start_line == 1 + TEXT.count("\n", 0, first)
        assert span.end_line == 1 + TEXT.count("\n", 0, first + len(told) - 1)
    assert sorted(one for passage in passages for one in passage.chunk_ids) == sorted(
        chunk.ordinal + 1 for chunk in picked
    )
    runs = sum(1 for chunk in picked if all(chunk.ordinal - 1 != other.ordinal for other in picked))
    assert len(passages) == runs


def test_an_excerpt_is_not_joined_to_the_chunk_behind_it() -> None:
    first, second = tile(TEXT, size=100)[:2]
    excerpt = replace(first, text=first.text[:40], span=replace(first.span, end_char=40))
    assert [one.text for one in merge([ranked(excerpt), ranked(second, 0.5)])] == [excerpt.text, second.text]


def test_passages_are_numbered_from_the_best_on() -> None:
    chunks = tile(TEXT, size=100)
    passages = merge([ranked(chunks[0], 0.2), ranked(chunks[1], 0.9), ranked(chunks[5], 0.5), ranked(chunks[9], 0.7)])
    assert [(passage.number, passage.score) for passage in passages] == [(1, 0.9), (2, 0.7), (3, 0.5)]
    assert passages[0].chunk_ids == (1, 2)


def test_chunks_of_different_documents_or_pages_are_not_merged() -> None:
    chunks = tile(TEXT, size=100)
    assert len(merge([ranked(chunks[0], document="a"), ranked(chunks[1], document="b")])) == 2
    assert len(merge([ranked(chunks[0], page=1), ranked(chunks[1], page=2)])) == 2
    assert len(merge([ranked(chunks[0], page=1), ranked(chunks[1], page=1)])) == 1
    assert merge([]) == []


# --- cite ------------------------------------------------------------------------------------------------------------


def passage(number: int, text: str = "The reserve pump starts at 4.2 bar.", page: int | None = None) -> Passage:
    return Passage(number, f"d{number}", "p.md", "Pumps", text, Span(0, len(text), 3, 5, page=page), "Pumps", 1.0)


PASSAGES = [passage(1), passage(2, "\n\nTanks hold 100 litres.\n"), passage(3)]


def test_a_footnote_carries_its_place_and_its_text() -> None:
    shown = citation(PASSAGES[1])
    assert (shown.start_line, shown.end_line, shown.heading, shown.text) == (3, 5, "Pumps", "Tanks hold 100 litres.")
    assert shown.url == "/#/documents/d2?lines=3-5"
    assert url("d", Span(0, 1, 3, 5, page=7)) == "/#/documents/d?lines=3-5&page=7"


def test_a_hit_says_why_it_was_found() -> None:
    chunk = Chunk(0, "\ndef acquire(self): ...\n", Span(0, 10, 1, 3), "class Pool", ("acquire",), 9)
    stored = StoredChunk(1, "d", "src/pool.py", "pool.py", "text/x-python", chunk)
    shown = hit(Ranked(stored, 0.123456, {"body": 2.0}), ["acquir", "pool", "py", "absent"])
    assert (shown.text, shown.score, shown.channels) == ("def acquire(self): ...", 0.1235, {"body": 2.0})
    assert shown.why == "text: acquir; names: acquir, pool; path: pool, py"
