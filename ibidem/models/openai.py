"""A request becomes an OpenAI chat completion: `/chat/completions`, server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ibidem.errors import ModelError, ModelRejected, ModelTimeout, ModelUnreachable
from ibidem.models.base import Capabilities, ChatMessage, ChatRequest, CompletionRequest, ModelEvent
from ibidem.models.http import ModelServer
from ibidem.models.openai_wire import Completion, chat_body, completion_body, messages_body
from ibidem.models.upstream import Advice, as_count, as_dict, as_text, host_of
from ibidem.settings import ModelSettings

OPENROUTER = "openrouter.ai"
OPENROUTER_HEADERS = {"HTTP-Referer": "http://localhost:8765", "X-Title": "Ibidem"}  # whom its statistics name


def openai_server(settings: ModelSettings, model: str = "NAME", *, root: bool = False) -> ModelServer:
    """`root`: the address without its `/v1`, where servers keep what OpenAI has no word for."""
    url = settings.openai_url.strip().rstrip("/")
    return ModelServer(
        "the OpenAI-compatible server",
        url.removesuffix("/v1") if root else url,
        settings,
        Advice(
            absent="start the server, set `openai_url` under [models], or use --model quotes",
            locked="set IBIDEM_MODELS__OPENAI_KEY, or name a file that holds the key as `openai_key_file` under [models]",
            unknown=f"load {model} in the server, or check `openai_url`: it mostly ends in /v1",
        ),
        key=settings.openai_key,
        headers=OPENROUTER_HEADERS if host_of(url) == OPENROUTER else None,
    )


class OpenAIModel:
    """A model behind any OpenAI-compatible server: LM Studio, vLLM, llama-server, OpenRouter."""

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._server = openai_server(settings, model)
        self._root = openai_server(settings, model, root=True)
        self._timeout_s = settings.connect_timeout_s
        self._capabilities: Capabilities | None = None
        self._counts = False  # llama-server does
        self._loaded = True  # else LM Studio loads it with the first answer, and only then knows its window

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        body = chat_body(request, self._model)
        stream = self._server.stream("/chat/completions", body, Completion(self._server), max_tokens=request.max_tokens)
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        """Servers differ in whether they know a suffix: llama-server and vLLM leave it out."""
        body = completion_body(request, self._model)
        stream = self._server.stream("/completions", body, Completion(self._server), max_tokens=request.max_tokens)
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    async def capabilities(self) -> Capabilities:
        if self._capabilities is None or not self._loaded:
            listed = await self._asked(self._server, "/models")
            self._capabilities = await self._learn(entry_of(listed, self._model)) if listed else None
        return self._capabilities or Capabilities(insert=None)

    async def _learn(self, entry: Mapping[str, Any]) -> Capabilities:
        """Every kind of server tells in its own way, and is known by it."""
        if entry.get("owned_by") == "llamacpp":
            self._counts = True
            props = await self._asked(self._root, "/props")
            window = as_count(as_dict(props.get("default_generation_settings")).get("n_ctx"))
            return capabilities_of_props(props, window or as_count(as_dict(entry.get("meta")).get("n_ctx")) or None)
        if "supported_parameters" in entry or "max_model_len" in entry:
            return capabilities_of_entry(entry)
        studio = entry_of(await self._asked(self._root, "/api/v0/models"), self._model)
        self._loaded = "max_context_length" not in studio or "loaded_context_length" in studio
        return capabilities_of_studio(studio)

    async def _asked(self, server: ModelServer, path: str) -> dict[str, Any]:
        """Empty where the server knows no such path, or does not answer now. Raises ModelUnreachable."""
        try:
            return await server.get(path, timeout_s=self._timeout_s)
        except ModelUnreachable:
            raise
        except ModelError:
            return {}

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        await self.capabilities()
        if not self._counts:
            return None
        body = {"messages": messages_body(messages)}
        try:
            counted = await self._server.post("/chat/completions/input_tokens", body, timeout_s=self._timeout_s)
        except (ModelRejected, ModelTimeout):
            return None  # an older one; or one that is reading a long prompt
        return as_count(counted.get("input_tokens")) or None

    async def close(self) -> None:
        await self._server.close()
        await self._root.close()


def entry_of(listed: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The model's entry in a list of models; the only one there is, since such a server runs it under any name."""
    entries = listed.get("data")
    found = [as_dict(entry) for entry in entries] if isinstance(entries, list) else []
    named = [entry for entry in found if entry.get("id") == model]
    return (named or (found if len(found) == 1 else [{}]))[0]


def capabilities_of_entry(entry: Mapping[str, Any]) -> Capabilities:
    """vLLM's and OpenRouter's entries in `/v1/models`. vLLM does not say whether it takes tools or images."""
    listed = entry.get("supported_parameters")
    able = set(map(str, listed)) if isinstance(listed, list) else set()
    inputs = as_dict(entry.get("architecture")).get("input_modalities")
    return Capabilities(
        context_tokens=as_count(entry.get("max_model_len")) or as_count(entry.get("context_length")) or None,
        tools="tools" in able,
        images=isinstance(inputs, list) and "image" in inputs,
        insert=None,
        thinking="reasoning" in able,
        schema="structured_outputs" in able or "max_model_len" in entry,
    )


def capabilities_of_studio(entry: Mapping[str, Any]) -> Capabilities:
    """LM Studio's entry in `/api/v0/models`. The context is the loaded one: it is mostly smaller than the model's own."""
    able = entry.get("capabilities")
    return Capabilities(
        context_tokens=as_count(entry.get("loaded_context_length")) or None,
        tools=isinstance(able, list) and "tool_use" in able,
        images=entry.get("type") == "vlm",
        insert=None,
        schema=entry.get("type") in ("llm", "vlm"),
    )


def capabilities_of_props(
    props: Mapping[str, Any], context_tokens: int | None, *, insert: bool | None = None
) -> Capabilities:
    """llama.cpp's `/props`; `insert` is not told there."""
    template = as_text(props.get("chat_template"))
    return Capabilities(
        context_tokens=context_tokens,
        tools=bool(as_dict(props.get("chat_template_caps")).get("supports_tools")),
        images=bool(as_dict(props.get("modalities")).get("vision")),
        insert=insert,
        thinking="enable_thinking" in template or "<think>" in template,
        schema=True,
    )
