"""Every event once, in order, from any point, whatever happens to readers, journal and process."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import DiskFull, NotFound, StoreError
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.streams import Stream, Streams
from ibidem.store.database import Database
from ibidem.store.migrate import migrate
from ibidem.store.runs import (
    EventNumber,
    Run,
    begin_attempt,
    end_run,
    forget_events,
    get_run,
    read_events,
    write_events,
)
from ibidem.store.workspaces import Workspace
from ibidem.types import Event
from tests.conftest import Clock
from tests.jobs.runs import Seen, names, new_run, next_of, read, text


@pytest.fixture
def waiting(db: Database, home: Workspace, clock: Clock) -> Run:
    """A run that waits for its turn."""
    return new_run(db, SqliteQueue(db, clock=clock), home.id)


def start(streams: Streams, db: Database, run: Run) -> Stream:
    return streams.open(run, begin_attempt(db, run))


async def end(streams: Streams, db: Database, stream: Stream, name: str = "finished") -> bool:
    """End the run as a handler does: the run's row and the journal's rest in one transaction."""
    message = {"content": "".join(event.data["text"] for event in stream.events if event.name == "delta")}

    def commit(rows: Callable[[sqlite3.Connection], None]) -> bool:
        def write(tx: sqlite3.Connection) -> bool:
            ended = end_run(tx, stream.run, name, attempt=stream.attempt, message=message, error=None, now=0.0)
            if ended:
                rows(tx)
            return ended

        return db.write(write)

    return await streams.end(stream, Event(name, {"message": message}), commit)


def say(stream: Stream, *words: str) -> None:
    for word in words:
        stream.emit(Event("delta", {"text": word}))


@asynccontextmanager
async def journalled(db: Database, *, journal_s: float = 0.0) -> AsyncIterator[Streams]:
    streams = Streams(db, journal_s=journal_s, clock=lambda: 0.0)
    journal = asyncio.create_task(streams.journal())
    try:
        yield streams
        assert not journal.done()
    finally:
        journal.cancel()
        await asyncio.gather(journal, return_exceptions=True)


async def flushed(db: Database, run: Run, count: int) -> None:
    """Wait until the journal holds so many events."""
    async with asyncio.timeout(10):
        while len(read_events(db, run.owner, run.id)) < count:
            await asyncio.sleep(0)


def run_test(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def complete(seen: Seen, after: EventNumber, total: int) -> bool:
    """Each number behind `after` once, in order, the terminal event last and alone."""
    numbers = [number for number, _ in seen]
    terminal = [event.terminal for _, event in seen]
    return numbers == [(1, seq) for seq in range(after[1] + 1, total + 1)] and terminal.index(True) == len(seen) - 1


# --- reading ---------------------------------------------------------------------------------------------------------


def test_events_are_numbered_from_one_in_order(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            reader = asyncio.create_task(read(streams, waiting))
            say(stream, "a", "b")
            await asyncio.sleep(0)
            say(stream, "c")
            assert await end(streams, db, stream)
            seen = await reader
            assert [number for number, _ in seen] == [(1, 1), (1, 2), (1, 3), (1, 4)]
            assert (text(seen), names(seen)[-1]) == ("abc", "finished")

    run_test(test)


@pytest.mark.parametrize("live", [True, False])
def test_a_reader_may_begin_at_any_point(db: Database, waiting: Run, live: bool) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            say(stream, *"abcdefgh")
            if not live:
                await end(streams, db, stream)
            readers = [asyncio.create_task(read(streams, waiting, after=(1, seq))) for seq in range(9)]
            if live:
                await flushed(db, waiting, 8)
                await end(streams, db, stream)
            for seq, seen in enumerate(await asyncio.gather(*readers)):
                assert complete(seen, (1, seq), 9)
                assert text(seen) == "abcdefgh"[seq:]

    run_test(test)


@pytest.mark.parametrize("seed", range(12))
def test_readers_that_attach_at_any_moment_miss_nothing_and_see_nothing_twice(
    db: Database, waiting: Run, seed: int
) -> None:
    """Also between the birth of a token and its flush to the journal, and around the end."""
    dice = random.Random(seed)
    total = 120

    async def test() -> None:
        async with journalled(db, journal_s=dice.choice([0.0, 0.001, 60.0])) as streams:
            stream = start(streams, db, waiting)
            readers: list[tuple[EventNumber, asyncio.Task[Seen]]] = []

            def attach() -> None:
                after = (1, dice.randint(0, len(stream.events))) if dice.random() < 0.7 else (0, 0)
                readers.append((after, asyncio.create_task(read(streams, waiting, after=after))))

            for number in range(total - 1):
                say(stream, f"{number} ")
                if dice.random() < 0.15:
                    attach()
                for _ in range(dice.choice([0, 0, 1, 2, 3])):
                    await asyncio.sleep(0)
                if dice.random() < 0.03:
                    await asyncio.to_thread(get_run, db, 1, waiting.id)
            ending = asyncio.create_task(end(streams, db, stream))
            while not ending.done():
                if len(readers) < 60:
                    attach()
                await asyncio.sleep(0)
            assert await ending
            attach()
            for after, reader in readers:
                assert complete(await reader, after, total), (after, names(await reader))

    run_test(test)


@pytest.mark.parametrize("steps", range(8))
def test_an_event_that_is_born_while_its_reader_turns_to_wait_is_not_missed(
    db: Database, waiting: Run, steps: int
) -> None:
    async def test() -> None:
        streams = Streams(db, journal_s=60)
        stream = start(streams, db, waiting)
        events = streams.follow(1, waiting.id)
        say(stream, "a")
        assert (await next_of(events))[0] == (1, 1)
        for seq in range(2, 6):
            waits = asyncio.create_task(next_of(events))
            for _ in range(steps):
                await asyncio.sleep(0)
            say(stream, "b")
            assert (await waits)[0] == (1, seq)
        await events.aclose()

    run_test(test)


def test_a_slow_reader_does_not_hold_up_the_others(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            slow = streams.follow(1, waiting.id)
            say(stream, "a")
            assert (await next_of(slow))[0] == (1, 1)
            quick = asyncio.create_task(read(streams, waiting))
            say(stream, *"bcd")
            await end(streams, db, stream)
            assert complete(await quick, (0, 0), 5)
            assert [(await next_of(slow))[0] for _ in range(4)] == [(1, 2), (1, 3), (1, 4), (1, 5)]

    run_test(test)


def test_a_reader_that_leaves_stops_nothing(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            say(stream, "a")
            for _ in range(20):
                assert names(await read(streams, waiting, until=1)) == ["delta"]
            leaving = asyncio.create_task(read(streams, waiting))
            await asyncio.sleep(0)
            leaving.cancel()
            say(stream, "b")
            assert await end(streams, db, stream)
            assert text(await read(streams, waiting)) == "ab"

    run_test(test)


def test_a_run_that_waits_tells_its_place_until_it_opens(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            events = streams.follow(1, waiting.id, position=lambda run: 4)
            number, event = await next_of(events)
            assert (number, event) == ((0, 1), Event("status", {"stage": "queued", "position": 4}))
            waits = asyncio.create_task(next_of(events))
            while waiting.id not in streams._opened:
                await asyncio.sleep(0)
            stream = start(streams, db, waiting)
            say(stream, "a")
            assert (await waits)[0] == (1, 1)
            await events.aclose()

    run_test(test)


@pytest.mark.parametrize("owner", [1, 2])
def test_a_run_that_is_not_there_or_not_yours_is_not_found(
    db: Database, waiting: Run, stranger: int, owner: int
) -> None:
    async def test() -> None:
        run_id = waiting.id if owner == stranger else "absent"
        async with journalled(db) as streams:
            say(start(streams, db, waiting), "secret")
            with pytest.raises(NotFound):
                await next_of(streams.follow(owner, run_id))

    run_test(test)


# --- after the end ---------------------------------------------------------------------------------------------------


def test_a_late_reader_reads_the_journal(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db, journal_s=60) as streams:
            stream = start(streams, db, waiting)
            say(stream, *"abc")
            await end(streams, db, stream)
        assert complete(await read(Streams(db, journal_s=60), waiting), (0, 0), 4)
        assert complete(await read(Streams(db, journal_s=60), waiting, after=(1, 3)), (1, 3), 4)

    run_test(test)


@pytest.mark.parametrize("after", [(0, 0), (1, 2), (1, 4), (9, 9)])
def test_a_reader_who_comes_when_the_journal_is_forgotten_gets_the_whole_answer(
    db: Database, waiting: Run, after: EventNumber
) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            say(stream, *"abc")
            await end(streams, db, stream)
            while forget_events(db, written_before=1.0):
                pass
            assert await read(streams, waiting, after=after) == [
                (None, Event("snapshot", {"message": {"content": "abc"}}))
            ]

    run_test(test)


def test_the_journal_of_a_run_under_way_is_not_forgotten(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            say(start(streams, db, waiting), *"abc")
            await flushed(db, waiting, 3)
            assert forget_events(db, written_before=1e12) == 0

    run_test(test)


# --- crashes ---------------------------------------------------------------------------------------------------------


def crashed(db: Database, run: Run, *words: str) -> None:
    """What a process leaves behind that was killed after it had journalled these words."""
    attempt = begin_attempt(db, run)
    events = [Event("started", {"attempt": attempt}), *(Event("delta", {"text": word}) for word in words)]
    db.write(lambda tx: write_events(tx, run, attempt, 1, events, 0.0))


@pytest.mark.parametrize("after", [(0, 0), (1, 2), (1, 3), (1, 50)])
def test_a_reader_ahead_of_the_journal_is_told_of_the_restart(db: Database, waiting: Run, after: EventNumber) -> None:
    """It had seen events that were lost with the process: they are numbered below the new attempt's."""

    async def test() -> None:
        crashed(db, waiting, "half")
        async with journalled(db) as streams:
            reader = asyncio.create_task(read(streams, waiting, after=after))
            stream = start(streams, db, waiting)
            stream.emit(Event("restarted", {"attempt": 2}))
            say(stream, "whole")
            await end(streams, db, stream)
            seen = await reader
            assert (text(seen), names(seen)[-1]) == ("whole", "finished")
            assert [number for number, _ in seen if number and number > (1, 2)] == [(2, 1), (2, 2), (2, 3)]

    run_test(test)


