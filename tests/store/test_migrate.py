"""Old or new, never between: migrations are whole, backed up, and refuse what is not theirs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ibidem.errors import DataDirUnusable
from ibidem.store import migrate as migration
from ibidem.store.database import APPLICATION_ID
from ibidem.store.migrate import backup, migrate, migrations

SECOND = "CREATE TABLE second (\n    id INTEGER\n);\nINSERT INTO second VALUES (7);\n"


def schema(path: Path) -> tuple[int, set[str]]:
    """The version and the tables of the file."""
    db = sqlite3.connect(path)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    return version, tables


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "ibidem.db", tmp_path / "backups"


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> int:
    """The next migration, as a later release would bring it; returns its number."""
    known = migrations()
    number = known[-1][0] + 1
    monkeypatch.setattr(migration, "migrations", lambda: [*known, (number, SECOND)])
    return number


def test_a_fresh_store_gets_the_newest_schema_and_no_backup(paths: tuple[Path, Path]) -> None:
    migrate(*paths)
    version, tables = schema(paths[0])
    assert version == migrations()[-1][0]
    assert {"user", "workspace", "document", "chunk", "job", "run"} <= tables
    assert not paths[1].exists()


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_migrating_again_changes_nothing(paths: tuple[Path, Path]) -> None:
    migrate(*paths)
    before = paths[0].read_bytes()
    migrate(*paths)
    assert paths[0].read_bytes() == before
    assert not paths[1].exists()


def test_a_later_migration_is_applied_once_after_a_backup(paths: tuple[Path, Path], second: int) -> None:
    known = migration.migrations
    try:
        migration.migrations = lambda: known()[:-1]  # type: ignore[assignment]
        migrate(*paths)
    finally:
        migration.migrations = known  # type: ignore[assignment]
    db = sqlite3.connect(paths[0])
    db.execute("UPDATE user SET name = 'kept'")
    db.commit()
    db.close()
    migrate(*paths)
    migrate(*paths)
    version, tables = schema(paths[0])
    assert version == second and "second" in tables
    (copy,) = paths[1].iterdir()
    assert copy.name.startswith(f"before-{second:04d}-") and copy.stat().st_mode & 0o777 == 0o600
    old_version, old_tables = schema(copy)
    assert old_version == second - 1 and "second" not in old_tables
    assert sqlite3.connect(copy).execute("SELECT name FROM user").fetchone()[0] == "kept"


def test_a_migration_that_fails_leaves_the_old_schema(
    paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(*paths)
    before = schema(paths[0])
    broken = [*migrations(), (before[0] + 1, SECOND + "CREATE TABLE user (id INTEGER);\n")]
    monkeypatch.setattr(migration, "migrations", lambda: broken)
    with pytest.raises(Exception, match="already exists"):
        migrate(*paths)
    assert schema(paths[0]) == before


@pytest.mark.parametrize("statements", [0, 1, 2])
def test_a_migration_that_is_killed_leaves_the_old_schema_and_is_done_at_the_next_start(
    paths: tuple[Path, Path], second: int, statements: int
) -> None:
    killed = f"""
import os, signal, sys
from pathlib import Path
from ibidem.store import migrate as migration
path, backups = map(Path, sys.argv[1:])
migration.migrate(path, backups)
known, split = migration.migrations(), migration._statements
def dying(sql):
    yield from split(sql)[:{statements}]
    os.kill(os.getpid(), signal.SIGKILL)
