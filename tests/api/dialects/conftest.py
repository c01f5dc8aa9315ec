"""A workspace `plant` over a fake upstream, and a client without a key, as those of the dialects are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import Server, put_text, serving, workspace
from tests.fakes.model_server import FakeModelServer

QUESTION = "When does the reserve pump start?"
ASKED = [{"role": "user", "content": QUESTION}]
ANSWER = "The pump starts at 4.2 bar [1]."


@pytest.fixture(scope="package")
def upstream() -> Iterator[FakeModelServer]:
    server = FakeModelServer(models=("tiny:latest", "large:7b"))
    yield server
    server.close()


@pytest.fixture
def model(upstream: FakeModelServer) -> FakeModelServer:
    """Behaving well until told otherwise, and without memory of earlier tests."""
    upstream.behaviour = "answer"
    upstream.reply = ("The pump ", "starts at ", "4.2 bar [1].")
    upstream.pause_s = 0.0
    upstream.chunk_bytes = 0
    upstream.loaded = ()
    upstream.seen.clear()
    upstream._someone_left.clear()
    upstream._someone_asked.clear()
    return upstream


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModelServer) -> Iterator[Server]:
    with serving_plant(tmp_path_factory.mktemp("dialects") / "data", upstream) as running:
        yield running


@contextmanager
def serving_plant(data: Path, upstream: FakeModelServer, **more: str) -> Iterator[Server]:
    settings = {
        "IBIDEM_MODELS__OLLAMA_URL": upstream.ollama_url,
        "IBIDEM_MODELS__OPENAI_URL": upstream.openai_url,
        "IBIDEM_MODELS__DEFAULT": "ollama:tiny:latest",
        "IBIDEM_MODELS__RERANKER": "scripted:words",
        "IBIDEM_MODELS__FIRST_TOKEN_TIMEOUT_S": "5",
        "IBIDEM_DIALECTS__ALIASES": "gpt-4o=plant, stub=plain/ollama.tiny, stub-src = plant",
    }
    with serving(data, **settings, **more) as running:
        workspace(running, "Plant")
        put_text(running, "pumps.md", "# Pumps\nThe reserve pump starts at 4.2 bar.\n", "plant")
        put_text(
            running, "valves.md", "# Valves\nThe relief valve opens at 9.1 bar, behind the reserve pump.\n", "plant"
        )
        yield running


@pytest.fixture
def client(server: Server, model: FakeModelServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as client:
        yield client


def prompt(model: FakeModelServer) -> list[dict[str, Any]]:
    """The messages of the last chat that the upstream saw."""
    messages: list[dict[str, Any]] = model.chats[-1].body["messages"]
    return messages
