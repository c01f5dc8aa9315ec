"""A request has to come in at a pace: who opens a connection and brings little, or nothing, would hold it for ever.

The head has its time and its size, of a body a little has to come in every while. A client on a bad line is far quicker.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from starlette.types import Message, Receive
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ibidem.errors import TooSlow

HEAD_S = 10.0  # from its first byte to its last
MAX_HEAD_BYTES = 64 * 1024  # what h11, Node and nginx take is between 16 and 64 KiB
BODY_S = 30.0  # without a byte; and after it the pace counts
BODY_BYTES_S = 1024


class PacedProtocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection. It is closed where the head stalls or does not end, and where nothing is asked at all."""

    head_s = HEAD_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._due: asyncio.TimerHandle | None = None  # closes the connection: the head, or a body that nobody reads
        self._in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._close_in(None)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._close_in(self.head_s)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._close_in(None)
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._head_bytes += len(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request does not end.")

    def on_response_complete(self) -> None:
        if self.cycle.more_body:  # it was answered before it was whole: its rest keeps the connection only so long
            self._close_in(self.head_s)
        super().on_response_complete()

    def on_message_complete(self) -> None:
        self._close_in(None)
        super().on_message_complete()

    def _close_in(self, seconds: float | None) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = None if seconds is None else self.loop.call_later(seconds, self.transport.close)


def paced(
    receive: Receive,
    *,
    wait_s: float = BODY_S,
    bytes_s: int = BODY_BYTES_S,
    clock: Callable[[], float] = time.monotonic,
) -> Receive:
    """The body's messages as they come; raises TooSlow. Only time spent waiting counts: the reader may take its own."""
    waited, seen, whole = 0.0, 0, False

    async def next_message() -> Message:
        nonlocal waited, seen, whole
        if whole:  # what follows is the end of the connection, which may take hours
            return await receive()
        began = clock()
        try:
            async with asyncio.timeout(wait_s):
                message = await receive()
        except TimeoutError:
            raise _too_slow(seen) from None
        waited += clock() - began
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if not whole and waited > wait_s and seen < waited * bytes_s:
            raise _too_slow(seen)
        return message

    return next_message


def _too_slow(seen: int) -> TooSlow:
    return TooSlow(
        f"the request stalled after {seen:,} bytes", hint="send it again, over a better line or in smaller parts"
    )
