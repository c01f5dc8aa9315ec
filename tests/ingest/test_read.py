"""One file, one outcome; and the same through JSON, as a child process does it."""

from __future__ import annotations

import hashlib
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ibidem.ingest import read as reading
from ibidem.ingest.read import read_file
from ibidem.ingest.wire import chunk_from_json, chunk_to_json, page_from_json
from ibidem.types import Chunk, Page
from tests.ingest import pdfs
from tests.ingest.reading import check, read

KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq0" * 20 + "\n-----END RSA PRIVATE KEY-----\n"


def messages(path: Path | bytes | str, **more: Any) -> list[dict[str, Any]]:
    shown = os.fsdecode(path)
    made = list(read_file({"path": shown, "name": os.path.basename(shown), "limits": {}, **more}))
    json.dumps(made)
    assert [list(message) == ["outcome"] for message in made].count(True) == 1 and "outcome" in made[-1]
    return made


def outcome(path: Path | bytes | str, **more: Any) -> dict[str, Any]:
    return messages(path, **more)[-1]["outcome"]


def test_an_empty_file_is_ok_and_says_so():
    chunks, _, ended = read(b"", "a.txt")
    assert (chunks, ended.state, ended.reason) == ([], "ok", "empty")
    assert ended.sha256 == hashlib.sha256(b"").hexdigest()
    assert read(b" \n\n ", "a.txt")[2].reason == "empty"


def test_the_outcome_tells_type_encoding_title_language_and_hash():
    data = "# 제목\n\n서버를 다시 시작하려면 관리자 권한이 필요합니다.\n".encode("cp949")
    _, ended = check(data, "a.md")
    assert (ended.media_type, ended.encoding, ended.title, ended.language) == ("text/markdown", "cp949", "제목", "ko")
    assert ended.sha256 == hashlib.sha256(data).hexdigest()
    assert check(b"Plain words here.\n", "notes.txt")[1].title == "notes.txt"
    assert check(b"x = 1\n", "a.py")[1].language == "python"


def test_a_file_over_the_limit_is_partial_and_says_how_much_was_read():
    chunks, ended = check(b"some words in a line\n" * 200_000, "a.log", max_text_bytes=1024 * 1024)
    assert (ended.state, ended.reason) == ("partial", "first 1 MB indexed")
    assert chunks[-1].span.end_byte == 1024 * 1024


def test_a_limit_in_the_middle_of_a_character_loses_only_that():
    for encoding in ("utf-8", "cp949", "utf-16-le"):
        data = ("가나다라 마바사\n" * 200).encode(encoding)
        chunks, _, ended = read(data, "a.txt", max_text_bytes=1001)
        assert ended.state == "partial"
        assert "".join(chunk.text for chunk in chunks).count("\ufffd") <= 1


def test_decomposed_text_is_composed_and_its_bytes_stay_true():
    data = "\u1112\u1161\u11ab\u1100\u1173\u11af cafe\u0301\n".encode() * 200
    chunks, _ = check(data, "a.txt")
    assert chunks[0].text.startswith("한글 café\n")
    assert chunks[-1].span.end_byte == len(data)


def test_text_that_turns_to_garbage_fails_instead():
    data = b"plain words\n" * 100_000 + bytes(range(128, 256)) * 2000
    ended = read(data, "a.txt")[2]
    assert ended.state == "failed" and ended.reason.startswith("not text in utf-8; save")


@pytest.mark.parametrize("data", [KEY, "words\n" * 200_000 + KEY, json.dumps({"private_key": KEY})])
def test_a_private_key_is_never_read(data):
    assert (read(data.encode(), "a.txt")[2].state, read(data.encode(), "a.txt")[2].reason) == (
        "skipped",
        "holds a private key",
    )


def test_words_about_private_keys_are_no_key():
    assert read(b'if "-----BEGIN PRIVATE KEY-----" in text:\n    skip()\n', "a.py")[2].state == "ok"


