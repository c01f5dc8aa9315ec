"""Event streams of runs: live from memory, journalled to the store, readable from any point.

An event's number is (attempt, seq). While an attempt runs, all of its events are in memory and its readers take them
from there; the journal follows every few milliseconds. A reader therefore never misses the event born between its
look at the journal and its first live one.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, suppress

from ibidem.errors import StoreError
from ibidem.store.database import Database
from ibidem.store.runs import EventNumber, Run, get_run, read_events, write_events
from ibidem.types import Event

log = logging.getLogger(__name__)

HEARTBEAT = Event("heartbeat")
HEARTBEAT_S = 15.0  # proxies and clients give up on a silent stream after 30 or 60


class Stream:
    """The events of one attempt, numbered from 1."""

    def __init__(self, run: Run, attempt: int, news: asyncio.Event) -> None:
        self.run = run
        self.attempt = attempt
        self.events: list[Event] = []
        self.ended = False
        self.written = 0  # events that the journal has
        self.writing = asyncio.Lock()
        self._news = news
        self._waiting: list[asyncio.Future[bool]] = []

    def emit(self, event: Event) -> None:
        """Show an event to the readers; the journal gets it at its next flush."""
        self.events.append(event)
        self._news.set()
        self.wake()

    def wake(self, *, news: bool = True) -> None:
        """Let the readers look; without news they only learn that the stream is alive."""
        waiting, self._waiting = self._waiting, []
        for reader in waiting:
            if not reader.done():
                reader.set_result(news)

    async def changed(self) -> bool:
        """Wait for the next event after the ones in `events` now; False for a sign of life."""
        reader: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(reader)
        return await reader


class Streams:
    """All live streams of this process. Used on one event loop."""

    def __init__(self, db: Database, *, journal_s: float, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._journal_s = journal_s
        self._clock = clock
        self._live: dict[str, Stream] = {}
        self._opened: dict[str, asyncio.Event] = {}
        self._watched: dict[str, set[asyncio.Queue[Run]]] = {}  # by session
        self._news = asyncio.Event()  # an event that the journal has not
        self._shut = False

    def open(self, run: Run, attempt: int) -> Stream:
        """Begin the attempt's events; readers that wait for the run go on."""
        stream = self._live[run.id] = Stream(run, attempt, self._news)
        if waiting := self._opened.pop(run.id, None):
            waiting.set()
        for queue in self._watched.get(run.session or "", ()):
            queue.put_nowait(run)
        return stream

    async def end(
        self, stream: Stream, event: Event, commit: Callable[[Callable[[sqlite3.Connection], None]], bool]
    ) -> bool:
        """Write the rest of the journal and the terminal event, then show it.

        `commit(rows)` runs in a thread and stores the run's end together with `rows`; when it answers False the run
        was ended by somebody else, and nothing is written or shown. What it raises ends the attempt all the same.
        """
        stored = False
        try:
            async with stream.writing:
                rest = [*stream.events[stream.written :], event]
                first = stream.written + 1

                def rows(tx: sqlite3.Connection) -> None:
                    write_events(tx, stream.run, stream.attempt, first, rest, self._clock())

                stored = await asyncio.to_thread(commit, rows)
        finally:
            self.close(stream, event if stored else None)
        return stored

    def close(self, stream: Stream, event: Event | None = None) -> None:
        """Let the readers go: after `event`, or to the journal."""
        stream.ended = True
        if self._live.get(stream.run.id) is stream:
            del self._live[stream.run.id]
        if event:
            stream.emit(event)
        else:
            stream.wake()

    def shut(self) -> None:
        """The program stops: readers go once their stream ends, and nobody waits for a run to begin."""
        self._shut = True
        for waiting in self._opened.values():
            waiting.set()

    async def journal(self) -> None:
        """Flush forever: one transaction for all streams that have something new, and nothing while there is none."""
        while True:
            await self._news.wait()
            await asyncio.sleep(self._journal_s)
            self._news.clear()
            await self._flush([stream for stream in self._live.values() if stream.written < len(stream.events)])

    async def heartbeat(self) -> None:
        """A sign of life for all readers every HEARTBEAT_S, forever: nobody is to take silence for an end."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for stream in self._live.values():
                stream.wake(news=False)

    async def _flush(self, streams: Sequence[Stream]) -> None:
        async with AsyncExitStack() as held:
            for stream in streams:
                await held.enter_async_context(stream.writing)
            fresh = [
                (stream, stream.written + 1, stream.events[stream.written :]) for stream in streams if not stream.ended
            ]
            if not fresh:
                return

            def write(tx: sqlite3.Connection) -> None:
                now = self._clock()
                for stream, first, events in fresh:
                    write_events(tx, stream.run, stream.attempt, first, events, now)

            try:
                await asyncio.wrap_future(self._db.submit(write))
            except StoreError as error:  # kept in memory, tried again at the next flush
                log.warning("the journal of %d runs could not be written: %s", len(fresh), error)
                self._news.set()
            else:
                for stream, _, events in fresh:
                    stream.written += len(events)

    # --- reading -----------------------------------------------------------------------------------------------------

    async def follow(
        self,
        owner: int,
        run_id: str,
        *,
        after: EventNumber = (0, 0),
        position: Callable[[Run], int] = lambda run: 0,
    ) -> AsyncGenerator[tuple[EventNumber | None, Event], None]:
        """The events behind `after`, as they come, up to the terminal one. Raises NotFound at the first step.

        A run that ended longer ago than the journal is kept gives one `snapshot`. While the run waits for its turn,
        `status` events tell its `position`; those are not part of the journal. Nor is HEARTBEAT, the sign of life.
        """
        told = 0
        while True:
            stream = self._live.get(run_id)
            run = await asyncio.to_thread(get_run, self._db, owner, run_id)
            for number, event in await asyncio.to_thread(read_events, self._db, owner, run_id, after=after):
                if stream and number[0] >= stream.attempt:
                    break
                after = number
                yield number, event
                if event.terminal:
                    return
            if stream:
                async for mark, event in _from_memory(stream, after):
                    after = mark or after
                    yield mark, event
                    if event.terminal:
                        return
            elif run.ended:
                yield None, Event("snapshot", {"message": run.message})
                return
            elif self._shut:
                return
            elif run_id not in self._live:
                if run.state == "queued":
                    told += 1
                    ahead = await asyncio.to_thread(position, run)
                    yield (0, told), Event("status", {"stage": "queued", "position": ahead})
                await self._until_open(run_id)

    async def opened_in(self, session: str) -> AsyncGenerator[Run, None]:
        """The session's runs, each time that one of them begins an attempt, from the first step on."""
        opened: asyncio.Queue[Run] = asyncio.Queue()
        watching = self._watched.setdefault(session, set())
        watching.add(opened)
        try:
            while True:
                yield await opened.get()
        finally:
            watching.discard(opened)
            if not watching:
                self._watched.pop(session, None)

    async def _until_open(self, run_id: str) -> None:
        """Until the run's stream opens, or a second has passed: it may end without one."""
        if run_id in self._live:
            return
        opened = self._opened.setdefault(run_id, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await opened.wait()


async def _from_memory(stream: Stream, after: EventNumber) -> AsyncGenerator[tuple[EventNumber | None, Event], None]:
    index = after[1] if after[0] == stream.attempt else 0
    while True:
        while index < len(stream.events):
            index += 1
            yield (stream.attempt, index), stream.events[index - 1]
        if stream.ended:
            return
        if not await stream.changed():
            yield None, HEARTBEAT
