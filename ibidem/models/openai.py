"""A request becomes an OpenAI chat completion: `/chat/completions`, server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Literal

from ibidem.models.base import Capabilities, ChatMessage, ChatRequest, Done, ModelEvent, ReasoningDelta, TextDelta
from ibidem.models.http import ModelServer
from ibidem.models.upstream import Advice, as_count, as_dict, as_text
from ibidem.settings import ModelSettings
from ibidem.types import Usage


def openai_server(settings: ModelSettings, model: str = "NAME") -> ModelServer:
    return ModelServer(
        "the OpenAI-compatible server",
        settings.openai_url,
        settings,
        Advice(
            absent="start the server, set `openai_url` under [models], or use --model quotes",
            locked="set `openai_key` under [models] in ibidem.toml, or IBIDEM_MODELS__OPENAI_KEY",
            unknown=f"load {model} in the server, or check `openai_url`: it mostly ends in /v1",
        ),
        key=settings.openai_key,
    )


class OpenAIModel:
    """A model behind any OpenAI-compatible server: LM Studio, vLLM, llama-server, OpenRouter."""

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._server = openai_server(settings, model)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        body = chat_body(request, self._model)
        stream = self._server.stream("/chat/completions", body, Completion(self._server), max_tokens=request.max_tokens)
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    async def capabilities(self) -> Capabilities:
        return Capabilities()

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        return None

    async def close(self) -> None:
        await self._server.close()


def chat_body(request: ChatRequest, model: str) -> dict[str, Any]:
    """A request in the OpenAI shape, streamed, with its usage at the end."""
    body: dict[str, Any] = {
        "model": model,
        "messages": messages_body(request.messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def messages_body(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


class Completion:
    """Reads a streamed chat completion."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._usage = Usage()
        self._reason: Literal["stop", "length"] | None = None

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        name, _, data = line.partition(":")
        if name == "data":
            return self._read_data(data.strip())
        if line.startswith("{"):
            self._server.parse(line)  # some servers report an error without the SSE frame
        elif name == "error":
            self._server.parse(f'{{"error": {data}}}')  # the frame of older llama-servers
        return None  # a comment, a blank line, or a field that has no use here

    def _read_data(self, data: str) -> Sequence[ModelEvent]:
        if data == "[DONE]":
            return [Done(self._usage, self._reason or "stop")]
        chunk = self._server.parse(data)
        if counts := as_dict(chunk.get("usage")):
            self._usage = Usage(
                prompt=as_count(counts.get("prompt_tokens")),
                reused=as_count(as_dict(counts.get("prompt_tokens_details")).get("cached_tokens")),
                completion=as_count(counts.get("completion_tokens")),
            )
        choices = chunk.get("choices")
        choice = as_dict(choices[0]) if isinstance(choices, list) and choices else {}
        if reason := choice.get("finish_reason"):
            self._reason = "length" if reason == "length" else "stop"
        delta = as_dict(choice.get("delta"))
        events: list[ModelEvent] = []
        if reasoning := as_text(delta.get("reasoning_content") or delta.get("reasoning")):
            events.append(ReasoningDelta(reasoning))
        if content := as_text(delta.get("content")):
            events.append(TextDelta(content))
        return events

    def end(self) -> Done | None:
        """Some servers leave out `[DONE]`; a finish reason says as well that the text is whole."""
        return Done(self._usage, self._reason) if self._reason else None
