"""Queues of every kind, with a table of effects that tests write beside their jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ibidem.jobs.queue import Queue
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.store.database import Database
from tests.conftest import Clock


@dataclass(frozen=True)
class Effects:
    """Rows that commit with a job: `write` takes the queue's own transaction."""

    write: Callable[[Any, str], None]
    read: Callable[[], list[str]]


@pytest.fixture
def sqlite_queue(db: Database, clock: Clock) -> SqliteQueue:
    return SqliteQueue(db, clock=clock)


@pytest.fixture
def third(db: Database) -> int:
    """A third user's id."""
    db.write(lambda tx: tx.execute("INSERT INTO user (id, name, role, created_at) VALUES (3, 'third', 'member', 0)"))
    return 3


@pytest.fixture
def sqlite_effects(db: Database) -> Effects:
    db.write(lambda tx: tx.execute("CREATE TABLE effect (text TEXT)"))

    def write(tx: Any, text: str) -> None:
        tx.execute("INSERT INTO effect VALUES (?)", (text,))

    return Effects(write, lambda: [row["text"] for row in db.read("SELECT text FROM effect ORDER BY rowid")])


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def queue(request: pytest.FixtureRequest, backend: str) -> Queue:
    return request.getfixturevalue(f"{backend}_queue")


@pytest.fixture
def effects(request: pytest.FixtureRequest, backend: str) -> Effects:
    return request.getfixturevalue(f"{backend}_effects")


def in_threads(count: int, work: Callable[[], None]) -> None:
    """Run `work` in so many threads at once; what one of them raises is raised."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]