@pytest.mark.parametrize("after", [(1, 2), (1, 50)])
def test_a_reader_ahead_of_the_journal_is_told_of_the_interruption(
    db: Database, waiting: Run, after: EventNumber
) -> None:
    async def test() -> None:
        crashed(db, waiting, "half")
        async with journalled(db) as streams:
            await end(streams, db, start(streams, db, waiting), "interrupted")
            assert [(number, event.name) for number, event in await read(streams, waiting, after=after)] == [
                ((2, 1), "interrupted")
            ]

    run_test(test)


def test_a_reader_sees_the_old_attempt_and_the_new_one_in_order(db: Database, waiting: Run) -> None:
    async def test() -> None:
        crashed(db, waiting, "half")
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            stream.emit(Event("restarted", {"attempt": 2}))
            reader = asyncio.create_task(read(streams, waiting))
            await asyncio.sleep(0)
            await end(streams, db, stream)
            assert [number for number, _ in await reader] == [(1, 1), (1, 2), (2, 1), (2, 2)]

    run_test(test)


# --- the journal -----------------------------------------------------------------------------------------------------


class FullDisk(Database):
    """Takes no writes while `full`."""

    full = False
    refused = 0

    def submit(self, work: Any) -> Any:
        if not self.full:
            return super().submit(work)
        self.refused += 1
        return super().submit(lambda tx: (_ for _ in ()).throw(DiskFull("no room")))


