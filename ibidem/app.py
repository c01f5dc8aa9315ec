"""`build(settings)` puts the parts together; nothing else knows all of them."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from ibidem.chat.answer import prepare
from ibidem.chat.insert import Insert, Insertions
from ibidem.errors import DataDirUnusable, StoreError
from ibidem.hardware.predict import Beside
from ibidem.index.imports import FileTables
from ibidem.index.indexes import Indexes
from ibidem.index.questions import KoreanQuestions
from ibidem.index.vectors import Vectors
from ibidem.ingest.children import Children
from ibidem.jobs.queue import Job
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.streams import Streams
from ibidem.jobs.worker import Lane, Worker
from ibidem.models.base import ModelEvent
from ibidem.retrieve.complete import Completion, complete
from ibidem.retrieve.dense import DenseChannel
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.locate import locate
from ibidem.retrieve.rerank import TimedReranker
from ibidem.retrieve.retrieve import Context, retrieve
from ibidem.retrieve.timed import Timed
from ibidem.settings import ModelSettings, Settings, exposed_key
from ibidem.store.database import Database
from ibidem.store.datadir import DataDir
from ibidem.store.documents import recently_edited
from ibidem.store.migrate import migrate
from ibidem.store.readings import fail_waiting, recover
from ibidem.store.workspaces import (
    Workspace,
    all_sources,
    ensure_homes,
)
from ibidem.tasks.answers import Answers
from ibidem.tasks.chats import Chats
from ibidem.tasks.control import JobControl
from ibidem.tasks.dialects import Dialects
from ibidem.tasks.embedders import Embedders
from ibidem.tasks.embedding import Embedding
from ibidem.tasks.indexing import Indexing
from ibidem.tasks.names import Names
from ibidem.tasks.opened import Opened
from ibidem.tasks.pictures import TIMEOUT_S as PICTURE_TIMEOUT_S
from ibidem.tasks.pictures import Pictures
from ibidem.tasks.pulling import Pulling
from ibidem.tasks.reading import Reader
from ibidem.tasks.sources import Sources
from ibidem.tasks.summaries import Summaries
from ibidem.tasks.upkeep import Upkeep
from ibidem.tasks.watch import Watcher

log = logging.getLogger(__name__)

SHORT_THREADS, LONG_THREADS = 16, 8  # threads for what takes milliseconds, and for walks and readings
KIWI_IDLE_S = 300.0  # the child for Korean questions, 280 MB, is kept so long after the last one
KIWI_ADDRESS_BYTES = 3 << 30  # it maps 1.3 GB and uses a fifth of them
EMBEDDING_TIMEOUT_S = 300.0  # for one call of some 64 chunks, the model's loading included
COMPLETION_TOKENS = 4000  # of context around a cursor
EDITED_S, EDITED_FILES = 1800.0, 8  # files edited in the last half hour; more at once are a checkout
GRACE_S = 3.0  # a stop waits so long for files that are being read


class App:
    """The assembled parts. `running()` makes them work; without it they only answer."""

    def __init__(self, settings: Settings, data: DataDir, db: Database) -> None:
        limits = settings.ingest
        pool = partial(Children, memory_bytes=limits.child_memory_bytes, timeout_s=limits.batch_timeout_s)
        readers = pool(limits.workers or max(1, (os.cpu_count() or 2) - 1))
        quick = pool(1, niceness=5)  # for a saved file or an upload, which do not wait behind a walk
        indexer = Children(
            1, memory_bytes=0, timeout_s=limits.batch_timeout_s
        )  # it maps the index: no bound on addresses
        second = Children(1, memory_bytes=0, timeout_s=limits.batch_timeout_s)
        kiwi = Children(
            1, memory_bytes=KIWI_ADDRESS_BYTES, timeout_s=limits.batch_timeout_s, niceness=0, idle_s=KIWI_IDLE_S
        )
        embedders = pool(1, niceness=15, memory_bytes=0, timeout_s=EMBEDDING_TIMEOUT_S)
        drawers = pool(1, timeout_s=PICTURE_TIMEOUT_S, niceness=0)
        self.pools = [readers, quick, indexer, second, kiwi, embedders, drawers]
        korean = settings.index.korean == "morphemes"
        self.settings = settings
        self.data = data
        self.db = db
        self.queue = SqliteQueue(db, steady=time.monotonic)
        self.streams = Streams(db, journal_s=settings.jobs.journal_s)
        self.indexes = Indexes(data.index, db, indexer.call, second.call if korean else None)
        self.korean = KoreanQuestions(kiwi)
        self.files = FileTables(db)
        self.vectors = Vectors(data.index, db, embedders.call)
        self.pictures = Pictures(db, data.files, drawers)
        self.timed = Timed()
        self._opened = Opened(lambda: self.settings.models, data, Beside() if korean else Beside(korean=0))
        self.engines = self._opened.engines
        self.open_model = self._opened.model
        self.open_embedder = self._opened.embedder
        if settings.models.embedder:
            self.open_embedder(settings.models.embedder)  # raises for a name that no provider knows
        self.embedders = Embedders(
            settings.models,
            lambda models: Embedding(
                db,
                self.vectors,
                models,
                open_embedder=self.open_embedder,
                call=embedders.call,
                busy=lambda: self.queue.any_running("answer"),
            ),
        )
        self.dense = DenseChannel(self.vectors, self.open_embedder, self.timed, budget_ms=settings.retrieve.dense_ms)
        self.reranker: TimedReranker | None = None
        if settings.models.reranker:
            reranker = self._opened.reranker(settings.models.reranker)
            self.reranker = TimedReranker(reranker, Timed(), settings.retrieve.rerank_ms)
        self.upkeep = Upkeep(
            db,
            self.indexes,
            self.queue,
            settings,
            end_idle=[*(pool.end_idle for pool in self.pools), self.engines.end_idle],
            replayed=self.embedders.changed,
        )
        self.uploads = Reader(db, quick, limits, changed=self.upkeep.index_changed)
        self.sources = Sources(
            db,
            readers,
            bulk=Reader(db, readers, limits, changed=self.upkeep.index_changed),
            quick=self.uploads,
            changed=self.upkeep.index_changed,
        )
        self.answers = Answers(
            db,
            self.queue,
            self.streams,
            settings,
            search=self.search,
            open_model=self.open_model,
            default_model=self.default_model,
        )
        self.insertions = Insertions(self.complete, settings.complete)
        self.dialects = Dialects(
            db,
            settings,
            names=Names(db, settings.dialects, self.default_model, offered=self._opened.offered),
            search=self.search,
            open_model=self.open_model,
            meter=self.answers.meter,
        )
        self.chats = Chats(db, data.files, open_model=self.open_model, clock=time.time)
        self._long = ThreadPoolExecutor(LONG_THREADS, "long")
        indexing = Indexing(
            db,
            data.files,
            self._long,
            sources=self.sources,
            uploads=self.uploads,
            indexes=self.indexes,
            embedders=self.embedders,
        )
        self.pulling = Pulling(self.queue, data.models, lambda: self.settings.models)
        summaries = Summaries(db, open_model=self.open_model)
        jobs = settings.jobs
        per_owner = max(1, jobs.answers_per_user) if settings.serve.sign_in == "password" else None
        self.worker = Worker(
            self.queue,
            {
                "answer": self.answers.handle,
                "summary": summaries.handle,
                "pull": self.pulling.handle,
                **indexing.handlers,
            },
            [
                Lane(["answer"], jobs.answers, per_owner=per_owner),
                Lane(["summary"], 1, wait=lambda: self.queue.any_open("answer")),
                Lane(["sync"], jobs.indexing),
                Lane(["refresh", "upload"], 2),
                Lane(["rebuild"], 1),
                Lane(["pull"], 2),
            ],
            lease_s=jobs.lease_s,
            poll_s=jobs.poll_s,
            on_cut=self._cut,
        )
        self.jobs = JobControl(
            db,
            self.queue,
            self.worker,
            answers=self.answers,
            chats=self.chats,
            without=data.root,
            on_loop=self._on_loop,
        )
        self.watcher = Watcher(
            lambda: all_sources(db),
            without=data.root,
            settle_s=limits.settle_s,
            refresh=self.jobs.refresh,
            sync=self.jobs.sync,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Future[None] | None = None

    # --- what the edges ask for ----------------------------------------------------------------------------------------

    def search(
        self, question: str, workspace: Workspace, turns: Sequence[Turn] = (), *, hits: int = 0, judged: bool = True
    ) -> Context:
        return retrieve(
            question,
            workspace,
            indexes=self.indexes,
            db=self.db,
            settings=self.settings.retrieve,
            hits=hits,
            turns=turns,
            korean=self.korean.morphemes,
            dense=self.dense if self.settings.models.embedder else None,
            reranker=self.reranker,
            judged=judged,
        )

    def complete(
        self,
        path: str,
        prefix: str,
        suffix: str,
        workspace: Workspace,
        budget_tokens: int = COMPLETION_TOKENS,
    ) -> Completion:
        """What is needed at a cursor: see `retrieve.complete`. Without a path the code itself tells which file it is of."""
        since = time.time() - EDITED_S
        reader = self.indexes.reader(workspace.id)
        path = path or locate(prefix, suffix, workspace, reader=reader, db=self.db)
        return complete(
            path,
            prefix,
            suffix,
            workspace,
            reader=reader,
            files=self.files.of(workspace),
            db=self.db,
            recent=recently_edited(self.db, workspace, since=since, limit=EDITED_FILES),
            budget_tokens=budget_tokens,
        )

    def insert(self, owner: int, request: Insert) -> AsyncGenerator[ModelEvent, None]:
        """Code for a cursor, for the dialects: see `chat.insert`."""
        return self.insertions.stream(owner, request)

    def default_model(self) -> str:
        return self.settings.models.default

    def adopt_models(self, models: ModelSettings) -> None:
        """Go by these from now on: the default model, the embedder, the addresses of servers."""
        before = self.settings.models
        self.settings = replace(self.settings, models=models)
        if (before.ollama_url, before.openai_url) != (models.ollama_url, models.openai_url):
            self._opened.forget()
        if before != replace(models, default=before.default):
            self.embedders.use(models)

    def watch_again(self) -> None:
        """Sources have come or gone. From any thread."""
        self._on_loop(self.watcher.restart)

    def _on_loop(self, call: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)

    def _cut(self, job: Job) -> None:
        """A job ended without its handler's doing: what belongs to it ends with it."""
        if job.kind == "answer":
            self.answers.bury(job)
        elif job.kind == "upload" and job.state == "dead":
            reason = "reading it ended the program; upload it again, or leave it out"
            self.db.write(lambda tx: fail_waiting(tx, job.owner, job.payload["document"], reason))

    # --- life ------------------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """At start, under the data directory's lock: whatever the last process left half done waits again."""
        self.db.write(recover)
        self.queue.expire_leases()
        self.answers.recover()
        self.rescan()

    def rescan(self) -> None:
        """Walk every source again: what no notice told."""
        for source in all_sources(self.db):
            self.jobs.sync(source)

    def begin_stop(self) -> None:
        """Answers end now, and their readers with them; what is left ends with `running`. On the app's loop."""
        self.streams.shut()
        self._stopping = asyncio.ensure_future(self._stop_answers())

    async def _stop_answers(self) -> None:
        """Engines after the answers, which are cancelled and not cut off; a model that is being loaded holds up nothing."""
        await self.worker.stop()
        await asyncio.to_thread(self.engines.close)

    @asynccontextmanager
    async def running(self, *, watch: bool = True, only: Collection[str] = ()) -> AsyncIterator[App]:
        """Work: worker, journal, indexing, upkeep, and (for a server) watched folders. Everything ends in order.

        `only` leaves all other kinds of jobs waiting: a single question does not begin a long walk.
        """
        if only:
            self.worker.only(only)
            self.indexes.first_pass_only()
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(SHORT_THREADS, "short"))
        tasks = [
            asyncio.create_task(work)
            for work in (
                self.streams.journal(),
                self.streams.heartbeat(),
                self.upkeep.index(),
                self.upkeep.morphemes(),
                self.upkeep.tidy(self.rescan),
            )
        ]
        if watch:
            tasks.append(asyncio.create_task(self.watcher.run()))
            tasks.append(asyncio.create_task(self.embedders.run()))
        tasks.append(asyncio.create_task(asyncio.to_thread(prepare)))
        worker = asyncio.create_task(self.worker.run())
        try:
            yield self
        finally:
            self.indexes.stop()
            self.embedders.stop()
            for pool in self.pools:
                pool.refuse_new(after_s=GRACE_S)
            await self._stop_answers()
            await self.dialects.close()
            await worker
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._opened.close_models()

    def close(self) -> None:
        """End children and connections, leave the mark of an orderly stop, give the directory back."""
        self.engines.close()
        for pool in self.pools:
            pool.close()
        self.korean.close()
        self.timed.close()
        self.insertions.close()
        self._opened.close_embedders()
        if self.reranker:
            self.reranker.reranker.close()
        self.indexes.close()
        self.vectors.close()
        self.db.close()
        with suppress(OSError):
            self.data.leave_clean_mark()
        self.data.unlock()


def build(settings: Settings) -> App:
    """Open the data directory for this process alone and put everything together; migrates first.

    Raises DataDirInUse, DataDirUnusable, DiskFull.
    """
    if exposed := exposed_key(settings):
        log.warning(exposed)
    data = DataDir(settings.data_dir)
    data.lock()
    try:
        clean = data.take_clean_mark() or not data.database.exists()
        migrate(data.database, data.backups)
        db = Database(data.database)
        if not clean:
            threading.Thread(target=check, args=(db,), name="store-check", daemon=True).start()
        ensure_homes(db, time.time())
        app = App(settings, data, db)
    except BaseException:
        data.unlock()
        raise
    return app


def check(db: Database) -> None:
    """After a stop that was not in order: look the store over; a damaged one takes no more writes."""
    try:
        found = db.read_one("PRAGMA quick_check(1)")
        damage = None if found and found[0] == "ok" else str(found[0] if found else "no answer")
    except StoreError as error:
        damage = error.message
    if damage:
        db.refuse_writes(
            DataDirUnusable(f"the store is damaged: {damage}", hint="restore the newest file from backups/")
        )
