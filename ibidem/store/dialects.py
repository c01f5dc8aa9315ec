"""Answers that clients of the dialects got, and the names by which they know models."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ibidem.errors import NotFound
from ibidem.store.database import Database, Row
from ibidem.types import rfc3339

KEPT = 1000  # answers of an owner; some 4 KB each
MOST_NAMES = 500  # of an owner; whoever invents more gets no further promise


@dataclass(frozen=True, slots=True)
class DialectAnswer:
    """An answer over documents. Times are seconds since 1970, UTC."""

    id: str
    owner: int
    workspace: str
    dialect: str
    client: str
    model: str
    question: str
    status: str
    citations: Sequence[Mapping[str, Any]] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    created_at: float = 0.0
    number: int = 0  # of the row: the order in which they ended

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "workspace": self.workspace,
            "dialect": self.dialect,
            "client": self.client,
            "model": self.model,
            "question": self.question,
            "status": self.status,
            "citations": self.citations,
            "timings": self.timings,
            "usage": self.usage,
            "created_at": rfc3339(self.created_at),
        }


_ANSWER = (
    "number, id, owner, workspace, dialect, client, model, question, status, citations, timings, usage, created_at"
)


def add_answer(tx: sqlite3.Connection, answer: DialectAnswer) -> None:
    """Store it, and forget the owner's oldest ones beyond `KEPT`."""
    tx.execute(
        "INSERT INTO dialect_answer (id, owner, workspace, dialect, client, model, question, status, citations, timings,"
        " usage, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            answer.id,
            answer.owner,
            answer.workspace,
            answer.dialect,
            answer.client,
            answer.model,
            answer.question,
            answer.status,
            json.dumps(answer.citations, ensure_ascii=False),
            json.dumps(answer.timings),
            json.dumps(answer.usage),
            answer.created_at,
        ),
    )
    tx.execute(
        "DELETE FROM dialect_answer WHERE owner = ?1 AND number <="
        " (SELECT number FROM dialect_answer WHERE owner = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        (answer.owner, KEPT),
    )


def get_answer(db: Database, owner: int, answer_id: str) -> DialectAnswer:
    """Raises NotFound."""
    row = db.read_one(f"SELECT {_ANSWER} FROM dialect_answer WHERE id = ? AND owner = ?", (answer_id, owner))
    if row is None:
        raise NotFound(f"no answer {answer_id!r}", hint="its id stands in the header X-Ibidem-Answer")
    return _answer(row)


def list_answers(db: Database, owner: int, *, before: int | None, limit: int) -> list[DialectAnswer]:
    """The newest first."""
    rows = db.read(
        f"SELECT {_ANSWER} FROM dialect_answer WHERE owner = ?1 AND (?2 IS NULL OR number < ?2)"
        " ORDER BY number DESC LIMIT ?3",
        (owner, before, limit),
    )
    return list(map(_answer, rows))


def _answer(row: Row) -> DialectAnswer:
    values = dict(row)
    for name in ("citations", "timings", "usage"):
        values[name] = json.loads(values[name])
    return DialectAnswer(**values)


# --- names ---------------------------------------------------------------------------------------------------------


def named_model(db: Database, owner: int, name: str) -> str | None:
    """The model that a bare name came to mean."""
    row = db.read_one("SELECT model FROM dialect_name WHERE owner = ? AND name = ?", (owner, name))
    return row["model"] if row else None


def keep_name(db: Database, owner: int, name: str, model: str) -> None:
    """From now on the name means this model; nothing changes where it means one already."""

    def keep(tx: sqlite3.Connection) -> None:
        (known,) = tx.execute("SELECT count(*) FROM dialect_name WHERE owner = ?", (owner,)).fetchone()
        if known < MOST_NAMES:
            tx.execute(
                "INSERT INTO dialect_name (owner, name, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (owner, name, model),
            )

    db.write(keep)
