"""One server for all tests of the API: they keep apart by workspace and title."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Server, serving
from tests.fakes.model_server import FakeModelServer

MAX_UPLOAD_BYTES = 400_000


@pytest.fixture(scope="session")
def shared_model() -> Iterator[FakeModelServer]:
    server = FakeModelServer()
    yield server
    server.close()


@pytest.fixture
def model(shared_model: FakeModelServer) -> FakeModelServer:
    """The model server that `server` knows as Ollama and as OpenAI, behaving well until told otherwise."""
    shared_model.behaviour = "answer"
    shared_model.reply = ("The pump ", "starts at ", "4.2 bar [1].")
    shared_model.pause_s = 0.0
    return shared_model


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, shared_model: FakeModelServer) -> Iterator[Server]:
    settings = {
        "IBIDEM_SERVE__MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
        "IBIDEM_MODELS__OLLAMA_URL": shared_model.ollama_url,
        "IBIDEM_MODELS__OPENAI_URL": shared_model.openai_url,
        "IBIDEM_MODELS__FIRST_TOKEN_TIMEOUT_S": "0.6",
        "IBIDEM_MODELS__IDLE_TIMEOUT_S": "0.6",
        "IBIDEM_JOBS__ANSWERS": "8",
    }
    with serving(tmp_path_factory.mktemp("api") / "data", **settings) as running:
        yield running
