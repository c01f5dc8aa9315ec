"""Frames as they come -> one HTTP answer. A failure before the first byte has its own status; who leaves stops the model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ibidem.api.dialects.errors import Form, body, refusal
from ibidem.api.errors import status_of
from ibidem.errors import IbidemError, NoCredentials

HEARTBEAT_S = 15.0  # of silence: a long prompt is being read, and clients give up what says nothing
ENDED = NoCredentials("the key or sign-in that this was asked with has ended", hint="ask with another one")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
NDJSON, SSE, JSON = "application/x-ndjson", "text/event-stream", "application/json; charset=utf-8"


class Reply(Response):
    """`heartbeat` is a frame that says nothing; without one the answer is a whole, and begins when it is complete.

    `right` holds while the answer is given; its event is set when the client's right to it ends, and the answer with it.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        form: Form,
        media_type: str,
        *,
        headers: dict[str, str] | None = None,
        heartbeat: Callable[[], bytes] | None = None,
        right: Callable[[], AbstractAsyncContextManager[asyncio.Event]] | None = None,
    ) -> None:
        self._frames = frames
        self._form = form
        self._heartbeat = heartbeat
        self._right = right
        self._started = False
        self._ended = False
        self._sent = 0
        self.background = None
        self.status_code = 200
        stream = {"cache-control": "no-store", "x-accel-buffering": "no"} if heartbeat else {}
        whole = {"content-type": media_type, **stream, **(headers or {})}
        self.raw_headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in whole.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._right is None:
            await self._answer(scope, receive, send)
            return
        async with self._right() as ended:
            await self._answer(scope, receive, send, asyncio.ensure_future(ended.wait()))
            if ended.is_set() and not self._ended:
                await self._fail(ENDED, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *others: asyncio.Future[Any]) -> None:
        """Until all is said, the client has left, or one of `others` is done."""
        producing = asyncio.ensure_future(self._produce(scope, receive, send))
        watched = [asyncio.ensure_future(_left(receive)), *others]
        if self._heartbeat:
            watched.append(asyncio.ensure_future(self._beat(send)))
        try:
            await asyncio.wait({producing, *watched}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (producing, *watched):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await producing
            await asyncio.gather(*watched, return_exceptions=True)

    async def _produce(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._frames) as frames:
                async for frame in frames:
                    await self._send(send, frame)
        except IbidemError as error:
            await self._fail(error, scope, receive, send)
            return
        await self._end(send)

    async def _fail(self, error: IbidemError, scope: Scope, receive: Receive, send: Send) -> None:
        """With its status; behind a first frame, as the last one."""
        if not self._started:
            self._started = self._ended = True
            await refusal(error, self._form, status_of(error))(scope, receive, send)
            return
        await self._send(send, _error_frame(error, self._form))
        await self._end(send)

    async def _end(self, send: Send) -> None:
        self._ended = True
        await self._start(send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, frame: bytes) -> None:
        self._sent += 1
        await self._start(send)
        await send({"type": "http.response.body", "body": frame, "more_body": True})

    async def _start(self, send: Send) -> None:
        if not self._started:
            self._started = True
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

    async def _beat(self, send: Send) -> None:
        """Runs until it is cancelled, with the answer."""
        while True:
            seen = self._sent
            await asyncio.sleep(HEARTBEAT_S)
            if self._sent == seen and not self._ended and self._heartbeat:
                await self._send(send, self._heartbeat())


def packed(value: Any) -> bytes:
    """JSON in UTF-8; halves of characters, which a model may write, as escapes."""
    try:
        return _JSON.encode(value).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def line(value: Any) -> bytes:
    """A line of NDJSON."""
    return packed(value) + b"\n"


def event(value: Any) -> bytes:
    """A server-sent event without a name."""
    return b"data: " + packed(value) + b"\n\n"


def _error_frame(error: IbidemError, form: Form) -> bytes:
    told = body(error, form, status_of(error))
    return line(told) if form == "ollama" else event(told)


async def _left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
