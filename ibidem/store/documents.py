"""Documents, their chunks and pages, and the change log that indexes replay.

A reading writes a new version of a document's chunks beside the old one and switches when it is complete; versions
that no longer count, or do not count yet, stand in `stale` and are swept away in small steps.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ibidem.errors import BadInput, NotFound
from ibidem.store.database import Database
from ibidem.store.workspaces import Source, Workspace, shown_path
from ibidem.types import Document, rfc3339

SWEEP_ROWS = 400  # rows deleted in one transaction: a few milliseconds
SWEEP_VERSIONS = 50  # of as many documents at most


@dataclass(frozen=True, slots=True)
class Stat:
    """What tells a changed file without reading it. Compared by inequality: a clock may stand anywhere."""

    size_bytes: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Known:
    """A source's file as it was last seen."""

    id: str
    stat: Stat
    state: str
    reason: str


# --- files of a source ---------------------------------------------------------------------------------------------


def known_files(db: Database, source: Source) -> dict[bytes, Known]:
    rows = db.read(
        "SELECT raw_path, id, size_bytes, mtime_ns, inode, state, reason FROM document WHERE source = ? AND owner = ?",
        (source.id, source.owner),
    )
    return {
        row["raw_path"]: Known(
            row["id"], Stat(row["size_bytes"], row["mtime_ns"], row["inode"]), row["state"], row["reason"]
        )
        for row in rows
    }


def queue_files(tx: sqlite3.Connection, source: Source, files: Iterable[tuple[bytes, Stat]], now: float) -> None:
    """Files to be read: new ones, and known ones that changed. Their present chunks count until then."""
    if not _is_there(tx, source):
        return
    tx.executemany(
        "INSERT INTO document (id, owner, workspace, source, raw_path, path, title, size_bytes, mtime_ns, inode, state,"
        " created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'queued', ?11, ?11)"
        " ON CONFLICT (source, raw_path) DO UPDATE SET state = 'queued', reason = '', tries = 0,"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, inode = excluded.inode, updated_at = excluded.updated_at",
        [(*_new_file(source, raw_path), stat.size_bytes, stat.mtime_ns, stat.inode, now) for raw_path, stat in files],
    )


def skip_files(tx: sqlite3.Connection, source: Source, files: Iterable[tuple[bytes, str]], now: float) -> None:
    """Files that are never read, each with its reason; what was indexed of them before goes."""
    if not _is_there(tx, source):
        return
    for raw_path, reason in files:
        row = tx.execute(
            "INSERT INTO document (id, owner, workspace, source, raw_path, path, title, state, reason, created_at, updated_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'skipped', ?8, ?9, ?9)"
            " ON CONFLICT (source, raw_path) DO UPDATE SET state = 'skipped', reason = excluded.reason,"
            " updated_at = excluded.updated_at RETURNING id, version",
            (*_new_file(source, raw_path), reason, now),
        ).fetchone()
        if row["version"]:
            _drop_content(tx, source.owner, source.workspace, row["id"], row["version"])
            tx.execute(
                "UPDATE document SET version = 0, chunks = 0 WHERE id = ? AND owner = ?", (row["id"], source.owner)
            )


def _is_there(tx: sqlite3.Connection, source: Source) -> bool:
    """False when the source was removed while it is walked."""
    row = tx.execute("SELECT 1 FROM source WHERE id = ? AND owner = ?", (source.id, source.owner)).fetchone()
    return row is not None


def _new_file(source: Source, raw_path: bytes) -> tuple[Any, ...]:
    below = shown_path(raw_path)
    shown = below if below == source.name else f"{source.name}/{below}"
    return secrets.token_hex(8), source.owner, source.workspace, source.id, raw_path, shown, below.rpartition("/")[2]


def files_below(db: Database, source: Source, path: bytes) -> list[str]:
    """Ids of the source's documents at `path` or in the folder of that name."""
    rows = db.read(
        "SELECT id FROM document WHERE source = ?1 AND owner = ?2 AND (raw_path = ?3 OR substr(raw_path, 1, ?4) = ?5)",
        (source.id, source.owner, path, len(path) + 1, path + b"/"),
    )
    return [row["id"] for row in rows]


# --- leaving -------------------------------------------------------------------------------------------------------


def delete_documents(tx: sqlite3.Connection, owner: int, ids: Iterable[str]) -> int:
    """Rows go at once, chunks are swept, the index hears of it. Returns how many there were."""
    deleted = 0
    for document_id in ids:
        row = tx.execute(
            "DELETE FROM document WHERE id = ? AND owner = ? RETURNING workspace, version", (document_id, owner)
        ).fetchone()
        if row is None:
            continue
        deleted += 1
        _drop_content(tx, owner, row["workspace"], document_id, row["version"])
    return deleted


def _drop_content(tx: sqlite3.Connection, owner: int, workspace: int, document_id: str, version: int) -> None:
    if version:
        mark_stale(tx, owner, document_id, version)
        log_change(tx, owner, workspace, document_id, deleted=True)


def mark_stale(tx: sqlite3.Connection, owner: int, document_id: str, version: int) -> None:
    tx.execute(
        "INSERT INTO stale (owner, document, version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (owner, document_id, version),
    )


def log_change(tx: sqlite3.Connection, owner: int, workspace: int, document_id: str, *, deleted: bool) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO change (owner, workspace, document, deleted) VALUES (?, ?, ?, ?)",
        (owner, workspace, document_id, int(deleted)),
    )


