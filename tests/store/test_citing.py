"""Which sessions cite a document: the owner's own, as they are now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import ibidem.store.migrate as migration
from ibidem.store.citing import sessions_citing
from ibidem.store.database import Database
from ibidem.store.messages import add_message, end_answer
from ibidem.store.migrate import migrate, migrations
from ibidem.store.session_removal import delete_session
from ibidem.store.sessions import Session, create_session

Answer = Callable[..., Session]


@pytest.fixture
def answer(db: Database) -> Answer:
    """A session of `owner` with an answer that cites these documents."""

    def made(*documents: str, owner: int = 1, at: float = 1.0, into: Session | None = None) -> Session:
        session = into or db.write(
            lambda tx: create_session(tx, owner, title="t", words="", workspace="home", settings={}, now=at)
        )
        citations = [{"document_id": document} for document in documents]
        name = f"{session.id}-{at}"
        db.write(
            lambda tx: add_message(
                tx, session, name, parent=None, role="assistant", content="c", words="", status="running", now=at
            )
        )
        message = {"id": name, "content": "c", "status": "finished", "citations": citations}
        db.write(lambda tx: end_answer(tx, owner, message, words="", sent=None))
        return session

    return made


def found(db: Database, document: str, owner: int = 1) -> list[tuple[str, int]]:
    return [(one.session, one.answers) for one in sessions_citing(db, owner, document, start=0, limit=50)]


def test_sessions_are_listed_the_latest_first_each_once(db: Database, answer: Answer) -> None:
    first, second = answer("a", "a", "b", at=1), answer("a", at=2)
    assert found(db, "a") == [(second.id, 1), (first.id, 1)]
    answer("a", at=3, into=first)
    assert found(db, "a") == [(first.id, 2), (second.id, 1)]
    assert found(db, "b") == [(first.id, 1)]
    assert found(db, "c") == []


def test_another_owners_chats_are_not_told(db: Database, answer: Answer, stranger: int) -> None:
    theirs = answer("a", owner=stranger)
    assert found(db, "a") == []
    assert found(db, "a", stranger) == [(theirs.id, 1)]


def test_a_deleted_session_cites_nothing_and_leaves_nothing(db: Database, answer: Answer) -> None:
    session = answer("a", "b")
    delete_session(db, session)
    assert found(db, "a") == []
    assert db.read("SELECT * FROM cited") == []


def test_answers_of_before_the_table_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrations()
    paths = tmp_path / "ibidem.db", tmp_path / "backups"
    with monkeypatch.context() as before:
        before.setattr(migration, "migrations", lambda: known[:10])
        migrate(*paths)
    old = sqlite3.connect(paths[0])
    old.execute(
        "INSERT INTO session (id, owner, title, workspace, settings, touched, created_at, updated_at)"
        " VALUES ('s', 1, 't', 'home', '{}', 1, 0, 0)"
    )
    for ordinal, details in enumerate(({"citations": [{"document_id": "a"}, {"document_id": "a"}]}, {}, {"usage": {}})):
        old.execute(
            "INSERT INTO message (id, owner, session, ordinal, role, content, status, details, created_at)"
            " VALUES (?, 1, 's', ?, 'assistant', 'c', 'finished', ?, 0)",
            (f"m{ordinal}", ordinal, json.dumps(details)),
        )
    old.commit()
    old.close()
    migrate(*paths)
    db = Database(paths[0])
    try:
        assert found(db, "a") == [("s", 1)]
    finally:
        db.close()
