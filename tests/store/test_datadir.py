"""The data directory is private, held by one process, and found by the others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ibidem.errors import DataDirInUse, DataDirUnusable, NotFound
from ibidem.store.datadir import DataDir, write_private

HOLDER = """
import sys
from pathlib import Path
from ibidem.store.datadir import DataDir
data = DataDir(Path(sys.argv[1]))
data.lock()
data.announce("http://127.0.0.1:8765")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the directory and serves."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_second_process_is_refused_and_told_who_holds_it(root: Path) -> None:
    with holder(root) as process:
        with pytest.raises(DataDirInUse, match=rf"process {process.pid}$") as error:
            DataDir(root).lock()
        assert "stop that process" in error.value.hint
        assert DataDir(root).server() is not None  # the look did not disturb it


def test_the_directory_of_a_killed_process_is_free(root: Path) -> None:
    with holder(root) as process:
        process.kill()
        process.wait()
        data = DataDir(root)
        data.lock()
        assert (root / "lock").read_text() == f"{os.getpid()}\n"
        data.unlock()


def test_a_running_server_is_found(root: Path) -> None:
    with holder(root) as process:
        found = DataDir(root).server()
        assert found is not None
        assert (found.address, found.pid) == ("http://127.0.0.1:8765", process.pid)


def test_what_a_killed_server_left_behind_does_not_count(root: Path) -> None:
    with holder(root) as process:
        process.kill()
        process.wait()
    assert (root / "server.json").exists()
    assert DataDir(root).server() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"address": "x"}', '{"pid": 1, "more": 2}', "\ud800"])
def test_a_broken_announcement_is_no_server(root: Path, text: str) -> None:
    with holder(root):
        (root / "server.json").write_bytes(text.encode("utf-8", "surrogatepass"))
        assert DataDir(root).server() is None


def test_a_server_that_retired_is_not_found(root: Path) -> None:
    data = DataDir(root)
    data.lock()
    data.announce("http://127.0.0.1:1")
    assert data.server() is not None
    data.retire()
    data.retire()
    assert data.server() is None
    data.unlock()


def test_a_directory_that_was_given_back_can_be_held_again(root: Path) -> None:
    first, second = DataDir(root), DataDir(root)
    first.lock()
    with pytest.raises(DataDirInUse):
        second.lock()
    first.unlock()
    first.unlock()
    second.lock()
    second.unlock()


def test_only_its_owner_can_read_it(root: Path) -> None:
    root.mkdir(mode=0o755)
    data = DataDir(root)
    data.lock()
    data.secret()
    data.announce("http://127.0.0.1:1")
    data.leave_clean_mark()
    assert mode(root) == mode(data.files) == mode(data.index) == 0o700
    for name in ("lock", "secret", "server.json", "clean"):
        assert mode(root / name) == 0o600, name
    data.unlock()


def test_the_secret_is_long_and_stays(root: Path) -> None:
    secret = DataDir(root).secret()
    assert len(secret) >= 43  # 256 bits
    assert DataDir(root).secret() == secret
    assert DataDir(root.with_name("other")).secret() != secret


def test_an_orderly_stop_is_known_once(root: Path) -> None:
    data = DataDir(root)
    data.prepare()
    assert not data.take_clean_mark()
    data.leave_clean_mark()
    assert data.take_clean_mark()
    assert not data.take_clean_mark()


def test_a_file_is_replaced_whole_or_not_at_all(root: Path) -> None:
    root.mkdir()
    write_private(root / "a", "old")
    write_private(root / "a", "new")
    assert (root / "a").read_text() == "new"
    assert [path.name for path in root.iterdir()] == ["a"]


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirUnusable, match="file/data"):
        DataDir(tmp_path / "file" / "data").lock()


def test_reading_an_empty_directory_tells_how_to_begin(root: Path) -> None:
    with pytest.raises(NotFound) as error:
        DataDir(root).need_store()
    assert "ibidem add" in error.value.hint
