"""What a user thought of an answer: a thumb, a note."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ibidem.store.database import Database
from ibidem.types import rfc3339


@dataclass(frozen=True, slots=True)
class Feedback:
    """`thumb` is up, down or None. The time is in seconds since 1970, UTC."""

    message: str
    thumb: str | None
    note: str
    updated_at: float

    def shown(self) -> dict[str, Any]:
        return {"thumb": self.thumb, "note": self.note, "updated_at": rfc3339(self.updated_at)}


@dataclass(frozen=True, slots=True)
class Judged:
    """A question whose answer was judged, with the turn before it ("" at the beginning) and the answer's citations."""

    id: str
    question: str
    first: str
    first_answer: str
    citations: list[dict[str, Any]]


def put_feedback(tx: sqlite3.Connection, owner: int, feedback: Feedback) -> None:
    """In the place of what was thought before; without thumb and note nothing is kept."""
    tx.execute("DELETE FROM feedback WHERE message = ? AND owner = ?", (feedback.message, owner))
    if feedback.thumb or feedback.note:
        tx.execute(
            "INSERT INTO feedback (message, owner, thumb, note, updated_at) VALUES (?, ?, ?, ?, ?)",
            (feedback.message, owner, feedback.thumb, feedback.note, feedback.updated_at),
        )


def feedback_of(db: Database, owner: int, messages: Sequence[str]) -> dict[str, Feedback]:
    """By message."""
    rows = db.read(
        "SELECT message, thumb, note, updated_at FROM feedback WHERE owner = ? AND message IN (SELECT value FROM json_each(?))",
        (owner, json.dumps(list(messages))),
    )
    return {row["message"]: Feedback(**row) for row in rows}


def well_answered(db: Database, owner: int, workspace: str, *, limit: int) -> list[Judged]:
    """The questions of a workspace whose answers got a thumb up, oldest first."""
    rows = db.read(
        "SELECT a.id, q.content AS question, f.content AS first, b.content AS first_answer, a.details FROM feedback AS t"
        " JOIN message AS a ON a.id = t.message JOIN message AS q ON q.id = a.parent"
        " JOIN session AS s ON s.id = a.session LEFT JOIN message AS b ON b.id = q.parent LEFT JOIN message AS f ON f.id = b.parent"
        " WHERE t.owner = ? AND t.thumb = 'up' AND s.workspace = ? ORDER BY t.rowid LIMIT ?",
        (owner, workspace, limit),
    )
    return [
        Judged(
            row["id"],
            row["question"],
            row["first"] or "",
            row["first_answer"] or "",
            json.loads(row["details"]).get("citations", []),
        )
        for row in rows
    ]
