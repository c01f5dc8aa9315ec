"""Indexes over a store in a temporary folder; replay runs in this process unless a test wants a child."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibidem.index.indexes import Indexes
from ibidem.store.database import Database


def in_process(function: str, payload: dict[str, Any]) -> Iterator[Any]:
    """As a child does it."""
    module, _, name = function.partition(":")
    yield from getattr(importlib.import_module(module), name)(payload)


@pytest.fixture
def indexes(tmp_path: Path, db: Database) -> Iterator[Indexes]:
    (tmp_path / "index").mkdir()
    made = Indexes(tmp_path / "index", db, in_process)
    yield made
    made.close()