@pytest.fixture
def disk(tmp_path: Path, db: Database) -> FullDisk:
    path = tmp_path / "other.db"
    migrate(path, tmp_path / "backups")
    return FullDisk(path)


def test_a_journal_that_cannot_be_written_loses_no_event(disk: FullDisk, clock: Clock) -> None:
    async def test() -> None:
        waiting = new_run(disk, SqliteQueue(disk, clock=clock), 1)
        async with journalled(disk) as streams:
            stream = start(streams, disk, waiting)
            disk.full = True
            for tries, word in enumerate("abc"):
                say(stream, word)
                async with asyncio.timeout(10):
                    while disk.refused <= tries:
                        await asyncio.sleep(0)
            assert [event.data["text"] for _, event in await read(streams, waiting, until=3)] == ["a", "b", "c"]
            assert read_events(disk, 1, waiting.id) == []
            disk.full = False
            await flushed(disk, waiting, 3)
            await end(streams, disk, stream)
        assert complete(await read(Streams(disk, journal_s=60), waiting), (0, 0), 4)
        disk.close()

    run_test(test)


def test_an_end_that_cannot_be_stored_is_not_shown_and_lets_the_readers_go_on_to_the_next_attempt(
    disk: FullDisk, clock: Clock
) -> None:
    async def test() -> None:
        waiting = new_run(disk, SqliteQueue(disk, clock=clock), 1)
        async with journalled(disk) as streams:
            reader = asyncio.create_task(read(streams, waiting))
            stream = start(streams, disk, waiting)
            say(stream, "a")
            await flushed(disk, waiting, 1)
            disk.full = True
            with pytest.raises(StoreError):
                await end(streams, disk, stream)
            disk.full = False
            again = start(streams, disk, waiting)
            again.emit(Event("restarted", {"attempt": 2}))
            say(again, "b")
            await end(streams, disk, again)
            seen = await reader
            assert (text(seen), [event.name for _, event in seen if event.terminal]) == ("b", ["finished"])
        disk.close()

    run_test(test)


