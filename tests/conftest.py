"""What many suites need: a clock that tests move, a fresh store, its home workspace, and somebody else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.store.database import Database
from ibidem.store.migrate import migrate
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, ensure_home, get_workspace

# Every commit of the store is synced: in memory that costs nothing, on a busy disk most of a test's time.
MEMORY = Path("/dev/shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "ibidem.db"
    migrate(path, tmp_path / "backups")
    database = Database(path)
    yield database
    database.close()


@pytest.fixture
def home(db: Database) -> Workspace:
    ensure_home(db, LOCAL_OWNER, 0.0)
    return get_workspace(db, LOCAL_OWNER)


@pytest.fixture
def stranger(db: Database) -> int:
    """Another user's id."""
    insert = "INSERT INTO user (name, role, created_at) VALUES ('other', 'member', 0) RETURNING id"
    user_id: int = db.write(lambda tx: tx.execute(insert).fetchone()["id"])
    return user_id