def test_a_long_log_takes_little_memory():
    class Log:
        """A log of 1 GB that is made as it is read."""

        left = 1024**3

        def read(self, size: int) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return (b"2026-01-01 12:00:00 INFO a line of a log that goes on and on\n" * (size // 60 + 1))[:size]

        def seekable(self) -> bool:
            return False

    tracemalloc.start()
    count = 0
    for item in reading.read_document(Log(), "a.log", reading.IngestSettings(max_text_bytes=4 * 1024 * 1024)):  # type: ignore[arg-type]
        count += isinstance(item, Chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count > 3000
    assert peak < 15 * 1024 * 1024
    assert item.state == "partial"


# --- as a child process reads -------------------------------------------------------------------------------------


def test_chunks_cross_as_json_and_come_back_the_same(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("def f():\n    return 1\n\n\n" * 3000)
    sent = messages(path)
    chunks = [chunk_from_json(value) for message in sent for value in message.get("chunks", [])]
    assert chunks == read(path.read_bytes(), "a.py")[0]
    assert [chunk_from_json(json.loads(json.dumps(chunk_to_json(chunk)))) for chunk in chunks] == chunks
    assert all(len(message.get("chunks", [])) <= 100 for message in sent)
    seen = path.stat()
    ended = sent[-1]["outcome"]
    assert (ended["state"], ended["size"], ended["mtime_ns"], ended["inode"]) == (
        "ok",
        seen.st_size,
        seen.st_mtime_ns,
        seen.st_ino,
    )


def test_pages_cross_before_their_chunks(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdfs.pdf(pdfs.lines("one"), pdfs.lines("two")))
    sent = messages(path)
    assert [next(iter(message)) for message in sent] == ["pages", "chunks", "outcome"]
    pages = [page_from_json(value) for value in sent[0]["pages"]]
    assert pages == read(path.read_bytes(), "a.pdf")[1] and isinstance(pages[0], Page)


def test_what_is_no_plain_file_is_skipped_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "d").mkdir()
    assert outcome(tmp_path / "pipe")["reason"] == "not a regular file"
    assert outcome(tmp_path / "d")["reason"] == "not a regular file"
    assert (outcome(tmp_path / "link")["state"], outcome(tmp_path / "link")["reason"]) == ("skipped", "symlink")


def test_names_that_are_not_text_are_opened_by_their_bytes(tmp_path):
    path = os.fsencode(tmp_path) + b"/bad-\xff.txt"
    with open(path, "wb") as file:
        file.write(b"words")
    assert outcome(path)["state"] == "ok"


def test_a_vanished_file_and_a_nul_in_a_name_have_an_outcome(tmp_path):
    assert (outcome(tmp_path / "gone")["state"], outcome(tmp_path / "gone")["reason"]) == ("changed", "no longer there")
    assert outcome("/tmp/nul\0.txt")["state"] == "changed"


def test_a_refused_file_says_permission_denied(tmp_path, monkeypatch):
    def refuse(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reading.os, "open", refuse)
    ended = outcome(tmp_path / "a.txt")
    assert ended["state"] == "failed" and ended["reason"].startswith("permission denied;")


def test_a_file_that_changes_while_it_is_read_is_changed(tmp_path):
    path = tmp_path / "a.txt"
    for change in (
        lambda: path.write_text("other"),
        lambda: os.replace(tmp_path / "new", path),
        path.unlink,
    ):
        path.write_text("words\n" * 100_000)
        (tmp_path / "new").write_text("words\n" * 100_000)
        stream = read_file({"path": str(path), "name": "a.txt", "limits": {}})
        next(stream)
        change()
        *_, last = stream
        assert (last["outcome"]["state"], last["outcome"]["reason"]) == ("changed", "changed while it was read")


def test_a_file_other_than_expected_is_changed_before_it_is_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("words")
    seen = path.stat()
    assert outcome(path, size=5, mtime_ns=seen.st_mtime_ns, inode=seen.st_ino)["state"] == "ok"
    assert outcome(path, size=5, mtime_ns=1, inode=seen.st_ino)["state"] == "changed"
    assert "size" in outcome(path, size=4)
