"""Fetching a model as a job: with progress, cancelled at once, taken up again where it stopped, also after a restart."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ibidem.errors import BadInput
from ibidem.jobs.queue import Job, Queue
from ibidem.jobs.worker import Ticket
from ibidem.models.ollama_pull import ollama_pull
from ibidem.models.origin import file_name, parts
from ibidem.models.pull import pull
from ibidem.settings import ModelSettings
from ibidem.tasks.threads import in_daemon
from ibidem.tasks.wanted import find_wanted

KIND = "pull"
LISTED = 50  # fetches are rare: the newest so many are shown
RATE_S = 5.0  # the rate is that of about so long


class _Stopped(Exception):
    """The job was cancelled, or the program ends: what has come stays."""


@dataclass
class Rate:
    """Bytes a second, of late. The clock is in seconds."""

    clock: Callable[[], float] = time.monotonic
    _seen: list[tuple[float, int]] = field(default_factory=list)  # (when, bytes here), oldest first

    def told(self, have: int) -> float:
        """`have` bytes are here now; 0 until two moments are known."""
        now = self.clock()
        if self._seen and have < self._seen[-1][1]:  # another file, or it began anew
            self._seen.clear()
        self._seen.append((now, have))
        while len(self._seen) > 2 and self._seen[1][0] < now - RATE_S:
            self._seen.pop(0)
        began, had = self._seen[0]
        took = now - began
        return (have - had) / took if took > 0 else 0.0


class Pulling:
    """Begins fetches, carries them out, shows them."""

    def __init__(self, queue: Queue, folder: Path, settings: Callable[[], ModelSettings]) -> None:
        self._queue = queue
        self._folder = folder
        self._settings = settings
        self._under_way: dict[str, asyncio.Future[None]] = {}  # by name; one that was cancelled may still be ending

    def start(self, owner: int, name: str, *, agreed: bool, sha256: str = "") -> Job:
        """Queue it; one of that name that waits or runs is returned instead.

        Raises ModelUnknown, and BadInput for an address that is none or a licence that was not agreed to.
        """
        name = name.strip()
        if name.startswith("ollama:"):
            if not name.removeprefix("ollama:"):
                raise BadInput("ollama: names no model", hint="write ollama:NAME", field="name")
            if sha256:
                raise BadInput("Ollama checks its own hashes", hint="leave sha256 out", field="sha256")
        else:
            wanted = find_wanted(name)
            for address in parts(wanted.address):
                file_name(address)
            if not agreed:
                raise BadInput(f"the licence was not agreed to: {wanted.licence}", hint="send agreed", field="agreed")
        for job in self.jobs(owner):
            if job.payload["name"] == name and job.state in ("queued", "running"):
                return job
        return self._queue.get(self._queue.put(KIND, {"name": name, "sha256": sha256}, owner=owner), owner)

    def jobs(self, owner: int) -> list[Job]:
        """The owner's fetches, newest first."""
        return self._queue.jobs(owner, kind=KIND, limit=LISTED)

    async def handle(self, ticket: Ticket) -> None:
        """A cancel ends the job now. Its thread ends with the next bytes, or with a silence that is too long; the same
        model is not begun again before."""
        name = ticket.job.payload["name"]
        while before := self._under_way.get(name):
            await asyncio.wait([before])
        stop = threading.Event()
        work = in_daemon(partial(self._fetch, ticket, stop), "pull")
        self._under_way[name] = work
        work.add_done_callback(partial(self._ended, name))
        ticket.headway = True  # what has come stays: a claim that was lost cost nothing
        try:
            while not work.done():
                seen = ticket.progress.get("have_bytes")
                await asyncio.wait([work], timeout=RATE_S)
                if ticket.progress.get("have_bytes") == seen:  # silent: the rate that was told holds no more
                    ticket.progress["rate_bytes_s"] = 0
        except asyncio.CancelledError:
            stop.set()
            raise
        work.result()

    def _ended(self, name: str, work: asyncio.Future[None]) -> None:
        self._under_way.pop(name, None)
        if not work.cancelled():
            work.exception()  # the job has it, or was cancelled before

    def _fetch(self, ticket: Ticket, stop: threading.Event) -> None:
        rate = Rate()

        def show(at: int, files: int, stage: str, have: int, size: int) -> None:
            if stop.is_set():
                raise _Stopped
            told: dict[str, Any] = {"stage": stage, "have_bytes": have, "total_bytes": size, "file": at, "files": files}
            ticket.progress.update(told, rate_bytes_s=round(rate.told(have)))

        def sleep(seconds: float) -> None:
            if stop.wait(seconds):
                raise _Stopped

        name, sha256 = ticket.job.payload["name"], ticket.job.payload["sha256"]
        if name.startswith("ollama:"):
            ollama_pull(name.removeprefix("ollama:"), self._settings(), on_progress=partial(show, 1, 1))
            return
        addresses = parts(find_wanted(name).address)
        for at, address in enumerate(addresses, 1):
            progress = partial(show, at, len(addresses), "")
            pull(address, self._folder, sha256=sha256, on_progress=progress, sleep=sleep)


def model_name(job: Job) -> str:
    """As --model takes it once it is there."""
    name = str(job.payload["name"])
    return name if name.startswith("ollama:") else f"llama:{Path(file_name(find_wanted(name).address)).stem}"