migration.migrations = lambda: [*known, ({second}, {SECOND!r})]
migration._statements = dying
migration.migrate(path, backups)
"""
    done = subprocess.run([sys.executable, "-c", killed, *map(str, paths)], timeout=60, check=False)
    assert done.returncode == -9
    version, tables = schema(paths[0])
    assert version == second - 1 and "second" not in tables
    migrate(*paths)
    assert schema(paths[0])[0] == second


def test_a_store_of_a_newer_version_is_refused_and_left_alone(paths: tuple[Path, Path]) -> None:
    migrate(*paths)
    db = sqlite3.connect(paths[0])
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = paths[0].read_bytes()
    with pytest.raises(DataDirUnusable, match="newer") as error:
        migrate(*paths)
    assert "upgrade" in error.value.hint
    assert paths[0].read_bytes() == before


@pytest.mark.parametrize(("version", "application"), [(0, 0), (1, 0), (3, 0), (1, 0x1234), (0, 0x1234)])
def test_another_programs_database_is_refused_and_left_alone(
    paths: tuple[Path, Path], version: int, application: int
) -> None:
    db = sqlite3.connect(paths[0])
    db.execute("CREATE TABLE theirs (id INTEGER)")
    db.execute(f"PRAGMA user_version = {version}")
    db.execute(f"PRAGMA application_id = {application}")
    db.commit()
    db.close()
    before = paths[0].read_bytes()
    with pytest.raises(DataDirUnusable, match="not an Ibidem store"):
        migrate(*paths)
    assert paths[0].read_bytes() == before


def test_the_file_says_whose_it_is(paths: tuple[Path, Path]) -> None:
    migrate(*paths)
    assert sqlite3.connect(paths[0]).execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def test_a_backup_holds_what_the_write_ahead_log_holds(paths: tuple[Path, Path]) -> None:
    migrate(*paths)
    db = sqlite3.connect(paths[0])
    db.execute("UPDATE user SET name = 'in the log'")
    db.commit()
    copy = paths[1] / "copy.db"
    copy.parent.mkdir()
    copy.with_suffix(".part").write_bytes(b"half a copy of a program that ended")
    backup(paths[0], copy)
    db.close()
    assert sqlite3.connect(copy).execute("SELECT name FROM user").fetchone()[0] == "in the log"
    assert [path.name for path in paths[1].iterdir()] == ["copy.db"]


def test_code_read_before_references_were_stored_is_read_again_and_stays_searchable_until_then(
    paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations()
    with monkeypatch.context() as before:
        before.setattr(migration, "migrations", lambda: known[:3])
        migrate(*paths)
    db = sqlite3.connect(paths[0])
    db.execute("INSERT INTO workspace (id, owner, slug, name, created_at) VALUES (7, 1, 'w', 'w', 0)")
    db.execute("INSERT INTO source VALUES ('s', 1, 7, '/s', X'2f73', 1, 'ready', '', 0, 0, 0)")
    add = (
        "INSERT INTO document (id, owner, workspace, source, raw_path, path, title, media_type, state, sha256, mtime_ns,"
        " version, next_version, created_at, updated_at) VALUES (?, 1, 7, ?, ?, ?, ?, ?, ?, 'ab', 5, 2, 2, 0, 0)"
    )
    for name, source, media_type, state in (
        ("file", "s", "text/x-python", "ok"),
        ("upload", None, "text/x-python", "ok"),
        ("waiting", None, "text/x-python", "queued"),
        ("page", None, "text/markdown", "ok"),
        ("note", "s", "text/markdown", "ok"),
    ):
        db.execute(add, (name, source, name.encode() if source else None, name, name, media_type, state))
    db.execute("INSERT INTO symbol VALUES (1, 'file', 2, 'Pool', 'class', '', 1, 2, 0, 9, 'class Pool', '')")
    db.commit()
    db.close()
    migrate(*paths)
    db = sqlite3.connect(paths[0])
    found = {row[0]: row[1:] for row in db.execute("SELECT id, sha256, mtime_ns, state, version FROM document")}
    assert found == {
        "file": ("", -1, "ok", 2),
        "upload": ("", 5, "queued", 2),
        "waiting": ("ab", 5, "queued", 2),
        "page": ("ab", 5, "ok", 2),
        "note": ("ab", 5, "ok", 2),
    }
    assert db.execute("SELECT owner, kind, payload, state FROM job").fetchall() == [
        (1, "upload", '{"document":"upload"}', "queued")
    ]
    assert db.execute("SELECT name, workspace FROM symbol").fetchall() == [("Pool", 7)]
    db.close()
