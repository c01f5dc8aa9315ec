"""A body posted to a model server becomes the events of its answer, and every failure one of our errors."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ibidem.errors import ModelError
from ibidem.models.base import Done, ModelEvent, ReasoningDelta, TextDelta, ToolCall
from ibidem.models.upstream import JSON_BODY, MAX_BODY_BYTES, NO_ADDRESS, NO_PROXY, Upstream
from ibidem.types import Usage

if TYPE_CHECKING:
    import aiohttp  # 0.2 s to load: see `load_client`. A third of httpx's processor time a token and a request

MAX_LINE_BYTES = 1024 * 1024  # one token is some 200 bytes
MANY_STREAMS = 8  # with more at once, a processor may be behind


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

    _connector: aiohttp.TCPConnector | None = None  # over TLS
    _streams: ClassVar[int] = 0  # under way, of all servers

    async def stream(
        self, path: str, body: Mapping[str, Any], reader: AnswerReader, *, max_tokens: int
    ) -> AsyncGenerator[ModelEvent, None]:
        """The events of an answer, ending in one `Done`. Raises ModelError.

        The clock runs while we wait, not while the caller works, and a keep-alive does not stop it. A server that
        ignores `max_tokens` is left once it has written twice as much.
        """
        limit_s = self.settings.first_token_timeout_s
        answer = _Answer(reader)
        async with aclosing(self._pieces(path, body)) as pieces, self._counted():
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
                for event in answer.events(lines, join=ModelServer._streams > MANY_STREAMS):
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

    @staticmethod
    @asynccontextmanager
    async def _counted() -> AsyncGenerator[None, None]:
        ModelServer._streams += 1
        try:
            yield
        finally:
            ModelServer._streams -= 1

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
        await load_client()
        try:
            async with asyncio.timeout(timeout_s), self._response(method, path, body) as response:
                return await _body(response)
        except TimeoutError as error:
            raise self._silent(timeout_s) from error

    async def close(self) -> None:
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()

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
        await load_client()
        async with self._response("POST", path, body) as response:
            pending = bytearray()
            async for piece in response.content.iter_any():
                pending += piece
                if b"\n" in piece:
                    *whole, pending = pending.split(b"\n")
                    yield [text for line in whole if (text := line.decode("utf-8", "replace").strip())]
                if len(pending) > MAX_LINE_BYTES:
                    raise self._cut_off(f"sent a line of more than {MAX_LINE_BYTES:,} bytes")
            if pending:
                yield [pending.decode("utf-8", "replace").strip()]

    @asynccontextmanager
    async def _response(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """An answer whose status is good. Raises ModelError, also for what fails while it is read."""
        import aiohttp

        # ASCII, so that even half a surrogate pair in a question can be sent
        content, headers = (None, {}) if body is None else (json.dumps(body).encode(), JSON_BODY)
        try:
            async with (
                self._session() as session,
                session.request(
                    method, self.url + path, data=content, headers=headers, allow_redirects=False
                ) as response,
            ):
                await self._check(response)
                yield response
        except aiohttp.ConnectionTimeoutError as error:
            raise self._unreachable(f"no connection in {self.settings.connect_timeout_s:g} s") from error
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
            raise self._unreachable(self._shown(str(error)) or "no connection") from error
        except aiohttp.InvalidURL as error:
            raise self._unreachable(NO_ADDRESS if str(error.url) in self.url + path else NO_PROXY) from error
        except UnicodeError as error:  # a name that no resolver takes
            raise self._unreachable(NO_ADDRESS) from error
        except (aiohttp.ClientError, ValueError) as error:  # ValueError: credentials both in the address and as a key
            raise self._cut_off(f"broke off: {self._shown(str(error)) or type(error).__name__}") from error

    def _session(self) -> aiohttp.ClientSession:
        """For one request; connections over TLS outlive it."""
        import aiohttp

        reach = self.reach()
        if reach.secure and self._connector is None:
            self._connector = aiohttp.TCPConnector(limit=0)
        return aiohttp.ClientSession(
            connector=self._connector or aiohttp.TCPConnector(limit=0, force_close=True),
            connector_owner=self._connector is None,
            headers=reach.headers,
            trust_env=not reach.here,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.settings.connect_timeout_s),
        )

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raise what the status says."""
        import aiohttp

        if 200 <= response.status < 300:
            return
        text = ""
        with suppress(TimeoutError, aiohttp.ClientError):  # the status alone says enough
            async with asyncio.timeout(self.settings.connect_timeout_s):
                text = await _body(response)
        raise self.refusal(response.status, text, response.headers)


async def load_client() -> None:
    """aiohttp, loaded beside the loop: the first request waits for it, and nothing else does."""
    if "aiohttp" not in sys.modules:
        await asyncio.to_thread(import_module, "aiohttp")


class _Answer:
    """Lines as events, and how far the answer has come."""

    def __init__(self, reader: AnswerReader) -> None:
        self._reader = reader
        self.lines = 0  # without keep-alives
        self.tokens = 0  # roughly: a line is one, a long line one for 16 characters
        self.begun = False

    def events(self, lines: Iterable[str], *, join: bool) -> Iterator[ModelEvent]:
        """`join`: texts that came together are one event. All that follows costs by the event, and we are behind.

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
                    if join and (one := _joined(held, event)):
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


async def _body(response: aiohttp.ClientResponse) -> str:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    return body.decode("utf-8", "replace")


def _now() -> float:
    return asyncio.get_running_loop().time()
