"""Chunks come back whole, and by the shortest way."""

from __future__ import annotations

from typing import Any

import pytest

from ibidem.store.chunks import chunks_by_id
from ibidem.store.database import Database
from ibidem.store.workspaces import Workspace


def test_chunks_are_looked_up_by_their_ids_however_many_documents_there_are(
    db: Database, home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(db, "read", lambda sql, values=(): asked.append((sql, values)) or [])
    chunks_by_id(db, home, [1, 2, 3])
    monkeypatch.undo()
    sql, values = asked[0]
    plan = [row["detail"] for row in db.read(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plan[0].startswith("SEARCH c USING INTEGER PRIMARY KEY")
    assert plan[1].endswith("(id=?)")
