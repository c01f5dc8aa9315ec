"""One writer that groups what waits, many readers, and what becomes of them when the disk is full or the end comes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import DataDirUnusable, DiskFull, StoreError
from ibidem.store.database import Database


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Database]:
    """A database with one table of texts."""
    db = Database(tmp_path / "notes.db")
    db.write(lambda tx: tx.execute("CREATE TABLE note (text TEXT UNIQUE)"))
    yield db
    db.close()


def note(tx: sqlite3.Connection, text: str) -> str:
    tx.execute("INSERT INTO note VALUES (?)", (text,))
    return text


def texts(db: Database) -> list[str]:
    return [row["text"] for row in db.read("SELECT text FROM note ORDER BY rowid")]


@contextmanager
def writer_busy(db: Database) -> Iterator[None]:
    """What is submitted meanwhile waits, and is then written together."""
    began, go_on = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        began.set()
        go_on.wait(10)

    held = db.submit(wait)
    began.wait(10)
    try:
        yield
    finally:
        go_on.set()
        held.exception(10)  # which shares the fate of its group


def test_work_that_fails_is_undone_alone(notes: Database) -> None:
    def half(tx: sqlite3.Connection) -> None:
        note(tx, "half")
        raise KeyError("no")

    with writer_busy(notes):
        written = [notes.submit(lambda tx: note(tx, "a")), notes.submit(lambda tx: note(tx, "b"))]
        failed = notes.submit(half)
        twin = notes.submit(lambda tx: note(tx, "a"))
        written.append(notes.submit(lambda tx: note(tx, "c")))
    assert [done.result(10) for done in written] == ["a", "b", "c"]
    with pytest.raises(KeyError):
        failed.result(10)
    with pytest.raises(sqlite3.IntegrityError):
        twin.result(10)
    assert texts(notes) == ["a", "b", "c"]


def test_a_future_ends_after_the_commit(notes: Database) -> None:
    seen: list[bool] = []

    def look(done: Future[str]) -> None:
        other = sqlite3.connect(notes.path)
        seen.append(other.execute("SELECT count(*) FROM note WHERE text = ?", (done.result(),)).fetchone()[0] == 1)
        other.close()

    with writer_busy(notes):
        for number in range(20):
            notes.submit(lambda tx, number=number: note(tx, str(number))).add_done_callback(look)
    notes.write(lambda tx: None)
    assert seen == [True] * 20


def test_writes_of_many_threads_are_all_there(notes: Database) -> None:
    def write(thread: int) -> None:
        for number in range(25):
            notes.write(lambda tx, number=number: note(tx, f"{thread}.{number}"))
            assert notes.read_one("SELECT 1 FROM note WHERE text = ?", (f"{thread}.{number}",))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    assert len(texts(notes)) == 200


def test_a_write_whose_caller_has_gone_is_done_all_the_same(notes: Database) -> None:
    """An asyncio task that is cancelled while it waits for a write cancels the future."""

    async def leave() -> None:
        waiting = asyncio.wrap_future(notes.submit(lambda tx: note(tx, "left")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    with writer_busy(notes):
        asyncio.run(leave())
        stays = notes.submit(lambda tx: note(tx, "stays"))
    assert stays.result(10) == "stays"
    assert notes.submit(lambda tx: note(tx, "later")).result(10) == "later"
    assert texts(notes) == ["left", "stays", "later"]


def test_work_that_breaks_the_transaction_fails_with_its_group_and_nobody_waits_forever(notes: Database) -> None:
    """SQLite ends the whole transaction by itself when the disk is full in the middle of it."""

    def breaks(tx: sqlite3.Connection) -> None:
        tx.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    with writer_busy(notes):
        group = [
            notes.submit(lambda tx: note(tx, "a")),
            notes.submit(breaks),
            notes.submit(lambda tx: note(tx, "b")),
        ]
    for done in group[:2]:
        with pytest.raises(DiskFull):
            done.result(10)
    assert group[2].result(10) == "b"
    assert texts(notes) == ["b"]


def test_readers_cannot_write(notes: Database) -> None:
    with pytest.raises(StoreError, match="readonly"):
        notes.read("INSERT INTO note VALUES ('x')")


def test_a_database_opened_for_reading_refuses_writes(notes: Database) -> None:
    notes.write(lambda tx: note(tx, "a"))
    reading = Database(notes.path, read_only=True)
    assert texts(reading) == ["a"]
    assert not reading.writable
    with pytest.raises(StoreError, match="reading only"):
        reading.write(lambda tx: note(tx, "b"))
    reading.close()


def test_a_damaged_store_takes_no_more_writes_and_is_still_read(notes: Database) -> None:
    notes.write(lambda tx: note(tx, "a"))
    notes.refuse_writes(DataDirUnusable("the store is damaged"))
    with pytest.raises(DataDirUnusable):
        notes.write(lambda tx: note(tx, "b"))
    assert texts(notes) == ["a"]


def test_closing_finishes_what_waits_and_refuses_the_rest(tmp_path: Path) -> None:
    db = Database(tmp_path / "notes.db")
    db.write(lambda tx: tx.execute("CREATE TABLE note (text TEXT)"))
    closing = threading.Thread(target=db.close)
    with writer_busy(db):
        waiting = [db.submit(lambda tx, number=number: note(tx, str(number))) for number in range(10)]
        closing.start()
    closing.join(10)
    assert [done.result(10) for done in waiting] == [str(number) for number in range(10)]
    with pytest.raises(StoreError, match="closed"):
        db.submit(lambda tx: note(tx, "late")).result(10)


def test_a_write_beside_closing_never_hangs(tmp_path: Path) -> None:
    for _ in range(30):
        db = Database(tmp_path / "notes.db")
        db.write(lambda tx: tx.execute("CREATE TABLE IF NOT EXISTS note (text TEXT)"))
        begun = threading.Barrier(2)
        closing = threading.Thread(target=lambda db=db, begun=begun: (begun.wait(10), db.close()))  # type: ignore[misc]
        closing.start()
        begun.wait(10)
        done: list[Future[Any]] = [db.submit(lambda tx: note(tx, "x")) for _ in range(20)]
        closing.join(10)
        ends = [one.exception(10) for one in done]
        assert all(end is None or (isinstance(end, StoreError) and "closed" in end.message) for end in ends)


@pytest.mark.parametrize(
    "content", [b"not a database at all, just some text" * 200, b"SQLite format 3\x00" + b"\xff" * 8000]
)
def test_a_file_that_is_no_database_is_refused_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ibidem.db"
    path.write_bytes(content)
    with pytest.raises(DataDirUnusable, match=r"ibidem\.db"):
        Database(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataDirUnusable, match="absent"):
        Database(tmp_path / "absent" / "ibidem.db")


# --- a full disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_passes(tiny_disk: Path) -> None:
    db = Database(tiny_disk / "notes.db")
    try:
        db.write(lambda tx: tx.execute("CREATE TABLE note (text TEXT)"))
        db.write(lambda tx: note(tx, "before"))
        filling = tiny_disk / "filling"
        with pytest.raises(OSError, match="No space"):
            filling.write_bytes(b"\0" * (8 << 20))
        for _ in range(3):
            with pytest.raises(DiskFull) as error:
                db.write(lambda tx: note(tx, "x" * 500_000))
            assert error.value.hint
            assert texts(db) == ["before"]
        filling.unlink()
        db.write(lambda tx: note(tx, "after"))
        assert texts(db) == ["before", "after"]
    finally:
        db.close()


def test_a_full_disk_undoes_the_whole_group_and_says_so_to_each(tiny_disk: Path) -> None:
    db = Database(tiny_disk / "notes.db")
    try:
        db.write(lambda tx: tx.execute("CREATE TABLE note (text TEXT)"))
        filling = tiny_disk / "filling"
        with pytest.raises(OSError, match="No space"):
            filling.write_bytes(b"\0" * (8 << 20))
        with writer_busy(db):
            group = [db.submit(lambda tx: note(tx, "x" * 500_000)) for _ in range(4)]
        for done in group:
            with pytest.raises(DiskFull):
                done.result(10)
        filling.unlink()
        assert texts(db) == []
        db.write(lambda tx: note(tx, "after"))
        assert db.read_one("PRAGMA quick_check")[0] == "ok"  # type: ignore[index]
    finally:
        db.close()
