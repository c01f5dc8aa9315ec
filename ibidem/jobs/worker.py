"""Claims jobs and runs their handlers: a lane for each kind of work, so that one never waits for another."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ibidem.errors import DiskFull, EngineCrashed, IbidemError, ModelRejected, ModelUnreachable, StoreError
from ibidem.jobs.queue import MAX_RETRIES, EndState, Job, Lease, Queue

log = logging.getLogger(__name__)

BACKOFF_S = 2.0  # the first retry comes after up to so long, each further one after up to twice as long
BACKOFF_MAX_S = 60.0


@dataclass(slots=True)
class Ticket:
    """A running job in its handler's hands: report progress, and end it together with the rows it belongs to."""

    lease: Lease
    queue: Queue
    progress: dict[str, Any] = field(default_factory=dict)  # written down at the next renewal
    headway: bool = False  # set when lasting work was done: the job does not kill its worker
    cancelled: bool = False  # the handler's CancelledError means: somebody asked for it, not: the program stops
    ended: bool = False

    @property
    def job(self) -> Job:
        return self.lease.job

    def finish(
        self, state: Any, *, error: dict[str, str] | None = None, also: Callable[[Any], None] | None = None
    ) -> bool:
        """End the job with `also`'s rows in one transaction. False when the lease was lost: then nothing is written."""
        self.ended = True
        return self.queue.finish(self.lease, state, error=error, also=also)


