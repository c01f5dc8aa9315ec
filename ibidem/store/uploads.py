"""Uploaded and pasted documents: they come, are changed, and their reading is given up or asked for again."""

from __future__ import annotations

import sqlite3

from ibidem.errors import Conflict, NotFound
from ibidem.store.database import Database
from ibidem.store.documents import log_change
from ibidem.store.workspaces import Workspace

CANCELLED = "cancelled"  # the reason of a document whose reading was given up; it may be read again


def path_of(folder: str, title: str) -> str:
    """As the user knows it: "manuals/pumps/guide.md"."""
    return f"{folder}/{title}" if folder else title


def add_upload(
    tx: sqlite3.Connection,
    workspace: Workspace,
    document_id: str,
    title: str,
    size: int,
    now: float,
    *,
    folder: str = "",
) -> None:
    """An uploaded or pasted document; its bytes lie in the data directory under its id already.

    `folder` is where it lay, to be shown: "manuals/pumps".
    """
    tx.execute(
        "INSERT INTO document (id, owner, workspace, path, title, size_bytes, state, created_at, updated_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?7)",
        (document_id, workspace.owner, workspace.id, path_of(folder, title), title, size, now),
    )


def uploads_kept(db: Database) -> set[str]:
    """Ids of every document whose bytes lie in the data directory."""
    return {row["id"] for row in db.read("SELECT id FROM document WHERE source IS NULL")}


def uploads_in(db: Database, workspace: Workspace) -> list[str]:
    """Ids of its uploaded documents."""
    place = (workspace.id, workspace.owner)
    return [
        row["id"]
        for row in db.read("SELECT id FROM document WHERE workspace = ? AND owner = ? AND source IS NULL", place)
    ]


def uploads_at(db: Database, workspace: Workspace, path: str) -> list[str]:
    """Ids of the documents uploaded under that path, the latest first."""
    rows = db.read(
        "SELECT id FROM document WHERE workspace = ? AND owner = ? AND source IS NULL AND path = ?"
        " ORDER BY created_at DESC",
        (workspace.id, workspace.owner, path),
    )
    return [row["id"] for row in rows]


def edit_upload(
    tx: sqlite3.Connection,
    owner: int,
    document_id: str,
    *,
    title: str | None,
    workspace: Workspace | None,
    size: int | None,
    now: float,
) -> None:
    """Change an uploaded document's title, place or (with the new `size`) content; it is read or indexed again."""
    row = tx.execute(
        "SELECT workspace, title, path, version, state FROM document WHERE id = ? AND owner = ? AND source IS NULL",
        (document_id, owner),
    ).fetchone()
    if row is None:
        raise NotFound(f"no document {document_id!r}", hint="list them with GET /api/rag/documents/")
    place = workspace.id if workspace else row["workspace"]
    path = row["path"].removesuffix(row["title"]) + (title or row["title"])  # it stays in its folder
    tx.execute(
        "UPDATE document SET title = coalesce(?1, title), path = ?7, workspace = ?2,"
        " size_bytes = coalesce(?3, size_bytes), state = CASE WHEN ?3 IS NULL THEN state ELSE 'queued' END,"
        " reason = CASE WHEN ?3 IS NULL THEN reason ELSE '' END, tries = 0, updated_at = ?4 WHERE id = ?5 AND owner = ?6",
        (title, place, size, now, document_id, owner, path),
    )
    if row["version"]:
        if place != row["workspace"]:
            log_change(tx, owner, row["workspace"], document_id, deleted=True)
            tx.execute("UPDATE symbol SET workspace = ? WHERE document = ? AND owner = ?", (place, document_id, owner))
        log_change(tx, owner, place, document_id, deleted=False)


def cancel_reading(tx: sqlite3.Connection, owner: int, document_id: str, now: float) -> None:
    """Give up a reading that waits or is under way: what it finds is thrown away, an earlier one goes on to count.

    Raises Conflict when there is none.
    """
    given_up = tx.execute(
        "UPDATE document SET state = CASE WHEN version > 0 THEN 'partial' ELSE 'skipped' END, reason = ?, updated_at = ?"
        " WHERE id = ? AND owner = ? AND state IN ('queued', 'reading')",
        (CANCELLED, now, document_id, owner),
    ).rowcount
    if not given_up:
        raise Conflict("the document is not being read", hint="only what is queued or reading can be cancelled")


def read_once_more(tx: sqlite3.Connection, owner: int, document_id: str, now: float) -> None:
    """A document that failed, was read in part or given up waits for another reading.

    Raises Conflict for any other: a file that was left out by a rule stays out.
    """
    queued = tx.execute(
        "UPDATE document SET state = 'queued', reason = '', tries = 0, sha256 = '', updated_at = ?1"
        " WHERE id = ?2 AND owner = ?3 AND (state IN ('failed', 'partial') OR (state = 'skipped' AND reason = ?4))",
        (now, document_id, owner, CANCELLED),
    ).rowcount
    if not queued:
        raise Conflict(
            "the document is not to be read again", hint="only what failed, was read in part or was cancelled is"
        )
