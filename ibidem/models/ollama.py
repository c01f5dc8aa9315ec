"""A request becomes an Ollama chat: `/api/chat`, one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from ibidem.errors import ContextTooLong, ModelError, ModelUnreachable
from ibidem.models.base import (
    IMAGE_TOKENS,
    Capabilities,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Done,
    Logprobs,
    ModelEvent,
    ReasoningDelta,
    Sampling,
    TextDelta,
    ToolCall,
    base64_images,
)
from ibidem.models.http import ModelServer
from ibidem.models.upstream import Advice, as_count, as_dict, as_dicts, as_text
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
        prompt = sum(estimate_tokens(message.content) + MESSAGE_TOKENS for message in request.messages)
        prompt += IMAGE_TOKENS * sum(image.id in request.images for one in request.messages for image in one.images)
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [message_body(message, request.images) for message in request.messages],
            "options": await self._options(request, prompt),
        }
        if request.schema is not None:
            body["format"] = request.schema or "json"
        if request.tools:
            body["tools"] = list(request.tools)
        if request.think is not None:
            body["think"] = request.think
        if request.logprobs is not None:
            body |= {"logprobs": True, "top_logprobs": request.logprobs}
        async with aclosing(self._stream("/api/chat", body, request)) as events:
            async for event in events:
                yield event

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        prompt = estimate_tokens(request.prompt) + estimate_tokens(request.suffix)
        body: dict[str, Any] = {"model": self._model, "prompt": request.prompt}
        body["options"] = await self._options(request, prompt)
        if request.suffix:
            body["suffix"] = request.suffix  # Ollama's template puts it in its place; raw it would be left out
        elif request.raw:
            body["raw"] = True
        async with aclosing(self._stream("/api/generate", body, request)) as events:
            async for event in events:
                yield event

    async def _options(self, request: ChatRequest | CompletionRequest, prompt_tokens: int) -> dict[str, Any]:
        limit = (await self.capabilities()).context_tokens or CONTEXT_TOKENS[-1]
        needed = context_tokens(prompt_tokens, request.max_tokens, limit)
        self._context_tokens = max(self._context_tokens, needed, min(request.context_tokens or 0, limit))
        own = {"num_ctx": self._context_tokens, "num_predict": request.max_tokens}
        return {**own, **sampling_options(request.temperature, request.sampling)}

    def _stream(
        self, path: str, body: Mapping[str, Any], request: ChatRequest | CompletionRequest
    ) -> AsyncGenerator[ModelEvent, None]:
        # A prompt too long for the window is an error, not cut silently; a full window ends the answer instead of
        # forgetting the passages.
        whole = {**body, "stream": True, "truncate": False, "shift": False}
        if request.keep_alive is not None:
            whole["keep_alive"] = request.keep_alive
        return self._server.stream(path, whole, _Answer(self._server), max_tokens=request.max_tokens)

    async def keep(self, seconds: str | float) -> None:
        """Load it for so long; 0 unloads it. Raises ModelError."""
        body = {"model": self._model, "keep_alive": seconds, "stream": False}
        await self._server.post("/api/generate", body, timeout_s=self._settings.first_token_timeout_s)

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
        embedding="embedding" in able and "completion" not in able,
        schema="completion" in able,
    )


def own_context(shown: Mapping[str, Any]) -> int:
    """The tokens a model was trained for; 0: unknown. The field is named after the architecture."""
    facts = as_dict(shown.get("model_info"))
    return as_count(facts.get(f"{facts.get('general.architecture')}.context_length"))


def context_tokens(prompt: int, answer: int, limit: int = CONTEXT_TOKENS[-1]) -> int:
    """The smallest window for prompt and answer, a quarter added since tokens are estimated. Raises ContextTooLong.

    `limit`: the model's own context, if it is smaller than the sizes we choose from.
    """
    needed = prompt * 5 // 4 + answer
    for size in (*(size for size in CONTEXT_TOKENS if size < limit), limit):
        if needed <= size:
            return size
    raise ContextTooLong(
        f"the prompt of about {prompt} tokens and an answer of {answer} need more than {limit}",
        hint="shorten the question, or lower `budget_tokens` under [retrieve]",
    )


def sampling_options(temperature: float | None, sampling: Sampling) -> dict[str, Any]:
    """Ollama's `options`, those that were asked for."""
    wished = {"temperature": temperature, **asdict(sampling), "stop": list(sampling.stop) or None}
    return {name: value for name, value in wished.items() if value is not None}


def message_body(message: ChatMessage, images: Mapping[str, bytes]) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if found := [data for _, data in base64_images(message, images)]:
        body["images"] = found
    if message.tool_calls:
        calls = [{"function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls]
        body["tool_calls"] = calls
    if message.tool_name:
        body["tool_name"] = message.tool_name
    if message.tool_call_id:
        body["tool_call_id"] = message.tool_call_id
    return body


class _Answer:
    def __init__(self, server: ModelServer) -> None:
        self._server = server

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        if not line:
            return None
        answer = self._server.parse(line)
        message = as_dict(answer.get("message")) or answer  # of a completion the texts stand in the line itself
        events: list[ModelEvent] = []
        if thinking := as_text(message.get("thinking")):
            events.append(ReasoningDelta(thinking))
        if content := as_text(message.get("content") or message.get("response")):
            events.append(TextDelta(content))
        if tokens := as_dicts(answer.get("logprobs")):
            events.append(Logprobs(tokens))
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            function = as_dict(as_dict(call).get("function"))
            arguments = as_dict(function.get("arguments"))
            events.append(ToolCall(as_text(function.get("name")), arguments, as_text(as_dict(call).get("id"))))
        if answer.get("done"):
            usage = Usage(
                prompt=as_count(answer.get("prompt_eval_count")), completion=as_count(answer.get("eval_count"))
            )
            events.append(Done(usage, "length" if answer.get("done_reason") == "length" else "stop"))
        return events

    def end(self) -> Done | None:
        return None
