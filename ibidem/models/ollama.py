"""A request becomes an Ollama chat: `/api/chat`, one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from ibidem.errors import ContextTooLong
from ibidem.models.base import Capabilities, ChatMessage, ChatRequest, Done, ModelEvent, ReasoningDelta, TextDelta
from ibidem.models.http import ModelServer
from ibidem.models.upstream import Advice, as_count, as_dict, as_text
from ibidem.settings import ModelSettings
from ibidem.types import Usage, estimate_tokens

# Few sizes, since Ollama loads the model anew for each change.
CONTEXT_TOKENS = (4096, 8192, 16384, 32768)
MESSAGE_TOKENS = 8  # role and separators of the chat template, around each message


def ollama_server(settings: ModelSettings, model: str = "NAME") -> ModelServer:
    return ModelServer(
        "Ollama",
        settings.ollama_url,
        settings,
        Advice(
            absent="start it with `ollama serve`, set `ollama_url` under [models], or use --model quotes",
            locked="the server wants a login: set `ollama_url` under [models] to one that does not",
            unknown=f"`ollama pull {model}` fetches it; `ollama list` shows what there is",
        ),
    )


class OllamaModel:
    """A model run by Ollama. Keeps the largest context asked for: a smaller one would load the model anew."""

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self.name = f"ollama:{model}"
        self._model = model
        self._server = ollama_server(settings, model)
        self._context_tokens = 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        self._context_tokens = max(self._context_tokens, context_tokens(request))
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "stream": True,
            "truncate": False,  # a prompt too long for the window is an error, not cut silently
            "shift": False,  # and a full window ends the answer instead of forgetting the passages
            "options": {
                "num_ctx": self._context_tokens,
                "num_predict": request.max_tokens,
                "temperature": request.temperature,
            },
        }
        if request.schema is not None:
            body["format"] = request.schema
        reader = _Answer(self._server)
        stream = self._server.stream("/api/chat", body, reader, max_tokens=request.max_tokens)
        async with aclosing(stream) as events:
            async for event in events:
                yield event

    async def capabilities(self) -> Capabilities:
        return Capabilities()

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        return None

    async def close(self) -> None:
        await self._server.close()


def context_tokens(request: ChatRequest) -> int:
    """The smallest window for prompt and answer, a quarter added since tokens are estimated. Raises ContextTooLong."""
    prompt = sum(estimate_tokens(message.content) + MESSAGE_TOKENS for message in request.messages)
    needed = prompt * 5 // 4 + request.max_tokens
    for size in CONTEXT_TOKENS:
        if needed <= size:
            return size
    raise ContextTooLong(
        f"the prompt of about {prompt} tokens and an answer of {request.max_tokens} need more than {CONTEXT_TOKENS[-1]}",
        hint="shorten the question, or lower `budget_tokens` under [retrieve]",
    )


class _Answer:
    def __init__(self, server: ModelServer) -> None:
        self._server = server

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        if not line:
            return None
        answer = self._server.parse(line)
        message = as_dict(answer.get("message"))
        events: list[ModelEvent] = []
        if thinking := as_text(message.get("thinking")):
            events.append(ReasoningDelta(thinking))
        if content := as_text(message.get("content")):
            events.append(TextDelta(content))
        if answer.get("done"):
            usage = Usage(
                prompt=as_count(answer.get("prompt_eval_count")), completion=as_count(answer.get("eval_count"))
            )
            events.append(Done(usage, "length" if answer.get("done_reason") == "length" else "stop"))
        return events

    def end(self) -> Done | None:
        return None
