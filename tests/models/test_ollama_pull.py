"""Ollama fetches a model for us; what it says on the way and at the end is passed on."""

from __future__ import annotations

import pytest

from ibidem.errors import IbidemError, ModelCutOff, ModelRejected, ModelUnreachable, NotFound
from ibidem.models.ollama_pull import ollama_pull
from ibidem.settings import ModelSettings
from tests.fakes.hub import Hub, hub
from tests.fakes.model_server import closed_port

__all__ = ["hub"]

LAYERS = [
    {"status": "pulling manifest"},
    {"status": "pulling a1", "digest": "sha256:a1", "total": 5_000_000_000},
    {"status": "pulling a1", "digest": "sha256:a1", "total": 5_000_000_000, "completed": 2_500_000_000},
    {"status": "pulling b2", "digest": "sha256:b2", "total": 1000, "completed": 1000},
    {"status": "verifying sha256 digest"},
]


def fetched(hub: Hub, *lines: dict[str, object]) -> list[tuple[str, int, int]]:
    hub.routes = {"/api/pull": list(lines)}
    seen: list[tuple[str, int, int]] = []
    ollama_pull("tiny", ModelSettings(ollama_url=hub.url), on_progress=lambda *stage: seen.append(stage))
    return seen


def test_its_progress_is_that_of_all_layers_together(hub: Hub) -> None:
    seen = fetched(hub, *LAYERS, {"status": "success"})
    assert seen[0] == ("pulling manifest", 0, 0)
    assert seen[2] == ("pulling a1", 2_500_000_000, 5_000_000_000)
    assert seen[3] == ("pulling b2", 2_500_001_000, 5_000_001_000)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([{"error": "pull model manifest: file does not exist"}], NotFound),
        ([*LAYERS, {"error": "write: no space left on device"}], ModelRejected),
        (LAYERS, ModelCutOff),
        (["not an object"], ModelCutOff),
    ],
)
def test_a_pull_that_fails_says_why(hub: Hub, lines: list[dict[str, object]], error: type[IbidemError]) -> None:
    with pytest.raises(error) as failed:
        fetched(hub, *lines)
    assert failed.value.hint


def test_an_older_server_without_the_route_is_told(hub: Hub) -> None:
    hub.routes = {"/elsewhere": {}}
    with pytest.raises(ModelRejected):
        ollama_pull("tiny", ModelSettings(ollama_url=hub.url))


def test_no_server_is_told_with_the_next_step() -> None:
    with pytest.raises(ModelUnreachable) as failed:
        ollama_pull("tiny", ModelSettings(ollama_url=f"http://127.0.0.1:{closed_port()}"))
    assert "ollama serve" in failed.value.hint
