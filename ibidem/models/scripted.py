"""A script becomes an answer: what tests and demonstrations talk to instead of a model."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing

from ibidem.models.base import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Done,
    ModelEvent,
    TextDelta,
)
from ibidem.types import Usage, estimate_tokens

# Text to say, seconds to wait, any event, or an error to raise at that point.
Step = str | float | ModelEvent | Exception


class ScriptedModel:
    """Plays queued replies in order, then echoes each question with a citation of passage 1.

    `requests` and `completions` are the requests seen; `stopped` counts the streams closed before their end.
    """

    def __init__(
        self,
        name: str = "echo",
        replies: Iterable[Sequence[Step]] = (),
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = f"scripted:{name}"
        self.requests: list[ChatRequest] = []
        self.completions: list[CompletionRequest] = []
        self.stopped = 0
        self._replies = deque(tuple(reply) for reply in replies)
        self._sleep = sleep

    def queue(self, *steps: Step) -> None:
        """Add one reply. A `Done` is added at its end where the script has none."""
        self._replies.append(steps)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        self.requests.append(request)
        steps = self._replies.popleft() if self._replies else _echo(request)
        prompt = sum(estimate_tokens(message.content) for message in request.messages)
        said = 0
        try:
            for step in steps:
                match step:
                    case str():
                        said += 1
                        yield TextDelta(step)
                    case int() | float():
                        await self._sleep(step)
                    case Exception():
                        raise step
                    case Done():
                        yield step
                        return
                    case _:
                        yield step
            yield Done(Usage(prompt=prompt, completion=said))
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped += 1
            raise

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        """As a question of that text."""
        self.completions.append(request)
        asked = ChatRequest([ChatMessage("user", request.prompt)], max_tokens=request.max_tokens)
        async with aclosing(self.stream(asked)) as events:
            async for event in events:
                yield event

    async def capabilities(self) -> Capabilities:
        return Capabilities(insert=True)

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        return None

    async def close(self) -> None:
        """Nothing is held."""


def _echo(request: ChatRequest) -> Sequence[Step]:
    question = request.question or (request.messages[-1].content if request.messages else "")
    return re.findall(r"\S+\s*", f"You asked: {question} [1]")
