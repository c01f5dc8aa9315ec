"""The engine of `room`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.app import build
from ibidem.settings import load
from tests.fakes.model_server import model_server
from tests.models.conftest import made, tiny_embed
from tests.tasks.room import Room

__all__ = ["made", "model_server", "tiny_embed"]


@pytest.fixture
def room(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    """An engine over a fresh data directory; `@pytest.mark.parametrize("room", [{...}], indirect=True)` gives settings."""
    umask = os.umask(0o022)
    app = build(load(tmp_path / "data", environ=getattr(request, "param", {})))
    os.umask(0o022)  # the engine keeps its own files private; those that tests make are the user's
    yield Room(app)
    app.close()
    os.umask(umask)
