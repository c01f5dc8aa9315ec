"""A GGUF file answers: requests go to its engine, which is started for them if it does not run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from ibidem.errors import EngineCrashed, ModelCutOff, ModelUnreachable
from ibidem.models.base import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Done,
    ModelEvent,
    TextDelta,
)
from ibidem.models.engine import Engine
from ibidem.models.engines import Engines
from ibidem.models.http import AnswerReader, ModelServer
from ibidem.models.openai import capabilities_of_props
from ibidem.models.openai_wire import Completion, chat_body, completion_body, messages_body
from ibidem.models.upstream import as_count, as_dict, as_text
from ibidem.types import Usage

ASK_TIMEOUT_S = 10.0  # for what an engine answers without writing; it may be reading a long prompt meanwhile


class LlamaModel:
    """A GGUF file run by llama.cpp in a process of its own."""

    def __init__(self, path: str, engines: Engines) -> None:
        self.name = f"llama:{path}"
        self._path = path
        self._engines = engines
        self._known: tuple[Engine, Capabilities] | None = None
        self._line = asyncio.Lock()

    def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        body = chat_body(request, self._path) | {"cache_prompt": True, "return_progress": True}
        return self._stream("/v1/chat/completions", body, Completion, request.max_tokens)

    def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        """Between a prefix and a suffix the engine puts its model's own tokens."""
        body = completion_body(request, self._path) | {"cache_prompt": True}
        if not request.suffix:
            return self._stream("/v1/completions", body, Completion, request.max_tokens)
        body |= {"n_predict": request.max_tokens, "input_prefix": request.prompt, "input_suffix": request.suffix}
        del body["prompt"]  # here it would be text behind the cursor's mark
        return self._stream("/infill", body, Insertion, request.max_tokens)

    async def capabilities(self) -> Capabilities:
        """Of the engine as it runs: the next one may be planned with less room."""
        async with self._engine() as engine:
            known = self._known
            if known is None or known[0] is not engine:
                facts = await engine.server.get("/props", timeout_s=ASK_TIMEOUT_S)
                window = engine.plan.context_tokens // engine.plan.slots
                able = capabilities_of_props(facts, window, insert=engine.plan.insert)
                able = replace(able, prompt_tokens_s=engine.plan.prompt_tokens_s or None)
                known = self._known = engine, able
            return known[1]

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        async with self._engine() as engine:
            body = {"messages": messages_body(messages)}
            answer = await engine.server.post("/v1/chat/completions/input_tokens", body, timeout_s=ASK_TIMEOUT_S)
            return as_count(answer.get("input_tokens"))

    async def close(self) -> None:
        """The engines belong to whoever made them."""

    async def _stream(
        self,
        path: str,
        body: Mapping[str, Any],
        reader: Callable[[ModelServer], AnswerReader],
        max_tokens: int,
    ) -> AsyncGenerator[ModelEvent, None]:
        async with self._engine() as engine:
            stream = engine.server.stream(path, body, reader(engine.server), max_tokens=max_tokens)
            async with aclosing(stream) as events:
                async for event in events:
                    yield event

    @asynccontextmanager
    async def _engine(self) -> AsyncIterator[Engine]:
        """The running engine. Raises EngineCrashed where it ends before the block does.

        Whoever stops waiting while it loads leaves it loading, for the next request. One waits for it in a thread and the
        others in line: however many come, the server keeps its threads.
        """
        await self._line.acquire()
        taking = asyncio.ensure_future(asyncio.to_thread(self._engines.take, self._path, "chat"))
        taking.add_done_callback(lambda _: self._line.release())
        try:
            engine = await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(self._give_back_unused)
            raise
        try:
            yield engine
        except (ModelCutOff, ModelUnreachable) as error:
            if not await asyncio.to_thread(engine.has_ended):
                raise
            raise await asyncio.to_thread(crash, engine) from error
        finally:
            self._engines.give_back(self._path, "chat")

    def _give_back_unused(self, taking: asyncio.Future[Engine]) -> None:
        if not taking.cancelled() and taking.exception() is None:
            self._engines.give_back(self._path, "chat")


def crash(engine: Engine) -> EngineCrashed:
    """The error of a request whose engine has ended. Blocks until its end is known."""
    return EngineCrashed(
        f"llama.cpp broke off while it ran {engine.plan.path}: {engine.why_ended()}",
        hint="ask again: it is started anew; if it stays so, try a shorter context or another model",
    )


class Insertion:
    """Reads `/infill`: server-sent events of llama.cpp's own shape."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        name, _, data = line.partition(":")
        if name != "data":
            return None
        chunk = self._server.parse(data.strip())
        events: list[ModelEvent] = []
        if text := as_text(chunk.get("content")):
            events.append(TextDelta(text))
        if chunk.get("stop"):
            timings = as_dict(chunk.get("timings"))
            usage = Usage(
                prompt=as_count(chunk.get("tokens_evaluated")),
                reused=as_count(timings.get("cache_n")),
                completion=as_count(chunk.get("tokens_predicted")),
            )
            events.append(Done(usage, "length" if chunk.get("stop_type") == "limit" else "stop"))
        return events

    def end(self) -> Done | None:
        return None
