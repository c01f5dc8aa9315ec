"""Sessions: made, listed, changed, found by their words, deleted."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ibidem.errors import NotFound, TooLarge
from ibidem.store.database import Database, Row
from ibidem.types import rfc3339

MAX_MESSAGES = (1 << 20) - 1  # of a session: the room that a key of words has for them
_NUMBERS = 1 << 28  # sessions, in the same key

# Settings that a session may have; what it lacks is as the program's settings say.
SETTINGS = ("model", "temperature", "max_tokens", "mode", "template")


@dataclass(frozen=True, slots=True)
class Session:
    """Times are seconds since 1970, UTC. `workspace` is a slug, as its owner knows it.

    `head` is the last message of the branch that is shown. `touched` grows with every change to one of its owner's
    sessions, and orders them.
    """

    number: int
    id: str
    owner: int
    title: str
    workspace: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    head: str | None = None
    touched: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0

    def shown(self) -> dict[str, Any]:
        """In the contract's words."""
        return {
            "id": self.id,
            "title": self.title,
            "workspace": self.workspace,
            "settings": {name: self.settings.get(name) for name in SETTINGS},
            "head": self.head,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


_SESSION = "number, id, owner, title, workspace, settings, head, touched, created_at, updated_at"


def create_session(
    tx: sqlite3.Connection,
    owner: int,
    *,
    title: str,
    words: str,
    workspace: str,
    settings: Mapping[str, Any],
    now: float,
    origin: str | None = None,
) -> Session:
    """`words` are the title's tokens, parted by blanks. Without a title the first question gives one."""
    row = tx.execute(
        "INSERT INTO session (id, owner, title, workspace, settings, touched, origin, created_at, updated_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(touched), 0) + 1 FROM session WHERE owner = ?2), ?6, ?7, ?7)"
        f" RETURNING {_SESSION}",
        (secrets.token_hex(8), owner, title, workspace, json.dumps(dict(settings)), origin, now),
    ).fetchone()
    session = _session(row)
    put_words(tx, session, 0, words)
    return session


def get_session(db: Database, owner: int, session_id: str) -> Session:
    row = db.read_one(f"SELECT {_SESSION} FROM session WHERE id = ? AND owner = ?", (session_id, owner))
    if row is None:
        raise no_session(session_id)
    return _session(row)


def session_of_origin(db: Database, owner: int, origin: str) -> str | None:
    """The id of the session that was imported from there."""
    row = db.read_one("SELECT id FROM session WHERE owner = ? AND origin = ?", (owner, origin))
    return row["id"] if row else None


def lock_session(tx: sqlite3.Connection, owner: int, session_id: str) -> Session:
    """The session as this transaction finds it. Raises NotFound: it may have been deleted meanwhile."""
    row = tx.execute(f"SELECT {_SESSION} FROM session WHERE id = ? AND owner = ?", (session_id, owner)).fetchone()
    if row is None:
        raise no_session(session_id)
    return _session(row)


def list_sessions(db: Database, owner: int, *, before: int | None, limit: int) -> list[Session]:
    """The ones changed last come first; `before` is the `touched` of the last one of the page before."""
    rows = db.read(
        f"SELECT {_SESSION} FROM session WHERE owner = ? AND (?2 IS NULL OR touched < ?2) ORDER BY touched DESC LIMIT ?3",
        (owner, before, limit),
    )
    return [_session(row) for row in rows]


def set_place(tx: sqlite3.Connection, session: Session, workspace: str, settings: Mapping[str, Any]) -> None:
    tx.execute(
        "UPDATE session SET workspace = ?, settings = ? WHERE id = ? AND owner = ?",
        (workspace, json.dumps(dict(settings)), session.id, session.owner),
    )


def touch(tx: sqlite3.Connection, session: Session, now: float) -> None:
    """It is the one changed last."""
    tx.execute(
        "UPDATE session SET updated_at = ?1, touched = (SELECT max(touched) + 1 FROM session WHERE owner = ?3)"
        " WHERE id = ?2 AND owner = ?3",
        (now, session.id, session.owner),
    )


def set_title(tx: sqlite3.Connection, session: Session, title: str, words: str) -> None:
    """`words` are the title's tokens, parted by blanks."""
    tx.execute("UPDATE session SET title = ? WHERE id = ? AND owner = ?", (title, session.id, session.owner))
    put_words(tx, session, 0, words)


def set_head(tx: sqlite3.Connection, session: Session, message_id: str | None) -> None:
    """The branch that ends in this message is the one that is shown."""
    tx.execute("UPDATE session SET head = ? WHERE id = ? AND owner = ?", (message_id, session.id, session.owner))


def no_session(session_id: str) -> NotFound:
    return NotFound(f"no session {session_id!r}", hint="list them with GET /api/sessions/")


_LAST_MATCH = """
SELECT rowid FROM session_words WHERE session_words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT 1
"""


def find_sessions(
    db: Database, owner: int, tokens: Sequence[str], *, before: int | None, limit: int
) -> list[tuple[Session, int]]:
    """Sessions that hold all the tokens in their title or in one message, the newest first; `before` is a number.

    With each the ordinal of the last message that does, 0 for the title. One look into the index for each session: a
    common word is found in 100,000 messages as fast as a rare one (docs/sessions.md).
    """
    wanted = " ".join(f'"{token}"{"*" if is_syllable(token) else ""}' for token in tokens)
    first = words_key(owner, 0, 0)
    last = words_key(owner, _NUMBERS if before is None else min(before, _NUMBERS), 0) - 1
    found: list[tuple[Session, int]] = []
    while len(found) < limit:
        row = db.read_one(_LAST_MATCH, (wanted, first, last))
        if row is None:
            break
        number, ordinal = divmod(row["rowid"] - first, MAX_MESSAGES + 1)
        last = words_key(owner, number, 0) - 1
        session = db.read_one(f"SELECT {_SESSION} FROM session WHERE number = ? AND owner = ?", (number, owner))
        if session:
            found.append((_session(session), ordinal))
    return found


def is_syllable(token: str) -> bool:
    """One that stands for all words with it: texts are indexed by every two neighbouring ones."""
    return len(token) == 1 and not token.isascii()


# --- words -----------------------------------------------------------------------------------------------------------


def words_key(owner: int, number: int, ordinal: int) -> int:
    """The rowid of a message's words: an owner's are a range, and a session's within it. The title is ordinal 0."""
    return (owner * _NUMBERS + number) * (MAX_MESSAGES + 1) + ordinal


def put_words(tx: sqlite3.Connection, session: Session, ordinal: int, words: str) -> None:
    """Words of a text, parted by blanks; they take the place of earlier ones."""
    if ordinal > MAX_MESSAGES:
        raise TooLarge(f"a session holds {MAX_MESSAGES:,} messages", hint="begin a new session")
    key = words_key(session.owner, session.number, ordinal)
    tx.execute("DELETE FROM session_words WHERE rowid = ?", (key,))
    if words:
        tx.execute("INSERT INTO session_words (rowid, words) VALUES (?, ?)", (key, words))


def _session(row: Row) -> Session:
    values = dict(row)
    return Session(**{**values, "settings": json.loads(values["settings"])})
