"""What each kind of server says of its models, as data; what it does not say is unknown."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import Any

import pytest

from ibidem.errors import ContextTooLong, ModelUnreachable
from ibidem.models.base import Capabilities, ChatMessage, ChatRequest
from ibidem.models.catalog import open_model
from ibidem.models.http import ModelServer
from ibidem.models.ollama import CONTEXT_TOKENS, capabilities_of, own_context
from ibidem.models.openai import capabilities_of_entry, openai_server
from ibidem.models.upstream import Advice, Upstream
from ibidem.settings import ModelSettings
from tests.fakes.model_server import FakeModelServer, closed_port

MESSAGES = [ChatMessage("user", "When does the pump start?")]


@pytest.fixture
def settings(model_server: FakeModelServer) -> ModelSettings:
    return ModelSettings(ollama_url=model_server.ollama_url, openai_url=model_server.openai_url)


def asked(name: str, settings: ModelSettings) -> tuple[Capabilities, int | None]:
    """What a model can do, and how it counts."""

    async def ask() -> tuple[Capabilities, int | None]:
        model = open_model(name, settings, str.split)
        try:
            return await model.capabilities(), await model.count(MESSAGES)
        finally:
            await model.close()

    return asyncio.run(ask())


def answered(settings: ModelSettings, *prompts: str) -> None:
    async def ask() -> None:
        model = open_model("ollama:tiny", settings, str.split)
        try:
            for prompt in prompts:
                request = ChatRequest(messages=[ChatMessage("user", prompt)], max_tokens=500)
                _ = [event async for event in model.stream(request)]
        finally:
            await model.close()

    asyncio.run(ask())


# --- Ollama --------------------------------------------------------------------------------------------------------


def test_ollama_tells_what_a_model_can(settings: ModelSettings) -> None:
    able, counted = asked("ollama:tiny", settings)
    assert able == Capabilities(context_tokens=CONTEXT_TOKENS[-1], tools=True, insert=True, schema=True)
    assert counted is None


def test_every_capability_has_its_word() -> None:
    shown = {"capabilities": ["completion", "vision", "thinking"], "model_info": {"general.architecture": "x"}}
    assert capabilities_of(shown) == Capabilities(images=True, thinking=True, schema=True)
    assert capabilities_of({"capabilities": ["embedding"]}) == Capabilities(embedding=True)


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"model_info": None},
        {"model_info": {"general.architecture": ["a"]}},
        {"model_info": {"general.architecture": "x", "x.context_length": "many"}},
        {"model_info": {"general.architecture": "x", "x.context_length": -5}},
    ],
)
def test_a_context_that_is_not_told_is_unknown(shown: dict[str, Any]) -> None:
    assert own_context(shown) == 0
    assert capabilities_of(shown).context_tokens is None


def test_the_window_asked_of_ollama_stays_within_the_models_own(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.shown = {"model_info": {"general.architecture": "gemma2", "gemma2.context_length": 6000}}
    answered(settings, "abc " * 100, "abc " * 3500)
    assert [chat.body["options"]["num_ctx"] for chat in model_server.chats] == [4096, 6000]
    assert [seen.path for seen in model_server.seen].count("/api/show") == 1
    with pytest.raises(ContextTooLong, match="need more than 6000"):
        answered(settings, "abc " * 5000)


def test_a_model_that_ollama_does_not_know_yet_is_asked_about_again(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    async def ask() -> None:
        model = open_model("ollama:tiny", settings, str.split)
        model_server.behaviour = "missing_model"
        assert await model.capabilities() == Capabilities()
        model_server.behaviour = "answer"
        assert (await model.capabilities()).tools
        await model.close()

    asyncio.run(ask())


# --- servers with the OpenAI API -----------------------------------------------------------------------------------


def test_vllm_tells_its_window(settings: ModelSettings, model_server: FakeModelServer) -> None:
    model_server.entry = {"owned_by": "vllm", "max_model_len": 6048}
    assert asked("openai:large:7b", settings) == (Capabilities(context_tokens=6048, insert=None, schema=True), None)


def test_lm_studio_tells_the_loaded_window_tools_and_images(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.studio = {
        "type": "vlm",
        "max_context_length": 131072,
        "loaded_context_length": 8192,
        "capabilities": ["tool_use"],
    }
    able, counted = asked("openai:large:7b", settings)
    assert able == Capabilities(context_tokens=8192, tools=True, images=True, insert=None, schema=True)
    assert counted is None


def test_a_model_that_lm_studio_has_not_loaded_is_asked_for_its_window_again(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    """It is loaded with 4,096 tokens unless its user says otherwise, whatever it was made for."""
    unloaded = {"type": "llm", "max_context_length": 131072}

    async def twice() -> tuple[Capabilities, Capabilities]:
        model = open_model("openai:large:7b", settings, str.split)
        model_server.studio = unloaded
        before = await model.capabilities()
        model_server.studio = unloaded | {"loaded_context_length": 4096}
        after = await model.capabilities()
        await model.close()
        return before, after

    before, after = asyncio.run(twice())
    assert (before.context_tokens, after.context_tokens) == (None, 4096)


def test_llama_server_tells_its_slots_window_and_counts(settings: ModelSettings, model_server: FakeModelServer) -> None:
    model_server.models = ("/models/some.gguf",)
    model_server.entry = {"owned_by": "llamacpp", "meta": {"n_ctx": 4096, "n_ctx_train": 32768}}
    model_server.props = {
        "default_generation_settings": {"n_ctx": 2048},
        "chat_template": "{% if enable_thinking %}...",
        "chat_template_caps": {"supports_tools": True},
        "modalities": {"vision": False},
    }
    able, counted = asked("openai:any-name", settings)
    assert able == Capabilities(context_tokens=2048, tools=True, insert=None, thinking=True, schema=True)
    assert counted == 5


def test_openrouter_tells_parameters_and_inputs() -> None:
    entry = {
        "id": "maker/model",
        "context_length": 163840,
        "supported_parameters": ["tools", "reasoning", "structured_outputs", "max_tokens"],
        "architecture": {"input_modalities": ["text", "image"]},
    }
    assert capabilities_of_entry(entry) == Capabilities(
        insert=None, context_tokens=163840, tools=True, images=True, thinking=True, schema=True
    )


@pytest.mark.parametrize("entry", [{}, {"max_model_len": "much"}, {"supported_parameters": None, "architecture": 3}])
def test_a_server_that_says_nothing_leaves_everything_unknown(
    settings: ModelSettings, model_server: FakeModelServer, entry: dict[str, Any]
) -> None:
    model_server.entry = entry
    able, counted = asked("openai:large:7b", settings)
    assert (able.context_tokens, able.tools, able.images, counted) == (None, False, False, None)


def test_a_server_that_lists_nothing_or_is_silent_leaves_everything_unknown(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.models = ()
    assert asked("openai:tiny", settings) == (Capabilities(insert=None), None)
    model_server.behaviour = "server_error"
    assert asked("openai:tiny", settings) == (Capabilities(insert=None), None)


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_a_server_that_is_not_there_is_an_error(provider: str) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(ModelUnreachable):
        asked(f"{provider}:tiny", ModelSettings(ollama_url=url, openai_url=url))


# --- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://openrouter.ai/api/v1", True),
        ("http://127.0.0.1:1234/v1", False),
        ("https://openrouter.ai.example.org/v1", False),
        ("https://example.org/openrouter.ai/v1", False),
        ("http://[::1", False),
    ],
)
def test_only_openrouter_is_told_which_program_asks(url: str, told: bool) -> None:
    headers = openai_server(ModelSettings(openai_url=url)).headers
    assert (headers.get("X-Title") == "Ibidem") is told
    assert ("HTTP-Referer" in headers) is told


def test_headers_are_sent(model_server: FakeModelServer) -> None:
    advice = Advice(absent="", locked="", unknown="")
    server = ModelServer("a server", model_server.url, ModelSettings(), advice, headers={"X-Title": "Ibidem"})

    async def ask() -> None:
        await server.get("/v1/models", timeout_s=5.0)
        await server.close()

    asyncio.run(ask())
    assert model_server.seen[-1].headers["x-title"] == "Ibidem"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("in an hour", 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_when_to_come_back_may_be_seconds_or_a_date(header: str, seconds: float | None) -> None:
    if header == "in an hour":
        header = formatdate(time.time() + 3600, usegmt=True)
    server = Upstream("a server", "http://localhost", ModelSettings(), Advice(absent="", locked="", unknown=""))
    error = server.refusal(429, "{}", {"retry-after": header})
    found = getattr(error, "retry_after_s", None)
    assert (found is None) if seconds is None else (found is not None and abs(found - seconds) < 60)
