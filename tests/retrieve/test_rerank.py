"""A reranker orders the first 50, or the fused order stands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.errors import ModelUnreachable
from ibidem.models.rerank import ScriptedReranker, Step
from ibidem.retrieve.rerank import DEPTH, TimedReranker
from ibidem.retrieve.timed import Timed
from tests.fakes.library import Library, scores, texts

CHUNKS = [f"lease {'lease ' * (80 - n)}number{n}" for n in range(80)]
QUESTION = "lease"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path)
    made.add(*CHUNKS)
    yield made
    made.close()


def timed(*steps: Step, within_ms: int = 5000) -> TimedReranker:
    return TimedReranker(ScriptedReranker(steps=steps), Timed(), within_ms)


def test_the_first_fifty_get_the_rerankers_order(library: Library) -> None:
    fused = library.search(QUESTION, dense=False)
    context = library.search(QUESTION, dense=False, reranker=timed([float(n) for n in range(DEPTH)]))
    assert len(context.ranked) == len(fused.ranked) == 30
    assert texts(context)[0] not in texts(fused)  # the fiftieth: it was beyond what is shown
    assert context.trace["rerank"]["state"] == "used"
    assert context.ranked[0].channels["rerank"] == DEPTH - 1
    assert [one.score for one in context.ranked] == [one.score for one in fused.ranked]
    assert context.passages[0].score == max(passage.score for passage in context.passages)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (ModelUnreachable("no answer from the reranker"), "failed: no answer from the reranker"),
        (ZeroDivisionError("oops"), "failed: ZeroDivisionError: oops"),
        ([1.0, 2.0], "failed: 2 scores for 50 passages"),
        ([float("nan")] * DEPTH, "failed: 50 scores for 50 passages"),
    ],
)
def test_the_fused_order_stands_when_it_fails(library: Library, step: Step, said: str) -> None:
    context = library.search(QUESTION, dense=False, reranker=timed(step))
    assert scores(context) == scores(library.search(QUESTION, dense=False))
    assert context.trace["rerank"]["state"] == said


def test_the_fused_order_stands_when_it_is_late(library: Library) -> None:
    release = threading.Event()
    slow = ScriptedReranker(steps=[1.0, [0.0] * DEPTH], sleep=lambda _: release.wait(30) and None)
    context = library.search(QUESTION, dense=False, reranker=TimedReranker(slow, Timed(), 20))
    assert texts(context) == texts(library.search(QUESTION, dense=False))
    assert context.trace["rerank"]["state"] == "late"
    assert context.search_ms < 2000
    release.set()


def test_nothing_found_is_nothing_to_rerank(library: Library) -> None:
    assert library.search("unheard", dense=False, reranker=timed()).ranked == []
