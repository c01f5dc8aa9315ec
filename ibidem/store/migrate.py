"""Numbered migrations, each applied once in its own transaction, with a backup before it."""

from __future__ import annotations

import re
import sqlite3
import time
from importlib.resources import files
from pathlib import Path

from ibidem.errors import DataDirUnusable
from ibidem.store.database import APPLICATION_ID, as_store_error, open_for_reading, open_for_writing

_NAME = re.compile(r"(\d{4})_\w+\.sql")


def migrations() -> list[tuple[int, str]]:
    """All migrations as (number, SQL), in order."""
    found = []
    for entry in files("ibidem.store").joinpath("migrations").iterdir():
        if match := _NAME.fullmatch(entry.name):
            found.append((int(match[1]), entry.read_text("utf-8")))
    return sorted(found)


def migrate(path: Path, backups: Path) -> None:
    """Bring the file at `path` to the newest schema, making it if it is not there.

    Raises DataDirUnusable for a file that a newer Ibidem wrote, or one that is not ours; nothing is changed then.
    """
    steps = migrations()
    if path.exists():
        _refuse_foreign(path, newest=steps[-1][0])
    db = open_for_writing(path)
    try:
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        for number, sql in steps:
            if number <= version:
                continue
            if version:
                backup(path, backups / f"before-{number:04d}-{time.strftime('%Y%m%d-%H%M%S')}.db")
            _apply(db, number, sql)
    except sqlite3.Error as error:
        raise as_store_error(error, path) from error
    finally:
        db.close()


def _refuse_foreign(path: Path, newest: int) -> None:
    """Look before anything is written: opening for writing changes the file's header already."""
    db = open_for_reading(path)
    try:
        application: int = db.execute("PRAGMA application_id").fetchone()[0]
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        blank = not version and not application and not db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise as_store_error(error, path) from error
    finally:
        db.close()
    if application != APPLICATION_ID and not blank:
        raise DataDirUnusable(f"{path} is not an Ibidem store", hint="name another --data-dir")
    if version > newest:
        raise DataDirUnusable(
            f"{path} was written by a newer Ibidem (schema {version}, this one knows {newest})", hint="upgrade Ibidem"
        )


def _apply(db: sqlite3.Connection, number: int, sql: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(sql):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _statements(sql: str) -> list[str]:
    """Whole statements; `executescript` would commit between them."""
    statements, current = [], ""
    for line in sql.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current.strip())
            current = ""
    return statements


def backup(path: Path, target: Path) -> None:
    """A whole copy of the store at `target`, written beside it and renamed, so that a half copy never counts."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = target.with_suffix(".part")
    half.unlink(missing_ok=True)
    source = sqlite3.connect(path)
    try:
        source.execute("VACUUM INTO ?", (str(half),))
    finally:
        source.close()
    half.chmod(0o600)
    half.rename(target)
