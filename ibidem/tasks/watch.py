"""Watched sources: a saved file becomes a job as soon as it has settled. Notices are hints; rescans are the truth."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import StoreError
from ibidem.ingest.ignore import IGNORE_FILES
from ibidem.ingest.walk import SKIPPED_FOLDERS
from ibidem.store.workspaces import Source

log = logging.getLogger(__name__)

MOST_PATHS = 500  # more changes at once are a checkout or an unpacked archive: the source is walked instead
DEBOUNCE_MS = 1600  # a file that is written without pause is looked at so often all the same
LISTENING_MS = 400  # after so long without a notice a listener says that it listens
TRY_AGAIN_S = 30.0
PAUSE_S = 0.3  # before listening again


@dataclass(frozen=True, slots=True)
class Root:
    """A source with the path that notices begin with, which two sources may share."""

    path: bytes
    source: Source
    folder: bool  # a folder that is there now; else a file, or nothing


class Watcher:
    """Follows the sources given by `sources()`; `restart` when that list has changed.

    The next listeners are at work before the last ones stop, and a source that is new to them is walked once they
    are: no change falls between.
    """

    def __init__(
        self,
        sources: Callable[[], Sequence[Source]],
        *,
        without: Path,
        settle_s: float,
        refresh: Callable[[Source, list[bytes]], None],
        sync: Callable[[Source], object],
    ) -> None:
        self._sources = sources
        self._without = os.fsencode(os.path.realpath(without))  # our own data directory: its writes are no news
        self._settle_s = settle_s
        self._refresh = refresh
        self._sync = sync
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failure = ""  # why folders are not watched at the moment, for `doctor`

    def restart(self) -> None:
        """Sources have come or gone. On the watcher's loop."""
        self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        self._loop = asyncio.get_running_loop()
        known: set[tuple[str, bool]] = set()
        at_work: list[_Listeners] = []
        pause_s = PAUSE_S
        try:
            while True:
                self._changed.clear()
                roots = await asyncio.to_thread(self._roots)
                at_work.append(listeners := _Listeners(self, roots, step_ms=int(self._settle_s * 1000)))
                await listeners.listen()
                for earlier in at_work[:-1]:
                    await earlier.stop()
                at_work = [listeners]
                for root in roots:
                    if (root.source.id, root.folder) not in known:
                        await asyncio.to_thread(self._sync, root.source)
                self.failure = listeners.failure
                if self.failure:
                    log.warning("%s; they are walked again from time to time", self.failure)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s if self.failure else None):
                        await self._changed.wait()
                known = {(root.source.id, root.folder) for root in roots}
                if listeners.failure:  # what it missed is walked
                    known = set()
                    await asyncio.sleep(PAUSE_S)
                pause_s = min(2 * pause_s, TRY_AGAIN_S) if listeners.failure else PAUSE_S
        finally:
            for listeners in at_work:
                listeners.end()

    def _roots(self) -> list[Root]:
        watched = [(os.path.realpath(source.root), source) for source in self._sources() if source.watch]
        return [Root(path, source, os.path.isdir(path)) for path, source in watched]

    def tell(self, root: Root, paths: Collection[bytes]) -> None:
        """A job for what changed at or below `root`: the paths alone, or the whole source where that is not enough."""
        if root.path in paths:
            self._sync(root.source)
            if os.path.isdir(root.path) != root.folder:
                self.again()
            return
        below = [path[len(root.path) + 1 :] for path in paths if path.startswith(root.path + b"/")]
        below = [path for path in below if not SKIPPED_FOLDERS.intersection(os.fsdecode(path).split("/"))]
        if not below:
            return
        whole = len(below) > MOST_PATHS or any(os.path.basename(path) in IGNORE_FILES for path in below)
        if whole or any(os.path.isdir(os.path.join(root.path, path)) for path in below):
            self._sync(root.source)
        else:
            self._refresh(root.source, below)

    def broke_off(self, named: Sequence[Root], *, again: bool) -> None:
        """Over a name below these roots that is no UTF-8: they are walked at once, the others when all is heard again."""
        for root in named:
            self._sync(root.source)
        if again:
            self.again()

    def again(self) -> None:
        """`restart`, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    def matters(self, path: str) -> bool:
        raw = os.fsencode(path)
        return raw != self._without and not raw.startswith(self._without + b"/")


class _Listeners:
    """Two threads with the system's notices: one of all folders with what is below them, one of the folders around.

    The latter see a single file that is replaced, which a watch on the file itself would lose, and a folder that goes
    or comes back.
    """

    def __init__(self, watcher: Watcher, roots: Sequence[Root], *, step_ms: int) -> None:
        self._watcher = watcher
        self._roots = [root for root in roots if _is_utf8(root.path)]  # the others wait for rescans
        self._step_ms = step_ms
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(2, "watch")
        self._running: list[asyncio.Future[None]] = []
        self.failure = ""

    async def listen(self) -> None:
        """Returns once notices come, or with `failure` set."""
        folders = {root.path for root in self._roots if root.folder}
        around = {os.path.dirname(root.path) for root in self._roots}
        loop, begun = asyncio.get_running_loop(), []
        for paths, deep in ((folders, True), (set(filter(os.path.isdir, around)), False)):
            if paths:
                begun.append(listening := threading.Event())
                self._running.append(loop.run_in_executor(self._threads, self._follow, paths, deep, listening))
        for listening in begun:
            await asyncio.to_thread(listening.wait)

    def end(self) -> None:
        """No further notice is told."""
        self._stop.set()
        self._threads.shutdown(wait=False)

    async def stop(self) -> None:
        self.end()
        await asyncio.gather(*self._running)

    def _follow(self, paths: Collection[bytes], deep: bool, listening: threading.Event) -> None:
        from watchfiles import watch

        names = {os.fsdecode(root.path) for root in self._roots}
        try:
            for batch in watch(
                *map(os.fsdecode, paths),
                watch_filter=lambda _, path: self._watcher.matters(path) if deep else path in names,
                debounce=DEBOUNCE_MS,
                step=self._step_ms,
                stop_event=self._stop,
                rust_timeout=LISTENING_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=deep,
                ignore_permission_denied=True,
            ):
                listening.set()
                told = {os.fsencode(path) for _, path in batch}
                for root in self._roots if told and not self._stop.is_set() else ():
                    self._watcher.tell(root, told)
        except (OSError, RuntimeError, StoreError) as error:  # too many folders for the system, or one that went
            self.failure = f"folders are not watched: {error}"
            named = [root for root in self._roots if os.fsdecode(root.path) in str(error)]
            self._watcher.broke_off(named, again=listening.is_set())
        finally:
            listening.set()


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True
