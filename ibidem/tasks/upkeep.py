"""What goes on beside jobs: the index follows the change log, chunks that count no more are swept, old journals and runs go."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ibidem.errors import StoreError
from ibidem.index.indexes import Indexes
from ibidem.jobs.queue import Queue
from ibidem.settings import Settings
from ibidem.store.attachments import attachments_kept
from ibidem.store.attempts import forget_attempts
from ibidem.store.database import Database
from ibidem.store.documents import sweep
from ibidem.store.logins import forget_logins
from ibidem.store.runs import forget_events, forget_runs
from ibidem.store.session_removal import delete_orphans
from ibidem.store.uploads import uploads_kept

log = logging.getLogger(__name__)

POLL_S = 5.0  # the index looks at the change log so often without being told
TIDY_S = 10.0
KEPT_S = 30 * 24 * 3600.0  # ended jobs, and runs that belong to no session
READ_S = 60.0  # readers of a run that was stopped because its session is deleted hear of its end meanwhile
SWEEP_PAUSE_S = 0.01  # between two steps of a sweep: streams share the writer


class Upkeep:
    """Three loops of the running app."""

    def __init__(
        self,
        db: Database,
        indexes: Indexes,
        queue: Queue,
        settings: Settings,
        *,
        end_idle: Sequence[Callable[[], object]] = (),
        replayed: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = db
        self._indexes = indexes
        self._queue = queue
        self._end_idle = end_idle  # of each pool of children: ends those that have nothing to do
        self._settings = settings
        self._replayed = replayed  # what follows once the words are searchable
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._stop = threading.Event()  # a long sweep does not hold up the end of the program

    def index_changed(self) -> None:
        """The change log has grown. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    async def index(self) -> None:
        """Replay changes whenever there are some."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            try:
                await asyncio.to_thread(self._indexes.replay_all)
                self._replayed()
            except StoreError as error:
                log.warning("the index waits: %s", error)
            except Exception:  # a folder that goes meanwhile, say: the loop must outlive it
                log.exception("the index did not catch up; it is tried again")
            self._caught_up.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._changed.wait()

    async def morphemes(self) -> None:
        """Let the second pass follow the first."""
        while True:
            await self._caught_up.wait()
            self._caught_up.clear()
            try:
                await asyncio.to_thread(self._indexes.add_morphemes_to_all)
            except Exception:  # a folder that goes meanwhile, say: the loop must outlive it
                log.exception("morphemes did not follow; it is tried again")

    async def tidy(self, rescan: Callable[[], None]) -> None:
        """Sweep, forget and end what is idle; call `rescan` every `rescan_s`."""
        try:
            await self._tidy(rescan)
        finally:
            self._stop.set()

    async def _tidy(self, rescan: Callable[[], None]) -> None:
        next_rescan = time.monotonic() + self._settings.ingest.rescan_s
        files = self._files()  # before anything is served: the row of a file that comes later may not be there yet
        await asyncio.to_thread(self._sweep_sessions)
        await asyncio.to_thread(self._sweep_files, files)
        while True:
            try:
                await asyncio.to_thread(self._forget)
                if time.monotonic() > next_rescan:
                    next_rescan = time.monotonic() + self._settings.ingest.rescan_s
                    await asyncio.to_thread(rescan)
                    await asyncio.to_thread(self._forget_jobs)
            except StoreError as error:  # a full disk: it is tried again
                log.warning("upkeep waits: %s", error)
            for end_idle in self._end_idle:
                await asyncio.to_thread(end_idle)
            await asyncio.sleep(TIDY_S)

    def _forget(self) -> None:
        """Chunks that count no more, journals of runs long ended, sign-ins that have run out, old wrong passwords."""
        while not self._stop.is_set() and sweep(self._db):
            self._stop.wait(SWEEP_PAUSE_S)
        old = time.time() - self._settings.jobs.journal_keep_s
        while not self._stop.is_set() and forget_events(self._db, written_before=old):
            self._stop.wait(SWEEP_PAUSE_S)
        times = {
            "in_sessions_before": old,
            "others_before": time.time() - KEPT_S,
            "deleted_before": time.time() - READ_S,
        }
        while not self._stop.is_set() and forget_runs(self._db, **times):
            self._stop.wait(SWEEP_PAUSE_S)
        forget_logins(self._db, time.time())
        forget_attempts(self._db, time.time())

    def _forget_jobs(self) -> None:
        """Jobs that ended well long ago; those of answers go with their runs."""
        old = time.time() - KEPT_S
        while not self._stop.is_set() and self._queue.forget(ended_before=old, but=["answer"]):
            self._stop.wait(SWEEP_PAUSE_S)

    def _files(self) -> list[Path]:
        return list((self._settings.data_dir / "files").iterdir())

    def _sweep_files(self, files: Iterable[Path]) -> None:
        """Uploaded bytes whose document or message is gone, or was never stored because the program ended in between."""
        kept = uploads_kept(self._db) | attachments_kept(self._db)
        for path in files:
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _sweep_sessions(self) -> None:
        """Messages whose session is gone: the program ended while they were being deleted."""
        while not self._stop.is_set() and delete_orphans(self._db):
            self._stop.wait(SWEEP_PAUSE_S)
