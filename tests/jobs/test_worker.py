"""The worker: lanes that do not wait for each other, retries by the error's class, and ends in order."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ibidem.errors import BadInput, ContextTooLong, DiskFull, ModelCutOff, ModelRejected, ModelUnreachable, StoreError
from ibidem.jobs.queue import MAX_ATTEMPTS, MAX_RETRIES, Job, Lease
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.worker import Handler, Lane, Ticket, Worker, backoff_s
from ibidem.store.database import Database
from tests.conftest import Clock

TIMEOUT_S = 10.0


class ToldQueue(SqliteQueue):
    """Tells a test how each claim ended: `(word, job id)`, once it is durable."""

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__(db, clock=clock)
        self.ends: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.loop: asyncio.AbstractEventLoop | None = None

    def _tell(self, word: str, lease: Lease) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.ends.put_nowait, (word, lease.job.id))

    def finish(self, lease: Lease, state: Any, **more: Any) -> bool:
        done = super().finish(lease, state, **more)
        self._tell(state if done else "lost", lease)
        return done

    def retry_later(self, lease: Lease, **more: Any) -> bool:
        done = super().retry_later(lease, **more)
        self._tell("later", lease)
        return done

    def release(self, lease: Lease) -> bool:
        done = super().release(lease)
        self._tell("released", lease)
        return done

    async def end(self) -> tuple[str, str]:
        async with asyncio.timeout(TIMEOUT_S):
            return await self.ends.get()


@pytest.fixture
def queue(db: Database, clock: Clock) -> ToldQueue:
    return ToldQueue(db, clock)


@asynccontextmanager
async def working(
    queue: ToldQueue,
    handlers: dict[str, Handler],
    lanes: Sequence[Lane] = (Lane(["a"], 2),),
    *,
    lease_s: float = 30.0,
    poll_s: float = 60.0,
    on_cut: Callable[[Job], None] = lambda job: None,
) -> AsyncIterator[Worker]:
    """A worker at work; polls so rarely that only wake-ups count, unless told otherwise."""
    queue.loop = asyncio.get_running_loop()
    worker = Worker(queue, handlers, lanes, lease_s=lease_s, poll_s=poll_s, on_cut=on_cut)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0)
    try:
        yield worker
        async with asyncio.timeout(TIMEOUT_S):
            await worker.stop()
            await running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def put(queue: ToldQueue, kind: str = "a", **more: Any) -> str:
    return queue.put(kind, {}, owner=1, **more)


async def nothing(_: Ticket) -> None:
    """Done at once."""


class Blocked:
    """A handler that says when it has begun and goes on when it is told."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.running = 0
        self.most = 0

    async def __call__(self, ticket: Ticket) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.began.set()
        try:
            await self.go_on.wait()
        finally:
            self.running -= 1


def raises(error: Exception) -> Handler:
    async def handler(_: Ticket) -> None:
        raise error

    return handler


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


# --- taking ----------------------------------------------------------------------------------------------------------


def test_a_job_that_is_put_while_the_worker_waits_is_done_at_the_wake_up(queue: ToldQueue) -> None:
    async def test() -> None:
        async with working(queue, {"a": nothing}) as worker:
            for _ in range(3):
                job_id = put(queue)
                worker.wake("a")
                assert await queue.end() == ("done", job_id)

    run(test)


def test_polling_finds_a_job_whose_wake_up_was_lost(queue: ToldQueue) -> None:
    async def test() -> None:
        async with working(queue, {"a": nothing}, poll_s=0.01):
            job_id = put(queue)
            assert await queue.end() == ("done", job_id)

    run(test)


def test_a_wake_up_from_another_thread_counts(queue: ToldQueue) -> None:
    async def test() -> None:
        async with working(queue, {"a": nothing}) as worker:
            await asyncio.to_thread(lambda: (put(queue), worker.wake("a")))
            assert (await queue.end())[0] == "done"

    run(test)


def test_a_full_lane_does_not_hold_up_another(queue: ToldQueue) -> None:
    async def test() -> None:
        slow = Blocked()
        async with working(queue, {"slow": slow, "quick": nothing}, [Lane(["slow"], 1), Lane(["quick"], 1)]) as worker:
            first, second = put(queue, "slow"), put(queue, "slow")
            worker.wake("slow")
            await slow.began.wait()
            quick = put(queue, "quick")
            worker.wake("quick")
            assert await queue.end() == ("done", quick)
            slow.go_on.set()
            assert {await queue.end(), await queue.end()} == {("done", first), ("done", second)}
            assert slow.most == 1

    run(test)


