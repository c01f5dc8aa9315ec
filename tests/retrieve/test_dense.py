"""The dense channel: it adds what it finds, and takes nothing away when it cannot."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ibidem.errors import ModelUnreachable
from ibidem.retrieve.fuse import Fused, fuse
from tests.fakes.library import Library, RecordingEmbedder, scores, texts

NAME = "recording:64"
LEASE = "The worker renews the lease of a claimed job three times before it runs out."
OTHERS = [f"A paragraph about gardening, number {n}: tomatoes want sun and water." for n in range(30)]


@pytest.fixture
def embedder() -> RecordingEmbedder:
    return RecordingEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: RecordingEmbedder) -> Iterator[Library]:
    made = Library(tmp_path, embedder)
    made.add(LEASE, *OTHERS)
    yield made
    made.close()


def test_words_in_another_order_are_near(library: Library) -> None:
    library.fill(NAME)
    context = library.search("renewing leases: claimed jobs and their workers")
    assert texts(context)[0] == LEASE
    assert context.ranked[0].channels["dense"] > 0.3
    assert context.trace["dense"] == {"embedder": NAME, "state": "used"}
    assert context.trace["channels"]["dense"]


def test_a_dense_model_is_never_fused_for_a_language_it_does_not_know(tmp_path: Path) -> None:
    embedder = RecordingEmbedder(languages=("en",))
    library = Library(tmp_path, embedder)
    library.add("작업자는 임대를 세 번 갱신한다.", LEASE, *OTHERS)
    library.fill(NAME)
    context = library.search("작업자 lease 갱신")
    assert scores(context) == scores(library.search("작업자 lease 갱신", dense=False))
    assert embedder.questions == []
    assert "language (ko)" in context.trace["dense"]["state"]
    assert library.search("renew a lease").trace["dense"]["state"] == "used"
    library.close()


def test_words_answer_before_there_are_vectors(library: Library) -> None:
    context = library.search("renew the lease")
    assert texts(context)[0] == LEASE
    assert context.trace["dense"]["state"] == "no vectors yet"


def test_a_failing_embedder_costs_the_channel_only(library: Library, embedder: RecordingEmbedder) -> None:
    library.fill(NAME)

    def fail(_: object) -> None:
        raise ModelUnreachable("no answer from the embedder")

    embedder.before = fail
    context = library.search("renew the lease")
    assert scores(context) == scores(library.search("renew the lease", dense=False))
    assert context.trace["dense"]["state"] == "failed: no answer from the embedder"


def test_an_embedder_with_a_fault_of_its_own_costs_the_channel_only(
    library: Library, embedder: RecordingEmbedder
) -> None:
    library.fill(NAME)
    embedder.before = lambda _: [][1]
    assert library.search("renew the lease").trace["dense"]["state"].startswith("failed: IndexError")


def test_another_dimension_in_a_question_costs_the_channel_only(library: Library, embedder: RecordingEmbedder) -> None:
    library.fill(NAME)
    embedder.given_dim = 32
    context = library.search("renew the lease")
    assert texts(context)[0] == LEASE
    assert "(1, 32)" in context.trace["dense"]["state"]


def test_a_question_does_not_wait_for_a_late_vector(library: Library, embedder: RecordingEmbedder) -> None:
    library.fill(NAME)
    release = threading.Event()
    embedder.before = lambda _: release.wait(30)
    states = [library.search("renew the lease", budget_ms=20).trace["dense"]["state"] for _ in range(6)]
    assert states[0] == "late" and states[-1] == "busy"  # what hangs is not asked again and again
    release.set()


def test_many_questions_at_once_all_get_their_vectors(library: Library) -> None:
    library.fill(NAME)
    with ThreadPoolExecutor(16) as pool:
        contexts = list(pool.map(lambda n: library.search(f"renew lease number {n}"), range(48)))
    assert {context.trace["dense"]["state"] for context in contexts} == {"used"}


def test_a_deleted_document_is_not_found_before_the_matrix_knows(library: Library) -> None:
    gone = library.add("Leases are renewed by workers that claimed the job.")
    library.fill(NAME)
    library.delete(gone)
    assert all("by workers" not in text for text in texts(library.search("renew leases of jobs by workers")))
    library.fill(NAME)
    position = library.vectors.position(library.home.id)
    assert position and position.rows == 31


def test_filling_one_workspace_changes_no_score_in_another(library: Library) -> None:
    library.fill(NAME)
    before = scores(library.search("who renews leases"))
    other = library.workspace("Other")
    library.add(LEASE, "Leases, leases, who renews leases?", *OTHERS, workspace=other)
    library.fill(NAME)
    assert scores(library.search("who renews leases")) == before
    assert texts(library.search("who renews leases", other))[0] == "Leases, leases, who renews leases?"


@pytest.mark.parametrize("question", ["", "?", "🙂🙂", '"unbalanced (quotes AND', "x" * 20_000])
def test_odd_questions_give_a_sensible_result(library: Library, question: str) -> None:
    library.fill(NAME)
    library.search(question)


def test_an_empty_workspace_gives_nothing(library: Library) -> None:
    assert library.search("lease", library.workspace("Empty")).ranked == []


def test_cosines_are_stretched_before_they_are_weighted() -> None:
    fused = fuse({"body": [(1, 10.0), (2, 9.0)], "dense": [(2, 0.82), (3, 0.80), (4, 0.78)]})
    assert {one.chunk_id: one.score for one in fused} == pytest.approx({1: 1.0, 2: 1.4, 3: 0.25, 4: 0.0})
    assert fused[0].channels == {"body": 9.0, "dense": 0.82}


@pytest.mark.parametrize("dense", [[(1, 0.0)], [(1, -0.2)], [(1, 0.3), (2, 0.3)], []])
def test_flat_dense_rankings_are_harmless(dense: list[tuple[int, float]]) -> None:
    assert len(fuse({"body": [(1, 2.0)], "dense": dense})) in (1, 2)


def test_a_vector_that_points_away_counts_nothing() -> None:
    assert fuse({"body": [(1, 2.0)], "dense": [(2, -0.2)]}) == [Fused(1, 1.0, {"body": 2.0})]
