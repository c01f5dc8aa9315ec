"""The messages of a session: a tree by `parent`, in the order they came."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ibidem.errors import Conflict, NotFound
from ibidem.store.citing import put_cited
from ibidem.store.database import Database, Row
from ibidem.store.sessions import Session, lock_session, put_words, set_head, touch
from ibidem.types import rfc3339

_OWN = (
    "id",
    "session",
    "parent",
    "role",
    "content",
    "status",
    "summary",
    "created_at",
)  # have a column; the rest are details


@dataclass(frozen=True, slots=True)
class Message:
    """`details` is what else the contract's message has: citations, usage, timings. `ordinal` counts from 1."""

    id: str
    owner: int
    session: str
    ordinal: int
    parent: str | None
    role: str
    content: str
    status: str
    details: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    summary: str | None = None  # of a long answer

    def shown(self) -> dict[str, Any]:
        """In the contract's words."""
        return {
            "id": self.id,
            "session": self.session,
            "parent": self.parent,
            "role": self.role,
            "content": self.content,
            "status": self.status,
            "attempt": 0,
            "model": None,
            "rag_context": [],
            "citations": [],
            "usage": {},
            "timings": {},
            **self.details,
            **({"summary": self.summary} if self.summary else {}),
            "created_at": rfc3339(self.created_at),
        }


_MESSAGE = "id, owner, session, ordinal, parent, role, content, status, details, created_at, summary"


def new_message_id() -> str:
    return secrets.token_hex(8)


def get_message(db: Database, owner: int, session_id: str, message_id: str) -> Message:
    row = db.read_one(
        f"SELECT {_MESSAGE} FROM message WHERE id = ? AND session = ? AND owner = ?", (message_id, session_id, owner)
    )
    if row is None:
        raise no_message(message_id)
    return _message(row)


def list_messages(db: Database, owner: int, session_id: str, *, after: int = 0, limit: int = 500) -> list[Message]:
    """All branches together, in the order they came."""
    rows = db.read(
        f"SELECT {_MESSAGE} FROM message WHERE session = ? AND owner = ? AND ordinal > ? ORDER BY ordinal LIMIT ?",
        (session_id, owner, after, limit),
    )
    return [_message(row) for row in rows]


_CHAIN = """
WITH RECURSIVE chain (id, parent) AS (
    SELECT id, parent FROM message WHERE id = :leaf AND session = :session AND owner = :owner
    UNION ALL
    SELECT m.id, m.parent FROM chain AS c JOIN message AS m ON m.id = c.parent WHERE m.owner = :owner
)"""


def branch(db: Database, owner: int, session_id: str, leaf: str, *, after: int = 0, limit: int = -1) -> list[Message]:
    """The messages from the root to this one: a child always came after its parent."""
    rows = db.read(
        f"{_CHAIN} SELECT {_MESSAGE} FROM message WHERE owner = :owner AND id IN (SELECT id FROM chain)"
        " AND ordinal > :after ORDER BY ordinal LIMIT :limit",
        {"leaf": leaf, "session": session_id, "owner": owner, "after": after, "limit": limit},
    )
    return [_message(row) for row in rows]


def branch_texts(db: Database, owner: int, session_id: str, leaf: str) -> list[tuple[str, str, str]]:
    """Id, role and content of the messages from the root to this one."""
    rows = db.read(
        f"{_CHAIN} SELECT id, role, content FROM message WHERE owner = :owner AND id IN (SELECT id FROM chain) ORDER BY ordinal",
        {"leaf": leaf, "session": session_id, "owner": owner},
    )
    return [tuple(row) for row in rows]


def sent_with(db: Database, owner: int, session_id: str, leaf: str) -> dict[str, dict[str, Any]]:
    """By answer of a branch, what its model read (`chat.history`)."""
    rows = db.read(
        f"{_CHAIN} SELECT id, sent FROM message WHERE owner = :owner AND sent IS NOT NULL AND id IN (SELECT id FROM chain)",
        {"leaf": leaf, "session": session_id, "owner": owner},
    )
    return {row["id"]: json.loads(row["sent"]) for row in rows}


# --- summaries -------------------------------------------------------------------------------------------------------


def summaries_of(db: Database, owner: int, session_id: str, leaf: str) -> dict[str, str]:
    """By answer of a branch, its summary."""
    rows = db.read(
        f"{_CHAIN} SELECT id, summary FROM message WHERE owner = :owner AND summary IS NOT NULL AND id IN (SELECT id FROM chain)",
        {"leaf": leaf, "session": session_id, "owner": owner},
    )
    return {row["id"]: row["summary"] for row in rows}