def test_a_lane_runs_as_many_at_once_as_it_has_slots(queue: ToldQueue) -> None:
    async def test() -> None:
        slow = Blocked()
        ids = {put(queue) for _ in range(7)}
        async with working(queue, {"a": slow}, [Lane(["a"], 3)]):
            while slow.running < 3:
                await asyncio.sleep(0)
            slow.go_on.set()
            assert {(await queue.end())[1] for _ in ids} == ids
            assert slow.most == 3

    run(test)


def test_a_user_with_as_many_as_he_may_leaves_the_slots_to_others(queue: ToldQueue, stranger: int) -> None:
    async def test() -> None:
        slow = Blocked()
        mine = [put(queue) for _ in range(4)]
        async with working(queue, {"a": slow}, [Lane(["a"], 3, per_owner=2)]) as worker:
            while slow.running < 2:
                await asyncio.sleep(0)
            theirs = queue.put("a", {}, owner=stranger)
            worker.wake("a")
            while slow.running < 3:
                await asyncio.sleep(0)
            assert queue.get(theirs, stranger).state == "running"
            assert [queue.get(job, 1).state for job in mine] == ["running", "running", "queued", "queued"]
            slow.go_on.set()
            assert {(await queue.end())[1] for _ in range(5)} == {theirs, *mine}  # each end makes room, without a poll

    run(test)


def test_a_worker_for_some_kinds_leaves_the_others_waiting(queue: ToldQueue) -> None:
    async def test() -> None:
        queue.loop = asyncio.get_running_loop()
        worker = Worker(queue, {"a": nothing, "b": nothing}, [Lane(["a"], 1), Lane(["b"], 1)], lease_s=30, poll_s=60)
        worker.only(["b"])
        other, mine = put(queue, "a"), put(queue, "b")
        running = asyncio.create_task(worker.run())
        assert await queue.end() == ("done", mine)
        await worker.stop()
        await running
        assert queue.get(other, 1).state == "queued"

    run(test)


