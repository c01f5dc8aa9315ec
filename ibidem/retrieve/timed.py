"""Foreign work with a time limit: it runs in a thread of its own, and the question goes on without it when it is late."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from ibidem.errors import IbidemError

T = TypeVar("T")

THREADS = 4


class NotInTime(Exception):
    """There is no result to go on with; the message says why."""


class Pending(Generic[T]):
    """Work under way."""

    def __init__(self, future: Future[T], until: float) -> None:
        self._future = future
        self._until = until

    def result(self) -> T:
        """Raises NotInTime when it is late, failed, or says so itself."""
        try:
            return self._future.result(max(0.0, self._until - time.monotonic()))
        except TimeoutError:
            raise NotInTime("late") from None
        except NotInTime:
            raise
        except IbidemError as error:
            raise NotInTime(f"failed: {error.message}") from error
        except Exception as error:  # foreign work: an answer never fails for it
            raise NotInTime(f"failed: {type(error).__name__}: {error}") from error

    async def wait(self) -> T:
        """`result`, without holding up the loop or one of its threads."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def tell(_: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        self._future.add_done_callback(tell)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                await done.wait()
        return self.result()


class Timed:
    """A few threads for work that may hang. While all of them do, further work is refused at once.

    They are daemons, started when first needed: what hangs does not keep the program from ending.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._limit = threads
        self._threads: list[threading.Thread] = []
        self._under_way: dict[int, float] = {}  # thread -> when its work is late
        self._guard = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[float, Callable[[], None]] | None] = queue.SimpleQueue()

    def start(self, work: Callable[[], T], *, within_ms: float) -> Pending[T]:
        """Raises NotInTime when every thread is held by work that is late already."""
        now = time.monotonic()
        with self._guard:
            if sum(until < now for until in self._under_way.values()) >= self._limit:
                raise NotInTime("busy")
            if len(self._under_way) + self._waiting.qsize() >= len(self._threads) < self._limit:
                self._threads.append(threading.Thread(target=self._run, name="timed", daemon=True))
                self._threads[-1].start()
        future: Future[T] = Future()
        until = now + within_ms / 1000
        self._waiting.put((until, lambda: _settle(future, work)))
        return Pending(future, until)

    def _run(self) -> None:
        me = threading.get_ident()
        while (item := self._waiting.get()) is not None:
            until, settle = item
            if time.monotonic() > until:  # nobody waits for it any more
                continue
            with self._guard:
                self._under_way[me] = until
            settle()
            with self._guard:
                del self._under_way[me]

    def close(self) -> None:
        for _ in self._threads:
            self._waiting.put(None)


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - carried to who waits
        future.set_exception(error)
