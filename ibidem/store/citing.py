"""Which answers cite which documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ibidem.store.database import Database


@dataclass(frozen=True, slots=True)
class CitingSession:
    """A session with answers that cite the document: how many, and the last of them."""

    session: str
    title: str
    answers: int
    message: str
    cited_at: float


def put_cited(tx: sqlite3.Connection, owner: int, message_id: str, details: Mapping[str, Any]) -> None:
    """What the answer cites now, in place of what it cited before."""
    tx.execute("DELETE FROM cited WHERE message = ? AND owner = ?", (message_id, owner))
    documents = {str(one["document_id"]) for one in details.get("citations") or () if one.get("document_id")}
    tx.executemany(
        "INSERT INTO cited (message, document, owner) VALUES (?, ?, ?)",
        [(message_id, document, owner) for document in sorted(documents)],
    )


def sessions_citing(db: Database, owner: int, document_id: str, *, start: int, limit: int) -> list[CitingSession]:
    """The owner's sessions, the one that cited it last first; `start` are left out before."""
    rows = db.read(
        "SELECT s.id AS session, s.title, count(*) AS answers, m.id AS message, max(m.created_at) AS cited_at"
        " FROM cited AS c JOIN message AS m ON m.id = c.message JOIN session AS s ON s.id = m.session AND s.owner = m.owner"
        " WHERE c.document = ? AND c.owner = ? GROUP BY s.id ORDER BY cited_at DESC, s.id LIMIT ? OFFSET ?",
        (document_id, owner, limit, start),
    )
    return [CitingSession(**row) for row in rows]
