"""A request becomes an Ollama chat: `/api/chat`, one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ibidem.errors import ContextTooLong, ModelError, ModelUnreachable
from ibidem.models.base import (
    IMAGE_TOKENS,
    Capabilities,
    ChatMessage,
    ChatRequest,
    Done,
    ModelEvent,
    ReasoningDelta,
    TextDelta,
    base64_images,
)
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
    """A model run by Ollama. Keeps the largest context asked for: another one would load the model anew."""

    def __init__(self, model: str, settings: ModelSettings) -> None:
        self.name = f"ollama:{model}"
        self._model = model
        self._server = ollama_server(settings, model)
        self._settings = settings
        self._context_tokens = 0
        self._capabilities: Capabilities | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        limit = (await self.capabilities()).context_tokens or CONTEXT_TOKENS[-1]
        self._context_tokens = max(self._context_tokens, context_tokens(request, limit))
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [_message(message, request.images) for message in request.messages],
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
        if self._capabilities is None:
            try:
                body = {"model": self._model}
                shown = await self._server.post("/api/show", body, timeout_s=self._settings.connect_timeout_s)
            except ModelUnreachable:
                raise
            except ModelError:
                return Capabilities()  # it will be asked again
            self._capabilities = capabilities_of(shown)
        return self._capabilities

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        return None

    async def close(self) -> None:
        await self._server.close()


def _message(message: ChatMessage, images: Mapping[str, bytes]) -> dict[str, Any]:
    found = [data for _, data in base64_images(message, images)]
    return {"role": message.role, "content": message.content, **({"images": found} if found else {})}


def capabilities_of(shown: Mapping[str, Any]) -> Capabilities:
    """What `/api/show` says of a model. The context is never more than what we would ask Ollama for."""
    listed = shown.get("capabilities")
    able = set(map(str, listed)) if isinstance(listed, list) else set()
    own = own_context(shown)
    return Capabilities(
        context_tokens=min(own, CONTEXT_TOKENS[-1]) if own else None,
        tools="tools" in able,
        images="vision" in able,
        insert="insert" in able,
        thinking="thinking" in able,
        schema="completion" in able,
    )


def own_context(shown: Mapping[str, Any]) -> int:
    """The tokens a model was trained for; 0: unknown. The field is named after the architecture."""
    facts = as_dict(shown.get("model_info"))
    return as_count(facts.get(f"{facts.get('general.architecture')}.context_length"))


def context_tokens(request: ChatRequest, limit: int = CONTEXT_TOKENS[-1]) -> int:
    """The smallest window for prompt and answer, a quarter added since tokens are estimated. Raises ContextTooLong.

    `limit`: the model's own context, if it is smaller than the sizes we choose from.
    """
    prompt = sum(estimate_tokens(message.content) + MESSAGE_TOKENS for message in request.messages)
    prompt += IMAGE_TOKENS * sum(image.id in request.images for one in request.messages for image in one.images)
    needed = prompt * 5 // 4 + request.max_tokens
    for size in (*(size for size in CONTEXT_TOKENS if size < limit), limit):
        if needed <= size:
            return size
    raise ContextTooLong(
        f"the prompt of about {prompt} tokens and an answer of {request.max_tokens} need more than {limit}",
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
