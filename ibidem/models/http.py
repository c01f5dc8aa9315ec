"""A body posted to a model server becomes the events of its answer, and every failure one of our errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from ibidem.errors import ModelError
from ibidem.models.base import Done, ModelEvent, ReasoningDelta, TextDelta, ToolCall
from ibidem.models.upstream import JSON_BODY, MAX_BODY_BYTES, NO_PROXY, Upstream
from ibidem.types import Usage

if TYPE_CHECKING:
    import httpx  # 130 ms of start-up, so imported where a request is made

MAX_LINE_BYTES = 1024 * 1024  # one token is some 200 bytes


class AnswerReader(Protocol):
    """One answer in one dialect."""

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        """The events of a line; None for one that says nothing (a keep-alive)."""
        ...

    def end(self) -> Done | None:
        """The stream is over without a last line: `Done` if the answer is whole all the same."""
        ...


class ModelServer(Upstream):
    """A model server asked from a loop: posts requests, reads streams. Owns connections."""

    _client: httpx.AsyncClient | None = None

    async def stream(
        self, path: str, body: Mapping[str, Any], reader: AnswerReader, *, max_tokens: int
    ) -> AsyncGenerator[ModelEvent, None]:
        """The events of an answer, ending in one `Done`. Raises ModelError.

        The clock runs while we wait, not while the caller works, and a keep-alive does not stop it. A server that
        ignores `max_tokens` is left once it has written twice as much.
        """
        limit_s = self.settings.first_token_timeout_s
        answer = _Answer(reader)
        async with aclosing(self._pieces(path, body)) as pieces:
            deadline = _now() + limit_s
            while True:
                try:
                    lines = await self._next(pieces, deadline, limit_s)
                except ModelError:
                    if (done := reader.end()) is None:
                        raise
                    yield done
                    return
                told = answer.lines
                for event in answer.events(lines):
                    yield event
                    if isinstance(event, Done):
                        return
                if answer.tokens > 2 * max_tokens + 16:  # 16: lines without text, when max_tokens is very small
                    yield Done(Usage(completion=answer.tokens), reason="length")
                    return
                if answer.begun:
                    limit_s = self.settings.idle_timeout_s
                if answer.lines > told:
                    deadline = _now() + limit_s

    async def get(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        """The JSON object at `path`. Raises ModelError."""
        return await self._ask("GET", path, None, timeout_s)

    async def post(self, path: str, body: Mapping[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The JSON object that answers a body. Raises ModelError."""
        return await self._ask("POST", path, body, timeout_s)

    async def lines(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        """The lines that answer a body, as they are. Raises ModelError."""
        async with aclosing(self._pieces(path, body)) as pieces:
            async for lines in pieces:
                for line in lines:
                    yield line

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, timeout_s: float) -> dict[str, Any]:
        return self.parse(await self.send(method, path, body, timeout_s=timeout_s))

    async def send(self, method: str, path: str, body: Mapping[str, Any] | None, *, timeout_s: float) -> str:
        """The whole answer as text. Raises ModelError."""
        content, headers = (None, {}) if body is None else (json.dumps(body), JSON_BODY)
        try:
            async with asyncio.timeout(timeout_s):
                with self.failures():
                    request = self._open().stream(method, self.url + path, content=content, headers=headers)
                    async with request as response:
                        await self._check(response)
                        return await _body(response)
        except TimeoutError as error:
            raise self._silent(timeout_s) from error

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _next(self, pieces: AsyncGenerator[list[str], None], deadline: float, limit_s: float) -> list[str]:
        try:
            async with asyncio.timeout_at(deadline):
                lines = await anext(pieces, None)
        except TimeoutError as error:
            raise self._silent(limit_s) from error
        if lines is None:
            raise self._cut_off("ended the stream before the answer was complete")
        return lines

    async def _pieces(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[list[str], None]:
        """The lines that came whole with each piece, without blank ones: one wait a token, not one a line."""
        content = json.dumps(body)  # ASCII, so that even half a surrogate pair in a question can be sent
        with self.failures():
            async with self._open().stream("POST", self.url + path, content=content, headers=JSON_BODY) as response:
                await self._check(response)
                pending = bytearray()
                async for piece in response.aiter_bytes():
                    pending += piece
                    if b"\n" in piece:
                        *whole, pending = pending.split(b"\n")
                        yield [text for line in whole if (text := line.decode("utf-8", "replace").strip())]
                    if len(pending) > MAX_LINE_BYTES:
                        raise self._cut_off(f"sent a line of more than {MAX_LINE_BYTES:,} bytes")
                if pending:
                    yield [pending.decode("utf-8", "replace").strip()]

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            options = self.client_options()
            try:
                timeout = httpx.Timeout(None, connect=self.settings.connect_timeout_s)
                self._client = httpx.AsyncClient(timeout=timeout, **options)
            except (ImportError, ValueError, httpx.InvalidURL) as error:
                raise self._unreachable(NO_PROXY) from error
        return self._client

    async def _check(self, response: httpx.Response) -> None:
        """Raise what the status says."""
        import httpx

        if response.is_success:
            return
        text = ""
        try:
            async with asyncio.timeout(self.settings.connect_timeout_s):
                text = await _body(response)
        except (TimeoutError, httpx.HTTPError):
            pass  # the status alone says enough
        raise self.refusal(response.status_code, text, response.headers)


class _Answer:
    """Lines as events, and how far the answer has come."""

    def __init__(self, reader: AnswerReader) -> None:
        self._reader = reader
        self.lines = 0  # without keep-alives
        self.tokens = 0  # roughly: a line is one, a long line one for 16 characters
        self.begun = False

    def events(self, lines: Iterable[str]) -> Iterator[ModelEvent]:
        """Texts that came together are one event: all that follows costs by the event, and a busy machine is behind.

        Raises ModelError, after what came before it.
        """
        held: ModelEvent | None = None
        try:
            for line in lines:
                if (read := self._reader.read(line)) is None:
                    continue
                chars = sum(map(_chars, read))
                self.lines += 1
                self.tokens += max(1, chars // 16)
                self.begun = self.begun or chars > 0
                for event in read:
                    if one := _joined(held, event):
                        held = one
                        continue
                    if held is not None:
                        yield held
                    held = event
        except ModelError:
            if held is not None:
                yield held
            raise
        if held is not None:
            yield held


def _joined(before: ModelEvent | None, event: ModelEvent) -> ModelEvent | None:
    match before, event:
        case TextDelta(start), TextDelta(text):
            return TextDelta(start + text)
        case ReasoningDelta(start), ReasoningDelta(text):
            return ReasoningDelta(start + text)
    return None


def _chars(event: ModelEvent) -> int:
    match event:
        case TextDelta(text) | ReasoningDelta(text):
            return len(text)
        case ToolCall(name=name, arguments=arguments):
            return len(name) + len(str(arguments))
    return 0


async def _body(response: httpx.Response) -> str:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    return body.decode("utf-8", "replace")


def _now() -> float:
    return asyncio.get_running_loop().time()
