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
    """An answer with the question before it and what was thought of it: evaluation material."""

    question: str
    answer: str
    details: dict[str, Any]
    feedback: Feedback


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


def judged(db: Database, owner: int, *, limit: int) -> list[Judged]:
    """Answers with feedback, oldest first."""
    rows = db.read(
        "SELECT q.content AS question, a.content AS answer, a.details, f.message, f.thumb, f.note, f.updated_at"
        " FROM feedback AS f JOIN message AS a ON a.id = f.message JOIN message AS q ON q.id = a.parent"
        " JOIN session AS s ON s.id = a.session WHERE f.owner = ? ORDER BY f.rowid LIMIT ?",
        (owner, limit),
    )
    return [
        Judged(
            row["question"],
            row["answer"],
            json.loads(row["details"]),
            Feedback(row["message"], row["thumb"], row["note"], row["updated_at"]),
        )
        for row in rows
    ]
