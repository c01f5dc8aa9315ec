"""Watched sources: a saved file becomes a job as soon as it has settled. Notices are hints; rescans are the truth."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ibidem.ingest.ignore import IGNORE_FILES
from ibidem.ingest.walk import SKIPPED_FOLDERS
from ibidem.store.workspaces import Source

log = logging.getLogger(__name__)

MOST_PATHS = 500  # more changes at once are a checkout or an unpacked archive: the source is walked instead
DEBOUNCE_MS = 1600  # a file that is written without pause is looked at so often all the same


class Watcher:
    """Follows the sources given by `sources()`; `restart` when that list has changed."""

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
        self._without = os.path.realpath(without)  # our own data directory: its writes are no news
        self._settle_s = settle_s
        self._refresh = refresh
        self._sync = sync
        self._changed = asyncio.Event()
        self.failure = ""  # why folders are not watched at the moment, for `doctor`

    def restart(self) -> None:
        """Sources have come or gone. On the watcher's loop."""
        self._changed.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._changed.clear()
            sources = await asyncio.to_thread(self._present)
            if not sources:
                await self._changed.wait()
                continue
            try:
                await self._watch(sources)
                self.failure = ""
            except (OSError, RuntimeError) as error:  # too many folders for the system's watch limit, or one that went
                self.failure = f"folders are not watched: {error}"
                log.warning("%s; they are walked again from time to time", self.failure)
                await asyncio.sleep(30)

    def _present(self) -> list[Source]:
        return [source for source in self._sources() if source.watch and os.path.exists(source.root)]

    async def _watch(self, sources: Sequence[Source]) -> None:
        from watchfiles import awatch

        roots = await asyncio.to_thread(_by_root, sources)
        changes = awatch(
            *{os.fsdecode(root) for root, _ in roots},
            watch_filter=lambda _, path: self._matters(path),
            debounce=DEBOUNCE_MS,
            step=int(self._settle_s * 1000),
            stop_event=self._changed,
            ignore_permission_denied=True,
        )
        async for batch in changes:
            paths = [os.fsencode(path) for _, path in batch]
            for root, source in roots:
                await asyncio.to_thread(self._tell, source, root, paths)

    def _matters(self, path: str) -> bool:
        own = path == self._without or path.startswith(f"{self._without}/")
        return not own and not SKIPPED_FOLDERS.intersection(Path(path).parts)

    def _tell(self, source: Source, root: bytes, paths: Sequence[bytes]) -> None:
        """A job for what changed below `root`: the paths alone, or the whole source where that is not enough."""
        mine = [path for path in paths if path == root or path.startswith(root + b"/")]
        if not mine:
            return
        below = [os.path.relpath(path, root) if path != root else os.path.basename(root) for path in mine]
        whole = len(below) > MOST_PATHS or any(os.path.basename(path) in IGNORE_FILES for path in below)
        if whole or any(os.path.isdir(path) for path in mine):
            self._sync(source)
        else:
            self._refresh(source, below)


def _by_root(sources: Sequence[Source]) -> list[tuple[bytes, Source]]:
    """Each source with the path that the system's notices begin with; two sources may be one folder."""
    return [(os.path.realpath(source.root), source) for source in sources]
