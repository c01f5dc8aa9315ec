"""A session leaves with all it holds, in short steps: streams share the writer."""

from __future__ import annotations

import json
import sqlite3
from functools import partial

from ibidem.store.database import Database
from ibidem.store.sessions import MAX_MESSAGES, Session, words_key

STEP = 200  # messages


def delete_session(db: Database, session: Session) -> list[str]:
    """Nobody sees it any more once this returns. Gives back the ids of its attachments, whose files are to go."""
    first, last = (words_key(session.owner, session.number, ordinal) for ordinal in (0, MAX_MESSAGES))

    def drop_words(tx: sqlite3.Connection) -> int:
        rows = tx.execute(
            "SELECT rowid FROM session_words WHERE rowid BETWEEN ? AND ? LIMIT ?", (first, last, STEP)
        ).fetchall()
        if rows:
            end = rows[-1]["rowid"]
            tx.execute("DELETE FROM session_words WHERE rowid BETWEEN ? AND ?", (first, end))
        return len(rows)

    def drop(tx: sqlite3.Connection) -> None:
        tx.execute("DELETE FROM session_words WHERE rowid BETWEEN ? AND ?", (first, last))
        tx.execute("DELETE FROM session WHERE id = ? AND owner = ?", (session.id, session.owner))

    while db.write(drop_words) == STEP:
        pass
    db.write(drop)
    files: list[str] = []
    while step := db.write(partial(_drop_messages, session=session.id)):
        files += step[1]
    return files


def delete_orphans(db: Database) -> bool:
    """At start: one step of what a deletion left behind when the program ended. False: there is nothing."""
    row = db.read_one(
        "SELECT session FROM message WHERE NOT EXISTS (SELECT 1 FROM session AS s WHERE s.id = message.session) LIMIT 1"
    )
    return bool(row and db.write(partial(_drop_messages, session=row["session"])))


def _drop_messages(tx: sqlite3.Connection, session: str) -> tuple[int, list[str]] | None:
    """The last messages of a session that is gone, since a child came after its parent. None: there are none."""
    ids = [
        row["id"]
        for row in tx.execute("SELECT id FROM message WHERE session = ? ORDER BY ordinal DESC LIMIT ?", (session, STEP))
    ]
    gone = json.dumps(ids)
    dropped = tx.execute(
        "DELETE FROM attachment WHERE message IN (SELECT value FROM json_each(?)) RETURNING id", (gone,)
    ).fetchall()
    tx.execute("DELETE FROM feedback WHERE message IN (SELECT value FROM json_each(?))", (gone,))
    for message_id in ids:  # one by one: a child before its parent
        tx.execute("DELETE FROM message WHERE id = ?", (message_id,))
    return (len(ids), [row["id"] for row in dropped]) if ids else None
