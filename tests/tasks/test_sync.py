"""A folder brought in step: what is read, what is not read again, what leaves, and files that fight back."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibidem.store.documents import sweep
from ibidem.store.removal import remove_source
from tests.api.serving import wait_for
from tests.ingest.pdfs import encrypted, lines, pdf
from tests.tasks.room import Room


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "folder"
    place.mkdir()
    return place


# --- in step ---------------------------------------------------------------------------------------------------------


def test_unchanged_files_are_not_read_again(room: Room, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.md").write_text(f"number {number}")
    source = room.add(folder)
    before = room.documents()
    assert sorted(room.files_read) == sorted(path.name for path in folder.iterdir())
    room.files_read.clear()
    room.sync(source)
    assert room.files_read == []
    assert room.documents() == before
    (folder / "3.md").write_text("number three")
    room.sync(source)
    assert room.files_read == ["3.md"]


def test_a_file_that_was_only_touched_keeps_its_chunks(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("same text")
    source = room.add(folder)
    chunks = [row["id"] for row in room.app.db.read("SELECT id FROM chunk")]
    changes = [tuple(row) for row in room.app.db.read("SELECT * FROM change")]
    os.utime(folder / "a.md", ns=(0, 0))  # a clock may stand anywhere
    room.sync(source)
    assert room.files_read == ["a.md", "a.md"]
    while sweep(room.app.db):
        pass
    assert [row["id"] for row in room.app.db.read("SELECT id FROM chunk")] == chunks
    assert [tuple(row) for row in room.app.db.read("SELECT * FROM change")] == changes
    room.files_read.clear()
    room.sync(source)
    assert room.files_read == []


def test_searches_follow_what_changes_goes_and_moves(room: Room, folder: Path) -> None:
    (folder / "changes.md").write_text("an antelope")
    (folder / "goes.md").write_text("a buffalo")
    (folder / "moves.md").write_text("a caribou")
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.md").write_text("a dugong")
    source = room.add(folder)
    assert len(room.states()) == 4
    (folder / "changes.md").write_text("an eland")
    (folder / "goes.md").unlink()
    (folder / "moves.md").rename(folder / "moved.md")
    (folder / "inner").rename(folder / "outer")
    room.sync(source)
    assert room.find("antelope") == room.find("buffalo") == []
    assert room.find("eland") == ["folder/changes.md"]
    assert room.find("caribou") == ["folder/moved.md"]
    assert room.find("dugong") == ["folder/outer/deep.md"]
    assert sorted(room.states()) == ["folder/changes.md", "folder/moved.md", "folder/outer/deep.md"]
    room.in_order()


def test_a_file_of_the_same_size_and_time_is_told_by_its_inode(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("gazelle")
    source = room.add(folder)
    stat = (folder / "a.md").stat()
    (folder / "b.tmp").write_text("giraffe")
    os.utime(folder / "b.tmp", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (folder / "b.tmp").rename(folder / "a.md")
    room.sync(source)
    assert room.find("giraffe") == ["folder/a.md"]
    assert room.find("gazelle") == []


def test_a_folder_that_is_gone_keeps_its_documents_until_it_is_back(room: Room, folder: Path, tmp_path: Path) -> None:
    (folder / "a.md").write_text("an ibex")
    source = room.add(folder)
    folder.rename(tmp_path / "unplugged")
    room.sync(source)
    assert room.source(source).state == "missing"
    assert "kept" in room.source(source).reason
    assert room.find("ibex") == ["folder/a.md"]
    (tmp_path / "unplugged").rename(folder)
    (folder / "a.md").write_text("a jaguar")
    room.sync(source)
    assert (room.source(source).state, room.source(source).reason) == ("ready", "")
    assert room.find("ibex") == []
    assert room.find("jaguar") == ["folder/a.md"]


def test_a_look_at_single_files_of_a_folder_that_is_gone_keeps_them_too(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("an ibex")
    source = room.add(folder)
    shutil.rmtree(folder)
    room.app.sources.refresh(room.source(source), [b"a.md"], threading.Event())
    room.app.indexes.replay_all()
    assert room.source(source).state == "missing"
    assert room.find("ibex") == ["folder/a.md"]


def test_a_folder_that_became_a_file_is_that_file(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("a kudu")
    source = room.add(folder)
    shutil.rmtree(folder)
    folder.write_text("a lemur in a file")
    room.sync(source)
    assert room.find("lemur") == ["folder"]
    assert room.find("kudu") == []
    room.in_order()


def test_ignore_files_that_come_later_take_documents_away_and_give_them_back(room: Room, folder: Path) -> None:
    (folder / "drafts").mkdir()
    (folder / "drafts" / "a.md").write_text("a marmot")
    (folder / "b.md").write_text("a marmot too")
    source = room.add(folder)
    (folder / ".ibidemignore").write_text("drafts/\n")
    room.sync(source)
    assert room.find("marmot") == ["folder/b.md"]
    assert room.source(source).ignored == 1
    (folder / ".ibidemignore").unlink()
    room.sync(source)
    assert sorted(room.find("marmot")) == ["folder/b.md", "folder/drafts/a.md"]


def test_of_two_files_with_one_content_the_other_stays(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("a narwhal")
    (folder / "b.md").write_text("a narwhal")
    source = room.add(folder)
    (folder / "a.md").unlink()
    room.sync(source)
    assert room.find("narwhal") == ["folder/b.md"]


def test_two_sources_may_share_files(room: Room, folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "a.md").write_text("an okapi")
    room.add(folder)
    inner = room.add(folder / "inner")
    assert sorted(room.states()) == ["folder/inner/a.md", "inner/a.md"]
    (folder / "inner" / "a.md").write_text("a panther")
    room.sync(inner)
    assert room.find("panther") == ["inner/a.md"]
    assert room.find("okapi") == ["folder/inner/a.md"]  # until its own walk
    room.app.rescan()


def test_a_stop_leaves_the_rest_waiting_for_the_next_walk(room: Room, folder: Path) -> None:
    for number in range(600):
        (folder / f"{number}.md").write_text(f"quokka {number} " * 50)
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    stop = threading.Event()
    walking = threading.Thread(target=lambda: room.sync(source, stop))
    walking.start()
    wait_for(lambda: room.counts(source)["ok"] + room.counts(source)["indexing"], "some are read", every_s=0.005)
    stop.set()
    began = time.monotonic()
    walking.join(10)
    assert time.monotonic() - began < 3
    counts = room.counts(source)
    assert counts["queued"] and not counts["reading"], counts
    room.sync(source)
    assert room.counts(source) == {"ok": 600}
    assert len(room.files_read) < 1200  # what was read before the stop is not read again
    room.in_order()


# --- one state for every file ----------------------------------------------------------------------------------------


def test_every_file_ends_in_exactly_one_state_and_the_counts_add_up(room: Room, folder: Path) -> None:
    expected: dict[str, str] = {}

    def put(name: str, content: bytes, state: str, why: str = "") -> None:
        path = os.fsencode(folder) + b"/" + os.fsencode(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        expected[name] = f"{state}:{why}"

    put("plain.txt", b"plain words", "ok")
    put("empty.txt", b"", "ok", "empty")
    put("blank.txt", b"\n \n\t\n", "ok", "empty")
    put("cp949.txt", ("안녕하세요 펌프 설명서입니다. " * 30).encode("cp949"), "ok")
    put("utf16.txt", "유티에프 sixteen".encode("utf-16"), "ok")
    put("bom.txt", b"\xef\xbb\xbfwith a mark", "ok")
    put("latin.txt", "café déjà vu à la façon".encode("latin-1"), "ok", "encoding")
    put("binary.txt", bytes(range(256)) * 40, "skipped", "binary")
    put("minified.js", b"var a=1;" * 40_000, "skipped", "minified")
    put("fine.pdf", pdf(lines("A page about quails.")), "ok")
    put("broken.pdf", b"%PDF-1.7 and then nothing", "failed")
    put("encrypted.pdf", encrypted(), "failed", "password")
    put("text.pdf", b"this is text with a wrong suffix\n", "failed")
    put("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "skipped")
    put("archive.zip", b"PK\x03\x04" + bytes(100), "skipped")
    put("deep.json", b"[" * 100_000, "ok")
    put("wide.csv", b",".join(b"column%d" % n for n in range(5000)) + b"\n" + b"1," * 5000, "ok")
    put("broken.json", b'{"a": [1, 2', "ok")
    put(".env", b"TOKEN=1", "skipped", "secret")
    put("server.key", b"key", "skipped", "secret")
    put("holds.txt", b"-----BEGIN PRIVATE KEY-----\n" + b"MIIEvQIBADANBgkqhkiG9w0B" * 20, "skipped", "private key")
    put("poetry.lock", b"locked", "skipped", "lock file")
    put("x" * 251 + ".txt", b"a long name", "ok")
    put("한" * 84 + ".md", b"a long Korean name", "ok")
    put(unicodedata.normalize("NFD", "한글문서.txt"), "본문".encode(), "ok")
    put("new\nline.txt", b"a name with a line feed", "ok")
    put("\u202egpj.txt", b"a name that runs backwards", "ok")
    put("back\\slash.txt", b"a name with a backslash", "ok")
    put("quote'\"$(touch pwned).txt", b"a name for a shell", "ok")
    put(os.fsdecode(b"bytes\xff\xfe.txt"), b"a name that is no UTF-8", "ok")
    put("Case.txt", b"upper", "ok")
    put("case.txt", b"lower", "ok")
    put("a/b/c/d/e/f.txt", b"deep down", "ok")
    put("-rf", b"an option for a name", "ok")
    put(".hidden.md", b"hidden", "ok")
    (folder / ".gitignore").write_text("*.log\n/ignored/\n")
    expected[".gitignore"] = "ok:"
    (folder / "noise.log").write_text("ignored")
    (folder / "ignored").mkdir()
    (folder / "ignored" / "a.md").write_text("ignored")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "a.js").write_text("skipped with its folder")
    os.mkfifo(folder / "pipe.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "out.txt").symlink_to("/etc/passwd")
    (folder / "dangling.txt").symlink_to("nowhere")
    plug = socket.socket(socket.AF_UNIX)
    plug.bind(os.path.relpath(folder / "socket.txt"))
    for special in ("pipe.txt", "loop", "out.txt", "dangling.txt", "socket.txt"):
        expected[special] = "skipped:symlink" if special in ("loop", "out.txt", "dangling.txt") else "skipped:regular"

    source = room.add(folder)
    plug.close()
    room.in_order()
    documents = room.documents()
    assert len(documents) == len(expected)
    assert sum(room.counts(source).values()) == len(expected)
    assert room.source(source).ignored == 3  # noise.log, ignored/, node_modules/
    by_name = {row["raw_path"]: row for row in room.app.db.read("SELECT raw_path, path, state, reason FROM document")}
    for name, verdict in expected.items():
        row = by_name[os.fsencode(name)]
        state, _, why = verdict.partition(":")
        assert row["state"] == state, (name, row["state"], row["reason"])
        assert why in row["reason"], (name, row["reason"])
        assert row["reason"] or state == "ok", name
        assert row["path"].isprintable() and unicodedata.is_normalized("NFC", row["path"])
    assert not (folder / "pwned").exists()
    assert room.find("quails") == ["folder/fine.pdf"]
    assert room.find("daemon nologin") == []
    room.files_read.clear()
    room.sync(source)
    assert room.files_read == []  # each verdict stands


# --- children that are lost ------------------------------------------------------------------------------------------

HUNGRY = "".join(
    f"def f{n}(x):\n    return [x, {{1: (2, 3)}}]\n" for n in range(24_000)
)  # 1 MB of code; 100 MB of tree


@pytest.mark.parametrize("room", [{"IBIDEM_INGEST__CHILD_MEMORY_BYTES": str(100 << 20)}], indirect=True)
def test_a_file_that_takes_its_child_down_fails_alone(room: Room, folder: Path) -> None:
    for number in range(30):
        (folder / f"{number}.md").write_text(f"raccoon {number}")
    (folder / "15 hungry.py").write_text(HUNGRY)
    source = room.add(folder)
    assert room.counts(source) == {"ok": 30, "failed": 1}
    failed = room.documents()["folder/15 hungry.py"]
    assert failed.state == "failed" and failed.reason
    assert len(room.find("raccoon")) == 30
    room.in_order()
    room.files_read.clear()
    room.sync(source)
    assert room.files_read == []  # it failed by itself: not again until it changes
    (folder / "15 hungry.py").write_text("def raccoon(): ...")
    room.sync(source)
    assert room.counts(source) == {"ok": 31}


def test_a_child_killed_in_a_batch_costs_nobody_his_place(room: Room, folder: Path) -> None:
    for number in range(48):
        (folder / f"{number}.md").write_text(f"sloth {number} " * 1500)
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    walking = threading.Thread(target=lambda: room.sync(source))
    walking.start()
    wait_for(lambda: room.counts(source)["reading"], "they are read", every_s=0.001)
    kill_children(room)
    walking.join(60)
    assert room.counts(source) == {"ok": 48}
    room.in_order()


def test_a_child_killed_over_one_large_file_fails_that_file(room: Room, folder: Path) -> None:
    (folder / "a.md").write_text("a tapir")
    (folder / "large.txt").write_text("a long story of a tapir. " * 1_000_000)
    (folder / "z.md").write_text("a tapir")
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    walking = threading.Thread(target=lambda: room.sync(source))
    walking.start()
    wait_for(lambda: "large.txt" in room.files_read, "it is being read", every_s=0.001)
    wait_for(lambda: room.app.db.read_one("SELECT count(*) AS n FROM chunk")["n"] > 100, "in the middle", every_s=0.001)  # type: ignore[index]
    kill_children(room)
    walking.join(60)
    states = room.states()
    assert (states["folder/a.md"], states["folder/large.txt"], states["folder/z.md"]) == ("ok", "failed", "ok")
    assert "SIGKILL" in room.documents()["folder/large.txt"].reason
    assert room.documents()["folder/large.txt"].chunks == 0
    assert "folder/large.txt" not in room.find("long story of a tapir")
    room.in_order()


@pytest.mark.parametrize("room", [{"IBIDEM_INGEST__BATCH_TIMEOUT_S": "3"}], indirect=True)
def test_a_child_that_hangs_is_ended_and_its_files_are_read_by_another(room: Room, folder: Path) -> None:
    for number in range(40):
        (folder / f"{number}.md").write_text(f"uakari {number} " * 1500)
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    walking = threading.Thread(target=lambda: room.sync(source))
    walking.start()
    wait_for(lambda: room.counts(source)["reading"], "they are read", every_s=0.001)
    stopped = kill_children(room, signal.SIGSTOP)
    walking.join(60)
    assert room.counts(source) == {"ok": 40}
    for pid in stopped:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def kill_children(room: Room, how: signal.Signals = signal.SIGKILL) -> list[int]:
    pids = [child.process.pid for child in list(room.app.pools[0]._all)]
    for pid in pids:
        os.kill(pid, how)
    return pids


# --- files that change while they are read ---------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_read_is_read_whole_in_the_end(room: Room, folder: Path) -> None:
    file = folder / "growing.txt"
    file.write_text("the vole digs. " * 400_000)
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    walking = threading.Thread(target=lambda: room.sync(source))
    walking.start()
    wait_for(lambda: "growing.txt" in room.files_read, "it is being read", every_s=0.001)
    with open(file, "a") as more:
        more.write("\nand then the wallaby came.\n")
    walking.join(30)
    assert room.states() == {"folder/growing.txt": "ok"}
    assert room.find("wallaby") == ["folder/growing.txt"]
    assert room.documents()["folder/growing.txt"].size_bytes == file.stat().st_size
    room.in_order()


def test_a_file_that_never_rests_ends_in_a_state_and_is_taken_up_again(room: Room, folder: Path) -> None:
    (folder / "calm.md").write_text("a xerus")
    file = folder / "restless.txt"
    file.write_text("the yak walks. " * 150_000)
    stop = threading.Event()

    def write() -> None:
        with open(file, "a") as more:
            while not stop.is_set():
                more.write("and walks ")
                more.flush()
                time.sleep(0.001)  # the file's own pace

    writing = threading.Thread(target=write)
    writing.start()
    try:
        source = room.add(folder)
        states = room.states()
    finally:
        stop.set()
        writing.join()
    assert states == {"folder/calm.md": "ok", "folder/restless.txt": "failed"}
    assert "changing" in room.documents()["folder/restless.txt"].reason
    room.sync(source)
    assert set(room.states().values()) == {"ok"}
    assert "folder/restless.txt" in room.find("yak")


def test_a_file_that_vanishes_before_it_is_read_is_simply_gone(room: Room, folder: Path) -> None:
    for number in range(200):
        (folder / f"{number}.md").write_text(f"zebra {number}")
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    walking = threading.Thread(target=lambda: room.sync(source))
    walking.start()
    wait_for(lambda: room.counts(source)["reading"], "they are read", every_s=0.001)
    for number in range(100, 200):
        (folder / f"{number}.md").unlink()
    walking.join(60)
    room.sync(source)
    assert room.counts(source) == {"ok": 100}
    room.in_order()


def test_a_removed_source_is_gone_even_while_it_is_walked(room: Room, folder: Path) -> None:
    for number in range(1200):
        (folder / f"{number}.md").write_text(f"anoa {number}")
    source, _ = room.app.jobs.add_source(room.home, str(folder), watch=False)
    readers = room.app.pools[0]
    call = readers.call

    def remove_after_the_first_batch(function: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in call(function, payload):
            yield told
            if function.endswith("walk_source") and room.source_is_there(source):
                remove_source(room.app.db, source)

    readers.call = remove_after_the_first_batch  # type: ignore[method-assign]
    room.app.sources.sync(source, {}, threading.Event())
    room.app.indexes.replay_all()
    assert room.documents() == {}
    assert room.find("anoa") == []


def test_a_stop_does_not_wait_for_a_long_sweep(room: Room, folder: Path) -> None:
    """Thousands of documents that have just gone leave chunks behind, which are swept bit by bit."""
    (folder / "a.md").write_text("a banteng")
    room.add(folder)

    def leave_behind(tx: sqlite3.Connection) -> None:
        tx.executemany(
            "INSERT INTO stale (owner, document, version) VALUES (1, ?, 1)",
            [(f"gone {number}",) for number in range(50_000)],
        )

    room.app.db.write(leave_behind)

    async def live_shortly() -> float:
        tidying = asyncio.create_task(room.app.upkeep.tidy(lambda: None))
        while room.app.db.read_one("SELECT count(*) AS n FROM stale")["n"] == 50_000:  # type: ignore[index]
            await asyncio.sleep(0.01)
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)
        return time.monotonic()

    asked = asyncio.run(live_shortly())  # its end waits for the threads
    assert time.monotonic() - asked < 1
    assert room.app.db.read_one("SELECT count(*) AS n FROM stale")["n"] > 0  # type: ignore[index]
    while sweep(room.app.db):
        pass
    assert room.app.db.read("SELECT * FROM stale") == []
    assert room.find("banteng") == ["folder/a.md"]
