"""The jobs that make documents searchable: walks, saved files, uploads, rebuilds. Each runs as plain code in a thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

from ibidem.errors import IbidemError, NotFound
from ibidem.index.indexes import Indexes
from ibidem.jobs.queue import Job
from ibidem.jobs.worker import Ticket
from ibidem.store.database import Database
from ibidem.store.readings import waiting_upload
from ibidem.store.workspaces import Source, get_source
from ibidem.tasks.embedders import Embedders
from ibidem.tasks.reading import Reader, upload_path
from ibidem.tasks.sources import Sources


class Indexing:
    """The handlers of these jobs, by kind."""

    def __init__(
        self,
        db: Database,
        files: Path,
        threads: Executor,
        *,
        sources: Sources,
        uploads: Reader,
        indexes: Indexes,
        embedders: Embedders,
    ) -> None:
        self._db = db
        self._files = files  # the folder of uploaded bytes
        self._threads = threads
        self._sources = sources
        self._uploads = uploads
        self._indexes = indexes
        self._embedders = embedders

    @property
    def handlers(self) -> dict[str, Callable[[Ticket], Awaitable[None]]]:
        return {"sync": self._sync, "refresh": self._refresh, "upload": self._upload, "rebuild": self._rebuild}

    async def _sync(self, ticket: Ticket) -> None:
        source = await asyncio.to_thread(self._source_of, ticket.job)
        if source is None:
            return
        ticket.headway = True  # its documents carry the state: a new claim goes on where this one ended
        await self._in_thread(lambda stop: self._sources.sync(source, ticket.progress, stop))

    async def _refresh(self, ticket: Ticket) -> None:
        source = await asyncio.to_thread(self._source_of, ticket.job)
        if source is None:
            return
        paths = [os.fsencode(path) for path in ticket.job.payload["paths"]]
        await self._in_thread(lambda stop: self._sources.refresh(source, paths, stop))

    async def _upload(self, ticket: Ticket) -> None:
        owner, document_id = ticket.job.owner, ticket.job.payload["document"]

        def read(stop: threading.Event) -> None:
            while not stop.is_set() and (document := waiting_upload(self._db, owner, document_id)):
                self._uploads.read([document], lambda one: os.fsencode(upload_path(self._files, one.id)), stop)

        await self._in_thread(read)

    async def _rebuild(self, ticket: Ticket) -> None:
        workspace = ticket.job.payload["workspace"]
        await self._in_thread(lambda _: self._indexes.replay(workspace, fresh=True))
        if embedding := self._embedders.now:
            await self._in_thread(lambda _: embedding.rebuild(workspace))

    def _source_of(self, job: Job) -> Source | None:
        """None when the source has been removed in the meantime: nothing is left to do."""
        with suppress(NotFound):
            return get_source(self._db, job.owner, job.payload["source"])
        return None

    async def _in_thread(self, work: Callable[[threading.Event], None]) -> None:
        """A cancel sets the work's `stop` and waits until it has come to a good place."""
        stop = threading.Event()
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, stop)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            stop.set()
            with suppress(IbidemError):
                await running
            raise
