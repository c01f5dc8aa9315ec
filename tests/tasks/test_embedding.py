"""The background work: what is missing is embedded once, whatever happens in between."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from ibidem.errors import (
    ChildFailed,
    ContextTooLong,
    EngineCrashed,
    IbidemError,
    ModelCutOff,
    ModelError,
    ModelRejected,
    ModelUnreachable,
    VectorsUnusable,
)
from ibidem.ingest.children import Children
from ibidem.models.catalog import open_embedder
from ibidem.models.hashed import HashedEmbedder
from ibidem.settings import ModelSettings
from ibidem.store.vectors import UNUSED_KEPT_S, count_embedded, failure, sweep_vectors
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.tasks.embedding import CALL_CHUNKS, FIRST_CALL_CHUNKS, SWEEP_AFTER_S, Embedding
from tests.fakes.library import Library, RecordingEmbedder, texts
from tests.fakes.model_server import Behaviour, FakeModelServer

NAME = "recording:64"
MANY = [f"paragraph {n} about subject{n % 17} and thing{n}" for n in range(3 * CALL_CHUNKS)]


@pytest.fixture
def embedder() -> RecordingEmbedder:
    return RecordingEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: RecordingEmbedder) -> Iterator[Library]:
    made = Library(tmp_path, embedder, RecordingEmbedder("other", 48), HashedEmbedder(64))
    yield made
    made.close()


def embedded(library: Library, name: str = NAME) -> tuple[int, int]:
    return count_embedded(library.db, LOCAL_OWNER, name, workspace=library.home.id)


def rows(library: Library) -> int | None:
    position = library.vectors.position(library.home.id)
    return position.rows if position else None


def test_every_chunk_gets_its_vectors(library: Library) -> None:
    library.add(*MANY)
    assert library.fill(NAME)
    assert embedded(library) == (len(MANY), len(MANY))
    assert rows(library) == len(MANY)


def test_text_that_is_known_is_never_embedded_again(library: Library, embedder: RecordingEmbedder) -> None:
    document = library.add("one", "two", "one")
    library.fill(NAME)
    assert sorted(embedder.seen) == ["one", "two"]
    library.add("two", "three", document=document)  # the file has changed
    library.add("three")  # a copy
    library.sweep()
    library.fill(NAME)
    assert sorted(embedder.seen) == ["one", "three", "two"]
    assert rows(library) == 3


def test_nothing_to_do_writes_and_asks_nothing(library: Library, embedder: RecordingEmbedder) -> None:
    library.add("one")
    work = library.embedding(NAME)
    work.fill()
    changes = library.db.read_one("PRAGMA data_version")
    asked = len(embedder.seen)
    assert work.fill()
    now = library.db.read_one("PRAGMA data_version")
    assert changes and now and changes[0] == now[0]
    assert len(embedder.seen) == asked


def test_long_chunks_go_in_windows_and_the_best_counts(tmp_path: Path) -> None:
    library = Library(tmp_path, RecordingEmbedder(max_tokens=40))
    library.add(" ".join(f"filler{n}" for n in range(120)) + " the needle phrase stands at the end", "short")
    library.fill(NAME)
    assert (rows(library) or 0) > 3
    assert "needle" in texts(library.search("needle phrase end"))[0]
    library.close()


def swept(library: Library, now: float) -> None:
    library.sweep()
    for _ in sweep_vectors(library.db, now):
        pass


def test_text_that_comes_back_within_a_week_is_not_embedded_again(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.SWEEP_AFTER_S", -1.0)
    assert SWEEP_AFTER_S > 0
    gone = library.add("one", "two")
    library.add("two")
    library.fill(NAME)
    library.delete(gone)
    library.sweep()
    library.fill(NAME)
    assert (library.count("embedding"), library.count("chunk_embedding"), rows(library)) == (2, 1, 1)
    library.add("one")  # as when a branch is checked out again
    library.fill(NAME)
    assert sorted(embedder.seen) == ["one", "two"]
    swept(library, time.time() + 2 * UNUSED_KEPT_S)  # in use again: its age counts from anew
    assert library.count("embedding") == 2


def test_vectors_without_a_text_leave_after_a_week(library: Library) -> None:
    gone = library.add("one", "two")
    library.add("two")
    library.fill(NAME)
    library.delete(gone)
    swept(library, now=1000.0)
    swept(library, now=1000.0 + UNUSED_KEPT_S - 1)
    assert library.count("embedding") == 2
    swept(library, now=1000.0 + UNUSED_KEPT_S + 1)
    assert library.count("embedding") == 1


def test_of_vectors_without_a_text_only_so_many_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ibidem.store.vectors.UNUSED_KEPT", 5)
    for text in MANY[:9]:
        library.delete(library.add(text))
    gone = library.add(*MANY[:9])
    library.fill(NAME)
    library.delete(gone)
    swept(library, now=1000.0)
    assert library.count("embedding") == 5


def test_another_embedder_is_built_beside_and_switched_to_when_complete(
    library: Library, embedder: RecordingEmbedder
) -> None:
    library.add(*MANY)
    library.fill(NAME)
    other = library.embedders["other:48"]
    assert isinstance(other, RecordingEmbedder)
    seen: list[str | None] = []

    def look(_: Sequence[str]) -> None:
        seen.append(library.search("thing7").trace["dense"]["embedder"])

    other.before = look
    library.fill("other:48")
    other.before = lambda texts: None
    assert seen and set(seen) == {NAME}
    assert library.search("thing7").trace["dense"] == {"embedder": "other:48", "state": "used"}
    asked = len(embedder.seen)
    library.fill(NAME)  # back again: its vectors are still there
    assert library.search("thing7").trace["dense"]["embedder"] == NAME
    assert len(embedder.seen) == asked


def test_vectors_of_embedders_long_gone_are_swept(library: Library) -> None:
    library.add(*MANY[:10])
    for name in (NAME, "other:48", "hashed:64"):
        assert library.fill(name)
    library.embedding("hashed:64").fill()  # as after a start
    assert library.count("embedder") == 2
    assert library.count("embedding") == library.count("chunk_embedding") == 20


def test_a_change_of_dimension_in_mid_way_stops_with_a_clear_error(
    library: Library, embedder: RecordingEmbedder
) -> None:
    library.add(*MANY)
    calls = []

    def change(_: Sequence[str]) -> None:
        calls.append(1)
        embedder.given_dim = 64 if len(calls) < 3 else 80

    embedder.before = change
    assert not library.fill(NAME)
    failed = failure(library.db, NAME)
    assert failed and failed["code"] == "vectors_unusable" and "80" in failed["message"] and failed["hint"]
    assert texts(library.search("thing7"))  # by words
    embedder.before, embedder.given_dim = lambda texts: None, 64
    assert library.fill(NAME)
    assert failure(library.db, NAME) is None
    assert embedded(library) == (len(MANY), len(MANY))


def test_an_embedder_that_fails_loses_nothing_and_is_noted(library: Library, embedder: RecordingEmbedder) -> None:
    library.add(*MANY)

    def fail(_: Sequence[str]) -> None:
        if len(embedder.seen) >= FIRST_CALL_CHUNKS:
            raise ModelUnreachable("no answer from the embedder", hint="start it")

    embedder.before = fail
    assert not library.fill(NAME)
    assert failure(library.db, NAME) == {
        "code": "model_unreachable",
        "message": "no answer from the embedder",
        "hint": "start it",
    }
    assert embedded(library)[0] == FIRST_CALL_CHUNKS
    assert library.search("thing7").trace["dense"]["state"] == "no vectors yet"
    embedder.before = lambda texts: None
    library.fill(NAME)
    assert len(embedder.seen) == len(set(embedder.seen)) == len(MANY)


@pytest.mark.parametrize(
    "error",
    [ModelRejected("too strange", status=400), VectorsUnusable("not a number"), EngineCrashed("ended by SIGSEGV")],
)
def test_a_text_that_the_embedder_refuses_or_ends_at_is_left_out(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch, error: IbidemError
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.PAUSES_S", (0.0,))
    library.add(*MANY[:50], "poison", *MANY[50:100])

    def refuse(texts: Sequence[str]) -> None:
        if "poison" in texts:
            raise error

    embedder.before = refuse
    assert library.fill(NAME)
    assert embedded(library) == (101, 101)
    assert rows(library) == 100
    assert "poison" in texts(library.search("poison"))


def test_an_embedder_that_refuses_everything_leaves_nothing_out(library: Library, embedder: RecordingEmbedder) -> None:
    library.add("one", "two")

    def refuse(_: Sequence[str]) -> None:
        raise ModelRejected("no such model", status=404)

    embedder.before = refuse
    assert not library.fill(NAME)
    assert embedded(library) == (0, 2)


def test_a_server_that_asks_for_patience_gets_it(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(*MANY)
    waited: list[float] = []
    work = library.embedding(NAME)
    monkeypatch.setattr(work._stop, "wait", lambda pause_s: waited.append(pause_s))
    errors = [
        ModelRejected("slow down", status=429, retry_after_s=3.0),
        ModelRejected("out of memory", status=500),
        ModelCutOff("broke off"),
    ]

    def fail(_: Sequence[str]) -> None:
        if errors:
            raise errors.pop(0)

    embedder.before = fail
    assert work.fill()
    assert embedded(library) == (len(MANY), len(MANY))
    assert waited == [3.0, 2.0, 8.0]


@pytest.mark.parametrize("behaviour", ["rate_limited", "server_error", "disconnect", "cut"])
def test_a_real_server_that_comes_to_itself_again_loses_nothing(
    tmp_path: Path, model_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.PAUSES_S", (0.0, 0.0, 0.0))
    settings = ModelSettings(openai_url=model_server.openai_url)
    library = Library(tmp_path, open_embedder("openai:tiny", settings))
    library.add(*MANY[:40])
    assert library.embedders["openai:tiny"].dim
    model_server.behaviour, model_server.behaves_times = behaviour, 2
    assert library.fill("openai:tiny")
    assert embedded(library, "openai:tiny") == (40, 40)
    assert library.search("thing7").trace["dense"]["state"] == "used"
    library.close()


def test_a_server_that_stays_overrun_leaves_nothing_out(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.PAUSES_S", (0.0,))
    library.add("one", "two")

    def refuse(_: Sequence[str]) -> None:
        raise ModelRejected("slow down", status=429)

    embedder.before = refuse
    assert not library.fill(NAME)
    assert embedded(library) == (0, 2)


@pytest.mark.parametrize(
    "error",
    [
        ModelRejected("json: unsupported value: NaN", status=500),
        VectorsUnusable("a vector of zeros"),
        ContextTooLong("the text is too long"),
    ],
)
def test_one_text_that_an_embedder_fails_at_does_not_keep_the_others_waiting(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch, error: ModelError
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.PAUSES_S", (0.0,))
    library.add(*MANY[:20], "poison")

    def fail(texts: Sequence[str]) -> None:
        if "poison" in texts:
            raise error

    embedder.before = fail
    assert library.fill(NAME)
    assert (embedded(library), rows(library)) == ((21, 21), 20)


def test_calls_are_as_long_as_a_question_may_wait(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(*MANY)
    calls: list[int] = []
    clock = [0.0]
    embedder.before = lambda texts: (calls.append(len(texts)), clock.__setitem__(0, clock[0] + 0.2 * len(texts)))[0]
    monkeypatch.setattr("ibidem.tasks.embedding.time.monotonic", lambda: clock[0])
    library.fill(NAME)
    assert calls[0] == FIRST_CALL_CHUNKS
    assert set(calls[2:]) == {2}  # 0.2 s a text: less than half a second a call


def test_an_embedder_that_hangs_does_not_keep_the_program_from_ending(tmp_path: Path) -> None:
    Library(tmp_path, RecordingEmbedder()).add("one")
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", HANGS, str(tmp_path)], timeout=60, check=False)
    assert done.returncode == 0
    assert time.monotonic() - began < 30


HANGS = """
import asyncio, sys, time
from pathlib import Path
from ibidem.settings import ModelSettings
from ibidem.index.vectors import Vectors
from ibidem.store.database import Database
from ibidem.tasks.embedding import Embedding
from tests.fakes.library import RecordingEmbedder, call

