"""The providers that every suite of this folder runs over: Ollama and OpenAI as fakes, llama.cpp as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ibidem.models.base import ChatModel
from ibidem.models.catalog import open_embedder, open_model, open_reranker
from ibidem.models.embed import Embedder
from ibidem.models.engines import Engines
from ibidem.models.rerank import Reranker
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan, Role
from tests.fakes.model_server import FakeModelServer

PROVIDERS = ("ollama", "openai", "llama")
ANSWER = " The code of the blue door is 4821 and it changes every Monday. [1]"  # the tiny model copies passage 1
PROMPT = "Use the passage.\n\n[1] The code of the blue door is 4821 and it changes every Monday.\n\nWhich code?"


def plan(path: str, role: Role) -> EnginePlan:
    return EnginePlan(path, role, context_tokens=4096 if role == "chat" else 1024, slots=2, insert=role == "chat")


@dataclass
class Providers:
    """Opens a model of each kind at any provider."""

    settings: ModelSettings
    engines: Engines
    chat_file: str
    embed_file: str

    def chat(self, provider: str) -> ChatModel:
        name = self.chat_file if provider == "llama" else "tiny:latest"
        return open_model(f"{provider}:{name}", self.settings, str.split, self.engines)

    def embedder(self, provider: str) -> Embedder:
        name = self.embed_file if provider == "llama" else "tiny:latest"
        return open_embedder(f"{provider}:{name}", self.settings, self.engines)

    def reranker(self, provider: str) -> Reranker:
        name = self.embed_file if provider == "llama" else "tiny:latest"
        return open_reranker(f"{provider}:{name}", self.settings, self.engines)


@pytest.fixture
def providers(model_server: FakeModelServer, tiny_chat: str, tiny_embed: str) -> Iterator[Providers]:
    """The fakes answer what the tiny model would."""
    model_server.reply = [ANSWER[start : start + 8] for start in range(0, len(ANSWER), 8)]
    settings = ModelSettings(
        ollama_url=model_server.ollama_url,
        openai_url=model_server.openai_url,
        first_token_timeout_s=10.0,
        load_timeout_s=60.0,
    )
    engines = Engines(plan, settings)
    yield Providers(settings, engines, tiny_chat, tiny_embed)
    engines.close()
