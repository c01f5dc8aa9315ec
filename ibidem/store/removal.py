"""Workspaces and sources leave with all their documents, in short steps: streams share the writer."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Literal

from ibidem.errors import Conflict
from ibidem.store.database import Database
from ibidem.store.documents import delete_documents
from ibidem.store.workspaces import HOME, Source, Workspace, list_sources


def empty_workspace(db: Database, workspace: Workspace) -> None:
    """Take its sources and documents away in short steps; the workspace itself stays."""
    for source in list_sources(db, workspace):
        remove_source(db, source)
    while ids := _some_documents(db, "workspace", workspace.id):
        db.write(partial(delete_documents, owner=workspace.owner, ids=ids))


def delete_workspace(db: Database, workspace: Workspace) -> None:
    """Raises Conflict for `home`, which every owner has."""
    if workspace.slug == HOME:
        raise Conflict("the workspace home cannot be deleted", hint="delete its sources and documents", field="slug")
    place = (workspace.id, workspace.owner)

    def drop(tx: sqlite3.Connection) -> bool:
        """False when a document came in while the others went."""
        for table in ("source", "document"):
            if tx.execute(f"SELECT 1 FROM {table} WHERE workspace = ? AND owner = ? LIMIT 1", place).fetchone():
                return False
        tx.execute("DELETE FROM change WHERE workspace = ? AND owner = ?", place)
        tx.execute("DELETE FROM workspace WHERE id = ? AND owner = ?", place)
        return True

    empty_workspace(db, workspace)
    while not db.write(drop):
        empty_workspace(db, workspace)


def remove_source(db: Database, source: Source) -> None:
    """The source goes, and its documents with it, in short steps."""
    place = (source.id, source.owner)

    def drop(tx: sqlite3.Connection) -> bool:
        """False when a walk that is under way has brought a document back."""
        if tx.execute("SELECT 1 FROM document WHERE source = ? AND owner = ? LIMIT 1", place).fetchone():
            return False
        tx.execute("DELETE FROM source WHERE id = ? AND owner = ?", place)
        return True

    db.write(lambda tx: tx.execute("UPDATE source SET watch = 0 WHERE id = ? AND owner = ?", place))
    while not db.write(drop):
        ids = _some_documents(db, "source", source.id)
        db.write(partial(delete_documents, owner=source.owner, ids=ids))


def _some_documents(db: Database, column: Literal["source", "workspace"], value: str | int) -> list[str]:
    return [row["id"] for row in db.read(f"SELECT id FROM document WHERE {column} = ? LIMIT 200", (value,))]