folder = Path(sys.argv[1])
embedder = RecordingEmbedder()
hanging = []
embedder.before = lambda texts: (hanging.append(1), time.sleep(3600))
db = Database(folder / "ibidem.db")
work = Embedding(db, Vectors(folder / "index", db, call), ModelSettings(embedder=embedder.name),
                 open_embedder=lambda name: embedder, call=call)

async def main():
    running = asyncio.create_task(work.run())
    while not hanging:
        await asyncio.sleep(0.01)
    running.cancel()

asyncio.run(main())
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from ibidem.settings import ModelSettings
from ibidem.index.vectors import Vectors
from ibidem.store.database import Database
from ibidem.tasks.embedding import Embedding
from tests.fakes.library import RecordingEmbedder, call

folder = Path(sys.argv[1])
embedder = RecordingEmbedder()
def die(texts):
    if len(embedder.seen) >= 100:
        os.kill(os.getpid(), signal.SIGKILL)
embedder.before = die
db = Database(folder / "ibidem.db")
Embedding(db, Vectors(folder / "index", db, call), ModelSettings(embedder=embedder.name),
          open_embedder=lambda name: embedder, call=call).fill()
"""


def test_a_kill_in_the_middle_goes_on_where_it_was(library: Library, embedder: RecordingEmbedder) -> None:
    library.add(*MANY)
    done = subprocess.run([sys.executable, "-c", KILLED, str(library.folder)], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    stored, chunks = embedded(library)
    assert 0 < stored < chunks
    assert library.fill(NAME)
    assert len(embedder.seen) == chunks - stored
    assert embedded(library) == (chunks, chunks)


def test_a_heavy_embedder_works_in_a_child(library: Library) -> None:
    library.add(*MANY[:70])
    children = Children(1, memory_bytes=0, timeout_s=60)
    work = Embedding(
        library.db,
        library.vectors,
        ModelSettings(embedder="hashed:64"),
        open_embedder=library.embedders.__getitem__,
        call=children.call,
    )
    try:
        assert work.fill()
    finally:
        children.close()
    assert embedded(library, "hashed:64") == (70, 70)
    assert library.search("thing7").trace["dense"]["state"] == "used"


def test_a_child_that_is_gone_is_a_failure_like_any_other(library: Library) -> None:
    library.add("one")

    def gone(function: str, payload: object) -> Iterator[object]:
        raise ChildFailed("ended by SIGKILL", lost=True)
        yield

    work = Embedding(
        library.db,
        library.vectors,
        ModelSettings(embedder="hashed:64"),
        open_embedder=library.embedders.__getitem__,
        call=gone,
    )
    assert not work.fill()
    assert embedded(library, "hashed:64") == (0, 1)


def test_a_matrix_that_cannot_be_written_is_no_fault_of_the_embedder(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = library.workspace("Other")
    library.add("one")
    library.add("two", workspace=other)
    replay = library.vectors.replay

    def lost(workspace: int, name: str, dim: int) -> None:
        if workspace == library.home.id:
            raise ChildFailed("ended by SIGKILL", lost=True)
        replay(workspace, name, dim)

    monkeypatch.setattr(library.vectors, "replay", lost)
    assert library.fill(NAME)
    assert failure(library.db, NAME) is None
    position = library.vectors.position(other.id)
    assert position and position.rows == 1


def test_answers_go_first(library: Library, embedder: RecordingEmbedder) -> None:
    library.add("one")
    answering, waited = threading.Event(), threading.Event()
    answering.set()

    def busy() -> bool:
        waited.set()
        return answering.is_set()

    work = Embedding(
        library.db,
        library.vectors,
        ModelSettings(embedder=NAME),
        open_embedder=library.embedders.__getitem__,
        call=None,
        busy=busy,
    )
    thread = threading.Thread(target=work.fill)
    thread.start()
    assert waited.wait(10) and embedder.seen == []
    answering.clear()
    thread.join(10)
    assert embedder.seen == ["one"]


async def follow(work: Embedding, done: threading.Event) -> None:
    running = asyncio.create_task(work.run())
    await asyncio.to_thread(done.wait, 20)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def test_the_running_work_hears_of_changes_and_ends_when_cancelled(
    library: Library, embedder: RecordingEmbedder
) -> None:
    work = library.embedding(NAME)
    seen = threading.Event()

    def notice(texts: Sequence[str]) -> None:
        if "later" in texts:
            seen.set()

    embedder.before = notice

    async def main() -> None:
        running = asyncio.create_task(follow(work, seen))
        await asyncio.to_thread(library.add, "later")
        while not seen.is_set():
            work.changed()
            await asyncio.sleep(0.01)
        await running

    asyncio.run(main())
    assert seen.is_set()


def test_the_running_work_outlives_a_fault_that_nobody_foresaw(
    library: Library, embedder: RecordingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.tasks.embedding.POLL_S", 0.01)
    monkeypatch.setattr("ibidem.tasks.embedding.RETRY_S", 0.01)
    library.add("one")
    calls = []
    again = threading.Event()

    def fault(_: Sequence[str]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("foreign code")
        again.set()

    embedder.before = fault
    asyncio.run(follow(library.embedding(NAME), again))
    assert again.is_set()


def test_a_matrix_that_was_lost_is_made_anew_by_itself_without_embedding(
    library: Library, embedder: RecordingEmbedder
) -> None:
    library.add(*MANY[:20])
    library.fill(NAME)
    asked = len(embedder.seen)
    for path in (library.folder / "index" / str(library.home.id) / "vectors").rglob("codes"):
        path.unlink()
    library.vectors.forget(library.home.id)
    assert "failed" in library.search("thing7").trace["dense"]["state"]
    library.fill(NAME)
    assert embedder.seen[asked:] == []
    assert library.search("thing7").trace["dense"]["state"] == "used"


def test_vectors_stay_with_their_owner(library: Library, embedder: RecordingEmbedder) -> None:
    library.db.write(
        lambda tx: tx.execute("INSERT INTO user (id, name, role, created_at) VALUES (2, 'other', 'member', 0)")
    )
    library.add("the same text")
    library.add("the same text", workspace=library.workspace("Theirs", owner=2))
    library.fill(NAME)
    assert embedder.seen == ["the same text", "the same text"]  # one could tell from its speed what others have
    owners = library.db.read("SELECT owner FROM embedding ORDER BY owner")
    assert [row["owner"] for row in owners] == [1, 2]
