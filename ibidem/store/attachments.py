"""Images of questions: what is known of them; their bytes lie in files/ under their id."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ibidem.errors import NotFound
from ibidem.store.database import Database


@dataclass(frozen=True, slots=True)
class Attachment:
    id: str
    owner: int
    message: str
    name: str
    media_type: str
    size_bytes: int

    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "media_type": self.media_type, "size_bytes": self.size_bytes}


_ATTACHMENT = "id, owner, message, name, media_type, size_bytes"


def add_attachment(tx: sqlite3.Connection, one: Attachment) -> None:
    tx.execute(
        "INSERT INTO attachment (id, owner, message, name, media_type, size_bytes) VALUES (?, ?, ?, ?, ?, ?)",
        (one.id, one.owner, one.message, one.name, one.media_type, one.size_bytes),
    )


def get_attachment(db: Database, owner: int, attachment_id: str) -> Attachment:
    row = db.read_one(f"SELECT {_ATTACHMENT} FROM attachment WHERE id = ? AND owner = ?", (attachment_id, owner))
    if row is None:
        raise NotFound(f"no attachment {attachment_id!r}", hint="messages name theirs as `attachments`")
    return Attachment(**row)


def attachments_of(db: Database, owner: int, messages: Sequence[str]) -> dict[str, list[Attachment]]:
    """By message, in the order they were sent."""
    rows = db.read(
        f"SELECT {_ATTACHMENT} FROM attachment WHERE owner = ? AND message IN (SELECT value FROM json_each(?)) ORDER BY rowid",
        (owner, json.dumps(list(messages))),
    )
    found: dict[str, list[Attachment]] = {}
    for row in rows:
        found.setdefault(row["message"], []).append(Attachment(**row))
    return found


def attachments_kept(db: Database) -> set[str]:
    """Ids of every owner's attachments."""
    return {row["id"] for row in db.read("SELECT id FROM attachment")}
