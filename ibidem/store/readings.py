"""The reading of a document: it waits, is taken, its next version is written beside the present one, and they switch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ibidem.store.database import Database, Row
from ibidem.store.documents import Stat, log_change, mark_stale
from ibidem.store.workspaces import Source
from ibidem.types import Chunk, Page


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document whose turn it is to be read."""

    id: str
    owner: int
    workspace: int
    raw_path: bytes | None
    path: str
    title: str
    stat: Stat
    version: int
    next_version: int
    tries: int
    sha256: str


_WAITING = (
    "id, owner, workspace, raw_path, path, title, size_bytes, mtime_ns, inode, version, next_version, tries, sha256"
)


def waiting_files(db: Database, source: Source, limit: int) -> list[Waiting]:
    rows = db.read(
        f"SELECT {_WAITING} FROM document WHERE source = ? AND state = 'queued' AND owner = ? ORDER BY rowid LIMIT ?",
        (source.id, source.owner, limit),
    )
    return [_waiting(row) for row in rows]


def waiting_upload(db: Database, owner: int, document_id: str) -> Waiting | None:
    row = db.read_one(
        f"SELECT {_WAITING} FROM document WHERE id = ? AND owner = ? AND state = 'queued'", (document_id, owner)
    )
    return _waiting(row) if row else None


def _waiting(row: Row) -> Waiting:
    values = dict(row)
    stat = Stat(values.pop("size_bytes"), values.pop("mtime_ns"), values.pop("inode"))
    return Waiting(**values, stat=stat)


def begin_reading(tx: sqlite3.Connection, documents: Sequence[Waiting]) -> list[Waiting]:
    """Take the documents that still wait, each with a version of its own to write: it is stale until the reading ends."""
    taken = []
    for document in documents:
        row = tx.execute(
            "UPDATE document SET state = 'reading', next_version = next_version + 1"
            " WHERE id = ? AND owner = ? AND state = 'queued' RETURNING next_version",
            (document.id, document.owner),
        ).fetchone()
        if row is None:
            continue
        taken.append(replace(document, next_version=row["next_version"]))
        tx.execute(
            "INSERT INTO stale (owner, document, version) VALUES (?, ?, ?)",
            (document.owner, document.id, row["next_version"]),
        )
    return taken


def add_chunks(tx: sqlite3.Connection, document: Waiting, chunks: Iterable[Chunk]) -> None:
    tx.executemany(
        "INSERT INTO chunk (owner, document, version, ordinal, text, heading, symbols, tokens, start_char, end_char,"
        " start_line, end_line, start_byte, end_byte, page) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document.owner,
                document.id,
                document.next_version,
                chunk.ordinal,
                chunk.text,
                chunk.heading,
                "\n".join(chunk.symbols),
                chunk.tokens,
                chunk.span.start_char,
                chunk.span.end_char,
                chunk.span.start_line,
                chunk.span.end_line,
                chunk.span.start_byte,
                chunk.span.end_byte,
                chunk.span.page,
            )
            for chunk in chunks
        ],
    )


def add_pages(tx: sqlite3.Connection, document: Waiting, pages: Iterable[Page]) -> None:
    tx.executemany(
        "INSERT INTO page (owner, document, version, number, start_char, end_char, width_pt, height_pt, boxes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (document.owner, document.id, document.next_version, page.number, page.start_char, page.end_char)
            + (page.width_pt, page.height_pt, page.boxes)
            for page in pages
        ],
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reading ended: the document's new state and what was learnt of it."""

    state: str
    reason: str = ""
    media_type: str = ""
    encoding: str = ""
    language: str = ""
    title: str = ""
    sha256: str = ""
    chunks: int = 0


def finish_reading(tx: sqlite3.Connection, document: Waiting, reading: Reading, now: float) -> None:
    """Switch to the version just written; of a file that failed or is skipped nothing stays.

    A document that was deleted, or queued again, in the meantime is left as it is.
    """
    readable = reading.state in ("ok", "partial")
    version = document.next_version if readable else 0
    row = tx.execute(
        "UPDATE document SET state = ?, reason = ?, media_type = ?, encoding = ?, language = ?,"
        " title = CASE WHEN source IS NULL OR ? = '' THEN title ELSE ? END,"
        " sha256 = ?, chunks = ?, version = ?, tries = 0, updated_at = ?"
        " WHERE id = ? AND owner = ? AND next_version = ? AND state = 'reading' RETURNING workspace",
        (
            reading.state,
            reading.reason,
            reading.media_type,
            reading.encoding,
            reading.language,
            reading.title,
            reading.title,
        )
        + (reading.sha256, reading.chunks if readable else 0, version, now, document.id, document.owner)
        + (document.next_version,),
    ).fetchone()
    if row is None:
        mark_stale(tx, document.owner, document.id, document.next_version)  # a sweep may have been there already
        return
    if readable:
        tx.execute("DELETE FROM stale WHERE document = ? AND version = ?", (document.id, version))
    if document.version:
        mark_stale(tx, document.owner, document.id, document.version)
    if readable or document.version:
        log_change(tx, document.owner, row["workspace"], document.id, deleted=not readable)  # it may have moved


def keep_version(tx: sqlite3.Connection, document: Waiting, reading: Reading, now: float) -> None:
    """The bytes turned out to be the same: the chunks there are stay, nothing is indexed again."""
    tx.execute(
        "UPDATE document SET state = ?, reason = ?, tries = 0, updated_at = ?"
        " WHERE id = ? AND owner = ? AND next_version = ? AND state = 'reading'",
        (reading.state, reading.reason, now, document.id, document.owner, document.next_version),
    )


def requeue(tx: sqlite3.Connection, document: Waiting, *, stat: Stat | None = None, counts: bool = False) -> None:
    """Read it again: it changed while it was read (`stat` is new), or the child that read it was lost."""
    stat = stat or document.stat
    mark_stale(tx, document.owner, document.id, document.next_version)  # a sweep may have been there already
    tx.execute(
        "UPDATE document SET state = 'queued', size_bytes = ?, mtime_ns = ?, inode = ?, tries = tries + ?"
        " WHERE id = ? AND owner = ? AND next_version = ? AND state = 'reading'",
        (stat.size_bytes, stat.mtime_ns, stat.inode, int(counts), document.id, document.owner, document.next_version),
    )


def read_again(tx: sqlite3.Connection, owner: int, document_id: str) -> None:
    """A document whose reading failed waits for another one."""
    tx.execute(
        "UPDATE document SET state = 'queued', reason = '', tries = 0 WHERE id = ? AND owner = ? AND state = 'failed'",
        (document_id, owner),
    )


def fail_waiting(tx: sqlite3.Connection, owner: int, document_id: str, reason: str) -> None:
    """Give up a document that waits to be read; what was read of it before stays."""
    tx.execute(
        "UPDATE document SET state = 'failed', reason = ? WHERE id = ? AND owner = ? AND state IN ('queued', 'reading')",
        (reason, document_id, owner),
    )


def recover(tx: sqlite3.Connection) -> None:
    """At start: what was being read when the last process ended waits again."""
    tx.execute("UPDATE document SET state = 'queued' WHERE state = 'reading'")