def to_summarise(db: Database, owner: int, message_id: str) -> str | None:
    """The answer's text; None where it has a summary, or is gone."""
    row = db.read_one("SELECT content, summary FROM message WHERE id = ? AND owner = ?", (message_id, owner))
    return None if row is None or row["summary"] else row["content"]


def set_summary(tx: sqlite3.Connection, owner: int, message_id: str, summary: str) -> None:
    tx.execute("UPDATE message SET summary = ? WHERE id = ? AND owner = ?", (summary, message_id, owner))


# --- asking ----------------------------------------------------------------------------------------------------------


def parent_for(tx: sqlite3.Connection, session: Session, parent: str | None) -> str | None:
    """The parent of a new message. Raises NotFound, and Conflict while that one is still being written."""
    if parent is None:
        return None
    row = tx.execute(
        "SELECT status FROM message WHERE id = ? AND session = ? AND owner = ?", (parent, session.id, session.owner)
    ).fetchone()
    if row is None:
        raise no_message(parent)
    if row["status"] == "running":
        raise Conflict(
            "the answer that this question follows is still being written",
            hint="wait for its end or stop it, or send the `parent` to go on from",
            field="parent",
        )
    return parent


def add_message(
    tx: sqlite3.Connection,
    session: Session,
    message_id: str,
    *,
    parent: str | None,
    role: str,
    content: str,
    words: str,
    status: str,
    now: float,
    details: Mapping[str, Any] | None = None,
    sent: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> None:
    """Behind all others. `words` are the content's tokens, parted by blanks."""
    row = tx.execute(
        "INSERT INTO message (id, owner, session, ordinal, parent, role, content, status, details, sent, idempotency_key, created_at)"
        " VALUES (?1, ?2, ?3, (SELECT coalesce(max(ordinal), 0) + 1 FROM message WHERE session = ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        " RETURNING ordinal",
        (message_id, session.owner, session.id, parent, role, content, status)
        + (_json(details or {}), None if sent is None else _json(sent), idempotency_key, now),
    ).fetchone()
    put_cited(tx, session.owner, message_id, details or {})
    put_words(tx, session, row["ordinal"], words)
    set_head(tx, session, message_id)
    touch(tx, session, now)


def end_answer(
    tx: sqlite3.Connection, owner: int, message: Mapping[str, Any], *, words: str, sent: Mapping[str, Any] | None
) -> None:
    """The answer as its terminal event carries it. Nothing happens where its session has been deleted meanwhile."""
    row = tx.execute(
        "UPDATE message SET content = ?, status = ?, details = ?, sent = ? WHERE id = ? AND owner = ?"
        " AND session IN (SELECT id FROM session WHERE owner = message.owner) RETURNING session, ordinal",
        (message["content"], message["status"], _json(details_of(message)), None if sent is None else _json(sent))
        + (message["id"], owner),
    ).fetchone()
    if row:
        put_cited(tx, owner, message["id"], message)
        put_words(tx, lock_session(tx, owner, row["session"]), row["ordinal"], words)


def details_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """What of a message, as it is shown, has no column of its own."""
    return {name: value for name, value in message.items() if name not in _OWN}


def answer_by_key(db: Database, owner: int, idempotency_key: str) -> Message | None:
    """The answer of the question that was sent with the key: it outlives its run."""
    row = db.read_one(
        f"SELECT {_MESSAGE} FROM message WHERE owner = ? AND idempotency_key = ?", (owner, idempotency_key)
    )
    return _message(row) if row else None


def answer_of_run(db: Database, owner: int, run_id: str) -> Message | None:
    row = db.read_one(
        f"SELECT {_MESSAGE} FROM message WHERE id = ? AND owner = ? AND role = 'assistant'"
        " AND session IN (SELECT id FROM session WHERE owner = message.owner)",
        (run_id, owner),
    )
    return _message(row) if row else None


def running_answers(db: Database, owner: int, session_id: str) -> list[str]:
    rows = db.read("SELECT id FROM message WHERE session = ? AND owner = ? AND status = 'running'", (session_id, owner))
    return [row["id"] for row in rows]


def no_message(message_id: str) -> NotFound:
    return NotFound(
        f"no message {message_id!r} in this session", hint="list them with GET /api/sessions/{id}/messages/"
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _message(row: Row) -> Message:
    values = dict(row)
    return Message(**{**values, "details": json.loads(values["details"])})