class Later(Exception):
    """Raised by a handler for which others come first: the job is put back as if it had not been claimed."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s


Handler = Callable[[Ticket], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Lane:
    """So many jobs of these kinds at once, and so many of one user; none is begun while `wait` says so."""

    kinds: Sequence[str]
    slots: int
    per_owner: int | None = None
    wait: Callable[[], bool] | None = None


class Worker:
    """Runs until `stop`. Wake-ups are hints, polling is the truth."""

    def __init__(
        self,
        queue: Queue,
        handlers: Mapping[str, Handler],
        lanes: Sequence[Lane],
        *,
        lease_s: float,
        poll_s: float,
        on_cut: Callable[[Job], None] = lambda job: None,
    ) -> None:
        """`on_cut` hears, in a thread, of each job that ended without its handler's doing: dead, cancelled or failed."""
        self._queue = queue
        self._handlers = handlers
        self._lanes = lanes
        self._lease_s = lease_s
        self._poll_s = poll_s
        self._on_cut = on_cut
        self._running: dict[str, tuple[asyncio.Task[None], Ticket]] = {}
        self._wakeups = [asyncio.Event() for _ in lanes]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def only(self, kinds: Collection[str]) -> None:
        """Serve these kinds alone. Before `run`."""
        self._lanes = [lane for lane in self._lanes if set(lane.kinds) & set(kinds)]
        self._wakeups = [asyncio.Event() for _ in self._lanes]

    def wake(self, kind: str) -> None:
        """There may be something to do of this kind. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            for lane, wakeup in zip(self._lanes, self._wakeups, strict=True):
                if kind in lane.kinds:
                    self._loop.call_soon_threadsafe(wakeup.set)

    def cancel(self, job_id: str) -> None:
        """Tell a running job now what its next renewal would tell it. On the worker's own loop.

        Once: a second cancel would break into the handler's own ending.
        """
        task, ticket = self._running.get(job_id, (None, None))
        if task and ticket and not ticket.cancelled:
            ticket.cancelled = True
            task.cancel()

    async def run(self) -> None:
        """Work until `stop`; running jobs are then put back or ended by their handlers."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._bury())
            for lane, wakeup in zip(self._lanes, self._wakeups, strict=True):
                group.create_task(self._serve(lane, wakeup, group))

    async def stop(self) -> None:
        """Take nothing new; cancel what runs and wait for it."""
        self._stopping.set()
        for wakeup in self._wakeups:
            wakeup.set()
        tasks = [task for task, _ in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, lane: Lane, wakeup: asyncio.Event, group: asyncio.TaskGroup) -> None:
        slots = asyncio.Semaphore(lane.slots)
        while not self._stopping.is_set():
            await slots.acquire()
            lease = await self._next(lane, wakeup)
            if lease is None:
                return
            ticket = Ticket(lease, self._queue)
            task = group.create_task(self._run(ticket))
            self._running[lease.job.id] = (task, ticket)

            def ended(_: object, job_id: str = lease.job.id) -> None:
                self._running.pop(job_id, None)
                slots.release()
                if lane.per_owner:  # another job of its user may have waited for this end
                    wakeup.set()

            task.add_done_callback(ended)

    async def _next(self, lane: Lane, wakeup: asyncio.Event) -> Lease | None:
        while not self._stopping.is_set():
            wakeup.clear()
            try:
                if lease := await asyncio.to_thread(self._claim, lane):
                    if not self._stopping.is_set():
                        return lease
                    await asyncio.to_thread(self._queue.release, lease)
            except StoreError as error:  # a full disk may have room again later
                log.warning("cannot take jobs: %s", error)
            try:
                async with asyncio.timeout(self._poll_s):
                    await wakeup.wait()
            except TimeoutError:
                continue
        return None

    def _claim(self, lane: Lane) -> Lease | None:
        if lane.wait and lane.wait():
            return None
        return self._queue.claim(lane.kinds, lease_s=self._lease_s, per_owner=lane.per_owner)

    async def _bury(self) -> None:
        """Now and then, jobs that killed their worker too often."""
        while not self._stopping.is_set():
            try:
                for dead in await asyncio.to_thread(self._queue.bury):
                    await self._tell(dead)
            except StoreError as error:
                log.warning("dead jobs wait: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._stopping.wait()

    async def _run(self, ticket: Ticket) -> None:
        work = asyncio.ensure_future(self._handlers[ticket.job.kind](ticket))
        heart = asyncio.create_task(self._renew(ticket, work))
        try:
            await self._settle(ticket, work)
        except StoreError as error:  # its end could not be written: the lease runs out, and it is tried again
            log.warning("job %s could not be ended: %s", ticket.job.id, error)
        finally:
            heart.cancel()

    async def _renew(self, ticket: Ticket, work: asyncio.Future[None]) -> None:
        """The lease's heartbeat: three renewals a lease; also how a cancel from another process arrives."""
        job_id = ticket.job.id
        while not work.done():
            await asyncio.sleep(min(self._lease_s / 3, 1.0))
            try:
                word = await asyncio.to_thread(
                    self._queue.renew,
                    ticket.lease,
                    lease_s=self._lease_s,
                    progress=dict(ticket.progress),
                    headway=ticket.headway,
                )
            except StoreError as error:
                log.warning("job %s: the lease could not be renewed: %s", job_id, error)
                continue
            if word != "go on":
                if not ticket.ended and not ticket.cancelled:
                    ticket.cancelled = True
                    work.cancel()
                return

    async def _settle(self, ticket: Ticket, work: asyncio.Future[None]) -> None:
        """Wait for the handler and end the job as its outcome says, unless the handler ended it itself."""
        try:
            await work
        except asyncio.CancelledError:
            if ticket.ended:
                return
            if ticket.cancelled:
                await self._cut(ticket, "cancelled")
            else:  # the program stops
                await asyncio.to_thread(self._queue.release, ticket.lease)
        except Later as later:
            await asyncio.to_thread(self._queue.release, ticket.lease, delay_s=later.delay_s)
        except Exception as error:  # noqa: BLE001 - the border of foreign work: recorded with the job, and logged
            await self._fail(ticket, error)
        else:
            if not ticket.ended:
                await asyncio.to_thread(ticket.finish, "done")

    async def _fail(self, ticket: Ticket, error: Exception) -> None:
        shown = as_error(error)
        if ticket.ended:
            log.error("job %s failed after its end: %s", ticket.job.id, error)
        elif may_pass(error) and ticket.job.retries < MAX_RETRIES:
            await asyncio.to_thread(
                self._queue.retry_later, ticket.lease, delay_s=backoff_s(ticket.job.retries, error), error=shown
            )
        else:
            await self._cut(ticket, "failed", error=shown)

    async def _cut(self, ticket: Ticket, state: EndState, *, error: dict[str, str] | None = None) -> None:
        """End the job in its handler's place."""
        if await asyncio.to_thread(ticket.finish, state, error=error):
            await self._tell(replace(ticket.job, state=state, error=error))

    async def _tell(self, job: Job) -> None:
        try:
            await asyncio.to_thread(self._on_cut, job)
        except Exception:  # foreign work: logged, and the next start makes up for it
            log.exception("job %s: what belongs to it could not be ended", job.id)


def may_pass(error: Exception) -> bool:
    """Whether the same work may succeed later without anybody changing it."""
    if isinstance(error, ModelRejected):
        return error.transient
    return isinstance(error, ModelUnreachable | EngineCrashed | DiskFull)


def backoff_s(retries: int, error: Exception | None = None) -> float:
    """Full jitter: anything up to a bound that doubles; at least what the server asked for."""
    wanted = getattr(error, "retry_after_s", None) or 0.0
    bound = min(BACKOFF_MAX_S, BACKOFF_S * 2**retries)
    return max(wanted, random.uniform(0, bound))  # noqa: S311 - spreads load, guards nothing


def as_error(error: Exception) -> dict[str, str]:
    """`{"code", "message", "hint"}`; what is not of our tree is a fault of ours, logged with its traceback."""
    if isinstance(error, IbidemError):
        return error.as_dict()
    log.error("unexpected %s", type(error).__name__, exc_info=error)
    return {"code": "internal", "message": f"{type(error).__name__}: {error}", "hint": "see the server's log"}
