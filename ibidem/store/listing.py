"""Lists of documents: oldest first for programs, sorted and filtered for people."""

from __future__ import annotations

import unicodedata
from typing import Literal

from ibidem.store.database import Database, Row
from ibidem.store.documents import DOCUMENT_SHOWN, row_number
from ibidem.store.workspaces import Workspace
from ibidem.types import Document

Sort = Literal["name", "size", "added", "state"]

# by state: what wants to be looked at first
_ORDERS: dict[Sort, str] = {
    "name": "title COLLATE NOCASE {way}, path {way}, id",
    "size": "size_bytes {way}, title COLLATE NOCASE, id",
    "added": "created_at {way}, title COLLATE NOCASE, id",
    "state": "CASE state WHEN 'failed' THEN 0 WHEN 'partial' THEN 1 WHEN 'reading' THEN 2 WHEN 'indexing' THEN 3"
    " WHEN 'queued' THEN 4 WHEN 'ok' THEN 5 ELSE 6 END {way}, title COLLATE NOCASE, id",
}


def list_documents(
    db: Database, user: int, *, workspace: Workspace | None, state: str | None, after: str | None, limit: int
) -> list[tuple[str, Document]]:
    """What the user may read, with cursors, oldest first. Raises BadInput for a cursor that we never gave."""
    start = row_number(after) if after else 0
    rows = db.read(
        f"SELECT * FROM (SELECT d.rowid AS cursor, shown.* FROM ({DOCUMENT_SHOWN}) AS shown"
        " JOIN document AS d ON d.id = shown.id WHERE d.rowid > :start AND (:workspace IS NULL OR d.workspace = :workspace))"
        " WHERE :state IS NULL OR state = :state ORDER BY cursor LIMIT :limit",
        {
            "user": user,
            "start": start,
            "workspace": workspace.id if workspace else None,
            "state": state,
            "limit": limit,
        },
    )
    return [(str(row["cursor"]), _document(row)) for row in rows]


def sorted_documents(
    db: Database,
    user: int,
    *,
    workspace: Workspace | None,
    state: str | None,
    name: str,
    sort: Sort,
    descending: bool,
    after: str | None,
    limit: int,
) -> tuple[list[tuple[str, Document]], int]:
    """What the user may read, with cursors, and how many there are in all. Raises BadInput for a cursor that we never gave.

    `name` stands in the path, ASCII letters large or small. A cursor counts rows: what is added or leaves between two pages
    moves the second by as much, as a list for people may.
    """
    start = row_number(after) if after else 0
    place = "d.workspace = :workspace" if workspace else "1"
    order = _ORDERS[sort].format(way="DESC" if descending else "ASC")
    rows = db.read(
        f"SELECT *, count(*) OVER () AS total FROM ({DOCUMENT_SHOWN} AND {place})"
        " WHERE (:state IS NULL OR state = :state) AND path LIKE :name ESCAPE '\\'"
        f" ORDER BY {order} LIMIT :limit OFFSET :start",
        {
            "user": user,
            "start": start,
            "workspace": workspace.id if workspace else None,
            "state": state,
            "name": f"%{_escaped(unicodedata.normalize('NFC', name))}%",
            "limit": limit,
        },
    )
    total = rows[0]["total"] if rows else 0
    return [(str(start + at), _document(row)) for at, row in enumerate(rows, 1)], total


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _document(row: Row) -> Document:
    return Document(**{key: row[key] for key in row.keys() if key not in ("cursor", "total")})  # noqa: SIM118
