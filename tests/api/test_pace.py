"""Requests that come in slowly, without end, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from ibidem.api.pace import MAX_HEAD_BYTES, PacedProtocol, paced
from ibidem.errors import TooSlow

OK = b"HTTP/1.1 200 OK"
SOON_S = 0.05


class Impatient(PacedProtocol):
    head_s = SOON_S


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads no body."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def connection(keep_alive_s: float = 60) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(answers, http=Impatient, log_config=None, access_log=False)
    config.load()
    config.timeout_keep_alive = keep_alive_s  # type: ignore[assignment]
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Impatient(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()


def told(sent: bytes, keep_alive_s: float = 60) -> bytes:
    """All that the server says until it closes the connection."""

    async def send() -> bytes:
        async with connection(keep_alive_s) as (reader, writer):
            writer.write(sent)
            return await asyncio.wait_for(reader.read(), 20)

    return asyncio.run(send())


@pytest.mark.parametrize("head", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_stalls_ends_the_connection(head: bytes) -> None:
    assert told(head) == b""


def test_a_connection_that_asks_nothing_is_ended() -> None:
    assert told(b"", keep_alive_s=SOON_S) == b""


@pytest.mark.parametrize("head", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
def test_a_head_without_end_is_refused(head: bytes) -> None:
    more = b"X: y\r\n" if head.endswith(b"\n") else b"a"
    assert b"400" in told(head + more * (MAX_HEAD_BYTES // len(more) + 1))


def test_a_body_that_nobody_waits_for_keeps_the_connection_only_for_a_moment() -> None:
    assert OK in told(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")


def test_requests_that_are_whole_follow_one_another() -> None:
    async def twice() -> None:
        async with connection() as (reader, writer):
            for _ in range(2):
                for part in (b"GET / HTTP/1.1\r\n", b"Host: a\r\n\r\n"):
                    writer.write(part)
                    await writer.drain()
                assert OK in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
                await asyncio.sleep(2 * SOON_S)  # longer than a head may take: between two requests it is another time

    asyncio.run(twice())


# --- bodies --------------------------------------------------------------------------------------------------------------


def parts(*bodies: bytes) -> Iterator[Message]:
    for number, body in enumerate(bodies):
        yield {"type": "http.request", "body": body, "more_body": number < len(bodies) - 1}


def receiver(messages: Iterator[Message], passes: Callable[[], None] = lambda: None) -> Receive:
    async def receive() -> Message:
        passes()
        message = next(messages, None)
        return message if message is not None else await asyncio.get_running_loop().create_future()

    return receive


class Clock:
    """Each message takes `step_s`."""

    def __init__(self, step_s: float) -> None:
        self.now_s, self._step_s = 0.0, step_s

    def __call__(self) -> float:
        return self.now_s

    def step(self) -> None:
        self.now_s += self._step_s


def read(receive: Receive) -> int:
    """Bytes of the body."""

    async def all_of_it() -> int:
        seen, more = 0, True
        while more:
            message = await receive()
            seen, more = seen + len(message["body"]), message["more_body"]
        return seen

    return asyncio.run(all_of_it())


def test_a_body_that_comes_in_drops_is_too_slow() -> None:
    clock = Clock(step_s=5)
    with pytest.raises(TooSlow, match="stalled after"):
        read(paced(receiver(parts(*[b"x"] * 100), clock.step), clock=clock))
    assert clock.now_s == 35


def test_a_body_over_a_bad_line_is_read() -> None:
    clock = Clock(step_s=5)
    assert read(paced(receiver(parts(*[b"x" * 8192] * 100), clock.step), clock=clock)) == 819_200


def test_a_body_that_stops_is_too_slow() -> None:
    whole = parts(b"x" * 5000, b"y")
    with pytest.raises(TooSlow, match="5,000 bytes"):
        read(paced(receiver(iter([next(whole)])), wait_s=SOON_S))


def test_the_end_of_the_connection_is_waited_for_without_end() -> None:
    receive = paced(receiver(parts(b"x")), wait_s=SOON_S)
    assert read(receive) == 1
    with pytest.raises(TimeoutError):  # ours
        asyncio.run(asyncio.wait_for(receive(), 3 * SOON_S))