def test_the_terminal_event_is_stored_before_it_is_shown(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            say(stream, "a")
            events = streams.follow(1, waiting.id)
            await next_of(events)
            committing, go_on = asyncio.Event(), threading.Event()
            loop = asyncio.get_running_loop()

            def commit(rows: Callable[[sqlite3.Connection], None]) -> bool:
                loop.call_soon_threadsafe(committing.set)
                go_on.wait(10)
                db.write(rows)
                return True

            last = asyncio.create_task(next_of(events))
            ending = asyncio.create_task(streams.end(stream, Event("finished", {}), commit))
            await committing.wait()
            for _ in range(20):
                await asyncio.sleep(0)
            assert not last.done()
            go_on.set()
            assert (await last) == ((1, 2), Event("finished", {}))
            assert read_events(db, 1, waiting.id)[-1] == ((1, 2), Event("finished", {}))
            assert await ending

    run_test(test)


def test_a_run_that_somebody_else_ended_shows_that_end_and_no_other(db: Database, waiting: Run) -> None:
    async def test() -> None:
        async with journalled(db) as streams:
            stream = start(streams, db, waiting)
            say(stream, "a")
            readers = [asyncio.create_task(read(streams, waiting)) for _ in range(3)]
            await flushed(db, waiting, 1)

            def stop(tx: sqlite3.Connection) -> None:
                end_run(tx, waiting, "stopped", attempt=2, message={"content": "a"}, error=None, now=0.0)
                write_events(tx, waiting, 2, 1, [Event("stopped", {})], 0.0)

            db.write(stop)
            assert not await end(streams, db, stream)
            for reader in readers:
                assert [(number, event.name) for number, event in await reader] == [
                    ((1, 1), "delta"),
                    ((2, 1), "stopped"),
                ]

    run_test(test)


def test_the_end_waits_for_the_flush_under_way_and_writes_each_event_once(db: Database, waiting: Run) -> None:
    async def test() -> None:
        for _ in range(10):
            run = new_run(db, SqliteQueue(db), waiting.workspace)
            async with journalled(db) as streams:
                stream = start(streams, db, run)
                for number in range(20):
                    say(stream, str(number))
                    await asyncio.sleep(0)
                await end(streams, db, stream)
                assert complete(read_events(db, 1, run.id), (0, 0), 21)  # type: ignore[arg-type]

    run_test(test)


def test_streams_of_many_runs_do_not_mix(db: Database, home: Workspace) -> None:
    async def test() -> None:
        runs = [new_run(db, SqliteQueue(db), home.id) for _ in range(8)]
        async with journalled(db) as streams:
            open_streams = [start(streams, db, run) for run in runs]
            readers = [asyncio.create_task(read(streams, run)) for run in runs]
            for step in range(10):
                for number, stream in enumerate(open_streams):
                    say(stream, f"{number}.{step} ")
                await asyncio.sleep(0)
            for stream in open_streams:
                await end(streams, db, stream)
            for number, reader in enumerate(readers):
                assert text(await reader) == "".join(f"{number}.{step} " for step in range(10))

    run_test(test)