def sweep(db: Database) -> int:
    """Delete one step's worth of chunks that do not count. Returns rows deleted; 0 when all is swept.

    A version that is being written stands in `stale` too: it is left alone while its document is read.
    """

    def step(tx: sqlite3.Connection) -> int:
        swept = 0
        for row in tx.execute(
            "SELECT s.owner, s.document, s.version FROM stale AS s LEFT JOIN document AS d ON d.id = s.document"
            " WHERE d.id IS NULL OR d.state <> 'reading' OR s.version <> d.next_version LIMIT ?",
            (SWEEP_VERSIONS,),
        ).fetchall():
            place = (row["owner"], row["document"], row["version"])
            room = SWEEP_ROWS - swept
            deleted = tx.execute(
                "DELETE FROM chunk WHERE id IN"
                " (SELECT id FROM chunk WHERE owner = ? AND document = ? AND version = ? LIMIT ?)",
                (*place, room),
            ).rowcount
            swept += deleted + 1
            if deleted == room:
                break
            tx.execute("DELETE FROM page WHERE owner = ? AND document = ? AND version = ?", place)
            tx.execute("DELETE FROM symbol WHERE owner = ? AND document = ? AND version = ?", place)
            tx.execute("DELETE FROM import WHERE owner = ? AND document = ? AND version = ?", place)
            tx.execute("DELETE FROM reference WHERE owner = ? AND document = ? AND version = ?", place)
            tx.execute("DELETE FROM stale WHERE owner = ? AND document = ? AND version = ?", place)
        return swept

    return db.write(step)


# --- showing -------------------------------------------------------------------------------------------------------

# `ok` in the store means read; for the user a document is `indexing` until the index has its last change.
# The workspace is named as the user who looks knows it.
DOCUMENT_SHOWN = (
    "SELECT d.id, coalesce(s.slug, w.slug) AS workspace, d.title, d.path, d.media_type, d.encoding, d.size_bytes,"
    " CASE WHEN d.state IN ('ok', 'partial') AND c.seq > w.indexed_seq THEN 'indexing' ELSE d.state END AS state,"
    " d.reason, d.chunks, d.created_at, d.updated_at, d.source, CASE d.state WHEN 'reading' THEN (SELECT count(*) FROM chunk AS n"
    " WHERE n.document = d.id AND n.version = d.next_version AND n.owner = d.owner) ELSE 0 END AS chunks_so_far"
    " FROM document AS d JOIN workspace AS w ON w.id = d.workspace LEFT JOIN change AS c ON c.workspace = d.workspace AND c.document = d.id"
    " LEFT JOIN share AS s ON s.workspace = d.workspace AND s.user = :user WHERE (d.owner = :user OR s.user = :user)"
)


def get_document(db: Database, user: int, document_id: str) -> Document:
    """The user's own, or one in a workspace that is shared with him. Raises NotFound."""
    row = db.read_one(f"{DOCUMENT_SHOWN} AND d.id = :id", {"user": user, "id": document_id})
    if row is None:
        raise NotFound(f"no document {document_id!r}", hint="list them with GET /api/rag/documents/")
    return Document(**row)


def get_place(db: Database, owner: int, document_id: str) -> tuple[str | None, bytes | None]:
    """The document's source and its path below it; (None, None) for an upload. Raises NotFound."""
    row = db.read_one("SELECT source, raw_path FROM document WHERE id = ? AND owner = ?", (document_id, owner))
    if row is None:
        raise NotFound(f"no document {document_id!r}", hint="list them with GET /api/rag/documents/")
    return row["source"], row["raw_path"]


def row_number(cursor: str) -> int:
    """Raises BadInput for a cursor that we never gave."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise BadInput(f"unknown cursor {cursor!r}", hint="use the `next` of the page before", field="cursor")
    return int(cursor)


def recently_edited(db: Database, workspace: Workspace, *, since: float, limit: int) -> list[str]:
    """Ids of the files changed since that time, the last one first; none if there are more: that is no one's editing."""
    rows = db.read(
        "SELECT id FROM document WHERE workspace = ? AND owner = ? AND mtime_ns > ? AND version > 0"
        " ORDER BY mtime_ns DESC LIMIT ?",
        (workspace.id, workspace.owner, int(since * 1e9), limit + 1),
    )
    return [row["id"] for row in rows] if len(rows) <= limit else []


def count_by_state(
    db: Database, owner: int, *, workspace: int | None = None, source: str | None = None
) -> dict[str, int]:
    rows = db.read(
        "SELECT CASE WHEN d.state IN ('ok', 'partial') AND c.seq > w.indexed_seq THEN 'indexing' ELSE d.state END AS shown,"
        " count(*) AS n FROM document AS d JOIN workspace AS w ON w.id = d.workspace LEFT JOIN change AS c ON c.workspace = d.workspace AND c.document = d.id"
        " WHERE d.owner = :owner AND (:workspace IS NULL OR d.workspace = :workspace) AND (:source IS NULL OR d.source = :source)"
        " GROUP BY shown",
        {"owner": owner, "workspace": workspace, "source": source},
    )
    return {row["shown"]: row["n"] for row in rows}


def source_progress(db: Database, source: Source) -> dict[str, Any]:
    """How far a source is: its state, and its documents counted by theirs."""
    return {
        "id": source.id,
        "path": source.path,
        "watch": source.watch,
        "state": source.state,
        "reason": source.reason,
        "counts": count_by_state(db, source.owner, source=source.id),
        "ignored": source.ignored,
        "scanned_at": None if source.scanned_at is None else rfc3339(source.scanned_at),
    }