def test_a_store_that_fails_for_a_while_is_waited_out(queue: ToldQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        failures = iter([DiskFull("full"), StoreError("locked")])
        claim = SqliteQueue.claim

        def failing(self: SqliteQueue, *args: Any, **more: Any) -> Any:
            if error := next(failures, None):
                raise error
            return claim(self, *args, **more)

        monkeypatch.setattr(SqliteQueue, "claim", failing)
        job_id = put(queue)
        async with working(queue, {"a": nothing}, poll_s=0.01):
            assert await queue.end() == ("done", job_id)

    run(test)


# --- ends ------------------------------------------------------------------------------------------------------------


def test_a_handler_may_end_its_job_itself(queue: ToldQueue) -> None:
    async def test() -> None:
        async def handler(ticket: Ticket) -> None:
            assert ticket.finish("failed", error={"code": "own", "message": "", "hint": ""})
            raise KeyError("after the end")

        job_id = put(queue)
        async with working(queue, {"a": handler}):
            assert await queue.end() == ("failed", job_id)
        job = queue.get(job_id, 1)
        assert job.error is not None and job.error["code"] == "own"

    run(test)


PASSING = [
    ModelUnreachable("no answer"),
    DiskFull("full"),
    ModelRejected("slow down", status=429),
    ModelRejected("broken", status=503),
]
LASTING = [
    BadInput("empty"),
    ModelRejected("no such model", status=404),
    ModelCutOff("cut"),
    ContextTooLong("too long"),
    KeyError("a fault of ours"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_an_error_that_may_pass_is_tried_again_five_times(queue: ToldQueue, clock: Clock, error: Exception) -> None:
    async def test() -> None:
        job_id = put(queue)
        async with working(queue, {"a": raises(error)}) as worker:
            for tried in range(1, MAX_RETRIES + 1):
                assert await queue.end() == ("later", job_id)
                job = queue.get(job_id, 1)
                assert (job.state, job.retries, job.attempts) == ("queued", tried, 0)
                clock.advance(61)
                worker.wake("a")
            assert await queue.end() == ("failed", job_id)
        assert (queue.get(job_id, 1).error or {})["code"] == error.code  # type: ignore[attr-defined]

    run(test)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_an_error_that_lasts_fails_the_job_at_once(queue: ToldQueue, error: Exception) -> None:
    async def test() -> None:
        job_id = put(queue)
        async with working(queue, {"a": raises(error)}):
            assert await queue.end() == ("failed", job_id)
        assert queue.get(job_id, 1).retries == 0

    run(test)


def test_a_fault_of_ours_is_called_internal_and_the_worker_goes_on(queue: ToldQueue) -> None:
    async def test() -> None:
        first, second = put(queue), put(queue, "b")
        async with working(queue, {"a": raises(KeyError("lost")), "b": nothing}, [Lane(["a", "b"], 1)]):
            assert await queue.end() == ("failed", first)
            assert await queue.end() == ("done", second)
        error = queue.get(first, 1).error
        assert error is not None and error["code"] == "internal" and "KeyError" in error["message"]

    run(test)


def test_a_server_that_asks_for_patience_gets_it() -> None:
    assert backoff_s(0, ModelRejected("slow down", status=429, retry_after_s=30)) == 30
    assert all(0 <= backoff_s(retries) <= 2 * 2**retries for retries in range(5) for _ in range(50))
    assert max(backoff_s(20) for _ in range(50)) <= 60


# --- cancelling ------------------------------------------------------------------------------------------------------


def test_a_running_job_is_cancelled_at_once_by_its_own_process(queue: ToldQueue) -> None:
    async def test() -> None:
        slow = Blocked()
        job_id = put(queue)
        async with working(queue, {"a": slow}) as worker:
            await slow.began.wait()
            queue.cancel(job_id, 1)
            worker.cancel(job_id)
            assert await queue.end() == ("cancelled", job_id)
            worker.cancel(job_id)
            worker.cancel("unknown")
        assert slow.running == 0

    run(test)


def test_cancels_that_are_repeated_leave_the_handler_its_ending(queue: ToldQueue) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    endings: list[str] = []

    async def ends_slowly(ticket: Ticket) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await may_end.wait()
            endings.append("whole")
            await asyncio.to_thread(ticket.finish, "cancelled")
            raise

    async def scenario() -> None:
        job_id = put(queue)
        async with working(queue, {"a": ends_slowly}) as worker:
            await began.wait()
            queue.cancel(job_id, 1)
            for _ in range(5):
                worker.cancel(job_id)
                await asyncio.sleep(0)
            may_end.set()
            assert await queue.end() == ("cancelled", job_id)

    asyncio.run(scenario())
    assert endings == ["whole"]


def test_a_cancel_from_another_process_arrives_within_a_second(queue: ToldQueue) -> None:
    async def test() -> None:
        slow = Blocked()
        job_id = put(queue)
        async with working(queue, {"a": slow}):
            await slow.began.wait()
            began = time.monotonic()
            await asyncio.to_thread(queue.cancel, job_id, 1)
            assert await queue.end() == ("cancelled", job_id)
            assert time.monotonic() - began < 1.5

    run(test)


def test_a_job_that_was_taken_by_another_worker_is_let_go(queue: ToldQueue, clock: Clock) -> None:
    async def test() -> None:
        slow = Blocked()
        job_id = put(queue)
        async with working(queue, {"a": slow}, [Lane(["a"], 1)], lease_s=0.06):
            await slow.began.wait()
            clock.advance(31)
            other = queue.claim(["a"], lease_s=1e9)
            while other is None:  # a heartbeat came in between
                clock.advance(31)
                other = queue.claim(["a"], lease_s=1e9)
            assert await queue.end() == ("lost", job_id)
            assert slow.running == 0
            assert queue.finish(other, "done")

    run(test)


def test_heartbeats_carry_progress_and_headway(queue: ToldQueue, db: Database) -> None:
    async def test() -> None:
        renewed = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def handler(ticket: Ticket) -> None:
            ticket.progress.update(done=1)
            ticket.headway = True
            await renewed.wait()

        renew = queue.renew

        def told(*args: Any, **more: Any) -> Any:
            word = renew(*args, **more)
            loop.call_soon_threadsafe(renewed.set)
            return word

        queue.renew = told  # type: ignore[method-assign]
        job_id = put(queue)
        queue.claim(["a"], lease_s=30)
        queue.expire_leases()
        async with working(queue, {"a": handler}, lease_s=0.03):
            assert await queue.end() == ("done", job_id)
        job = queue.get(job_id, 1)
        assert (job.progress, job.attempts) == ({"done": 1}, 1)

    run(test)


# --- stopping --------------------------------------------------------------------------------------------------------


def test_a_stop_puts_back_what_runs(queue: ToldQueue) -> None:
    async def test() -> None:
        slow = Blocked()
        job_id, waiting = put(queue), put(queue)
        async with working(queue, {"a": slow}, [Lane(["a"], 1)]) as worker:
            await slow.began.wait()
            await worker.stop()
            assert await queue.end() == ("released", job_id)
        assert [queue.get(job, 1).state for job in (job_id, waiting)] == ["queued", "queued"]
        assert queue.get(job_id, 1).attempts == 0

    run(test)


def test_a_job_that_is_claimed_while_the_worker_stops_is_put_back(queue: ToldQueue) -> None:
    async def test() -> None:
        claiming, go_on = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()
        claim = queue.claim

        def slow_claim(*args: Any, **more: Any) -> Lease | None:
            lease = claim(*args, **more)
            loop.call_soon_threadsafe(claiming.set)
            go_on.wait(TIMEOUT_S)
            return lease

        queue.claim = slow_claim  # type: ignore[method-assign]
        blocked = Blocked()
        job_id = put(queue)
        async with working(queue, {"a": blocked}) as worker:
            await claiming.wait()
            await worker.stop()
            go_on.set()
            assert await queue.end() == ("released", job_id)
        assert not blocked.began.is_set()

    run(test)


def test_a_handler_that_ends_its_job_while_the_worker_stops_has_ended_it(queue: ToldQueue) -> None:
    async def test() -> None:
        began = asyncio.Event()

        async def handler(ticket: Ticket) -> None:
            try:
                began.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert ticket.finish("done")
                raise

        job_id = put(queue)
        async with working(queue, {"a": handler}) as worker:
            await began.wait()
            await worker.stop()
            assert await queue.end() == ("done", job_id)

    run(test)


# --- jobs that end without their handler's doing ------------------------------------------------------------------------


def test_a_dead_job_is_told(queue: ToldQueue) -> None:
    async def test() -> None:
        told: list[Job] = []
        job_id = put(queue)
        for _ in range(MAX_ATTEMPTS):
            queue.claim(["a"], lease_s=30)
            queue.expire_leases()
        healthy = put(queue)
        async with working(queue, {"a": nothing}, on_cut=told.append):
            assert await queue.end() == ("done", healthy)
        assert [(job.id, job.state) for job in told] == [(job_id, "dead")]
        assert told[0].error is not None and told[0].error["code"] == "job_dead"

    run(test)


def test_a_job_that_the_worker_itself_ended_is_told_with_state_and_error(queue: ToldQueue) -> None:
    async def test() -> None:
        told: asyncio.Queue[Job] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        slow = Blocked()
        failing, cancelled = put(queue, "b"), put(queue, "a")
        async with working(
            queue,
            {"a": slow, "b": raises(BadInput("empty"))},
            [Lane(["a", "b"], 1)],
            on_cut=lambda job: loop.call_soon_threadsafe(told.put_nowait, job) and None,
        ) as worker:
            job = await told.get()
            assert (job.id, job.state, (job.error or {})["code"]) == (failing, "failed", "bad_input")
            await slow.began.wait()
            worker.cancel(cancelled)
            job = await told.get()
            assert (job.id, job.state, job.error) == (cancelled, "cancelled", None)

    run(test)


def test_a_job_that_its_handler_ended_is_not_told(queue: ToldQueue) -> None:
    async def test() -> None:
        told: list[Job] = []

        async def handler(ticket: Ticket) -> None:
            ticket.finish("failed")

        put(queue), put(queue, "b")
        async with working(queue, {"a": handler, "b": nothing}, [Lane(["a", "b"], 1)], on_cut=told.append):
            await queue.end(), await queue.end()
        assert told == []

    run(test)


def test_a_callback_that_fails_does_not_stop_the_worker(queue: ToldQueue) -> None:
    async def test() -> None:
        def fails(_: Job) -> None:
            raise KeyError("no")

        put(queue)
        for _ in range(MAX_ATTEMPTS):
            queue.claim(["a"], lease_s=30)
            queue.expire_leases()
        async with working(queue, {"a": nothing}, on_cut=fails, poll_s=0.01):
            healthy = put(queue)
            assert await queue.end() == ("done", healthy)

    run(test)
