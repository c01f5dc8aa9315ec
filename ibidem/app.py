"""`build(settings)` puts the parts together; nothing else knows all of them."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from ibidem.chat.answer import prepare
from ibidem.chat.insert import Insert, Insertions
from ibidem.errors import BadInput, Conflict, DataDirUnusable, NotFound, StoreError
from ibidem.hardware.load import plan_file
from ibidem.hardware.predict import Beside
from ibidem.index.analyze import tokenize
from ibidem.index.imports import FileTables
from ibidem.index.indexes import Indexes
from ibidem.index.questions import KoreanQuestions
from ibidem.index.vectors import Vectors
from ibidem.ingest.children import Children
from ibidem.jobs.queue import Job
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.streams import Streams
from ibidem.jobs.worker import Lane, Worker
from ibidem.models.base import ChatModel, ModelEvent
from ibidem.models.catalog import open_embedder, open_model, open_reranker
from ibidem.models.embed import Embedder
from ibidem.models.engines import Engines
from ibidem.models.found import Found
from ibidem.retrieve.complete import Completion, complete
from ibidem.retrieve.dense import DenseChannel
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.locate import locate
from ibidem.retrieve.rerank import TimedReranker
from ibidem.retrieve.retrieve import Context, retrieve
from ibidem.retrieve.timed import Timed
from ibidem.settings import Settings, exposed_key
from ibidem.store.database import Database
from ibidem.store.datadir import DataDir
from ibidem.store.documents import recently_edited
from ibidem.store.migrate import migrate
from ibidem.store.readings import fail_waiting, read_again, recover
from ibidem.store.runs import Run, open_runs, runs_under_way
from ibidem.store.workspaces import (
    Source,
    Workspace,
    add_source,
    all_sources,
    ensure_homes,
)
from ibidem.tasks.answers import Answers
from ibidem.tasks.chats import Chats
from ibidem.tasks.dialects import Dialects
from ibidem.tasks.embedding import Embedding
from ibidem.tasks.indexing import Indexing
from ibidem.tasks.models import offered
from ibidem.tasks.names import Names
from ibidem.tasks.pictures import TIMEOUT_S as PICTURE_TIMEOUT_S
from ibidem.tasks.pictures import Pictures
from ibidem.tasks.reading import Reader
from ibidem.tasks.sources import Sources
from ibidem.tasks.summaries import Summaries
from ibidem.tasks.upkeep import Upkeep
from ibidem.tasks.watch import Watcher
from ibidem.types import EnginePlan, Role

log = logging.getLogger(__name__)

SYNC_PRIORITY, UPLOAD_PRIORITY, REFRESH_PRIORITY = 0, 5, 8
SHORT_THREADS, LONG_THREADS = 16, 8  # threads for what takes milliseconds, and for walks and readings
KIWI_IDLE_S = 300.0  # the child for Korean questions, 280 MB, is kept so long after the last one
KIWI_ADDRESS_BYTES = 3 << 30  # it maps 1.3 GB and uses a fifth of them
EMBEDDING_TIMEOUT_S = 300.0  # for one call of some 64 chunks, the model's loading included
COMPLETION_TOKENS = 4000  # of context around a cursor
EDITED_S, EDITED_FILES = 1800.0, 8  # files edited in the last half hour; more at once are a checkout
MODELS_KEPT = 64  # names asked for, of which each may hold a connection and what was learnt
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
        self.settings = settings
        self.data = data
        self.db = db
        self.queue = SqliteQueue(db, steady=time.monotonic)
        self.streams = Streams(db, journal_s=settings.jobs.journal_s)
        self.indexes = Indexes(
            data.index, db, indexer.call, second.call if settings.index.korean == "morphemes" else None
        )
        self.korean = KoreanQuestions(kiwi)
        self.files = FileTables(db)
        self.vectors = Vectors(data.index, db, embedders.call)
        self.pictures = Pictures(db, data.files, drawers)
        self.timed = Timed()
        self.engines = Engines(self._plan_engine, settings.models)
        self._embedders: dict[str, Embedder] = {}
        self.embedding: Embedding | None = None
        self.dense: DenseChannel | None = None
        if settings.models.embedder:
            self.open_embedder(settings.models.embedder)  # raises for a name that no provider knows
            self.embedding = Embedding(
                db,
                self.vectors,
                settings.models,
                open_embedder=self.open_embedder,
                call=embedders.call,
                busy=lambda: self.queue.any_running("answer"),
            )
            self.dense = DenseChannel(
                self.vectors, self.open_embedder, self.timed, budget_ms=settings.retrieve.dense_ms
            )
        self.reranker: TimedReranker | None = None
        if settings.models.reranker:
            reranker = open_reranker(settings.models.reranker, settings.models, self.engines, data.models)
            self.reranker = TimedReranker(reranker, Timed(), settings.retrieve.rerank_ms)
        self.upkeep = Upkeep(
            db,
            self.indexes,
            self.queue,
            settings,
            end_idle=[*(pool.end_idle for pool in self.pools), self.engines.end_idle],
            replayed=self.embedding.changed if self.embedding else lambda: None,
        )
        self.uploads = Reader(db, quick, limits, changed=self.upkeep.index_changed)
        self.sources = Sources(
            db,
            readers,
            bulk=Reader(db, readers, limits, changed=self.upkeep.index_changed),
            quick=self.uploads,
            changed=self.upkeep.index_changed,
        )
        self.answers = Answers(db, self.queue, self.streams, settings, search=self.search, open_model=self.open_model)
        self.insertions = Insertions(self.complete, settings.complete)
        self.dialects = Dialects(
            db,
            settings,
            names=Names(db, settings.dialects, settings.models.default, offered=self._offered),
            search=self.search,
            open_model=self.open_model,
            meter=self.answers.meter,
        )
        self.chats = Chats(db, data.files, open_model=self.open_model, clock=time.time)
        self.watcher = Watcher(
            lambda: all_sources(db),
            without=data.root,
            settle_s=limits.settle_s,
            refresh=self.queue_refresh,
            sync=self.queue_sync,
        )
        self._long = ThreadPoolExecutor(LONG_THREADS, "long")
        indexing = Indexing(
            db,
            data.files,
            self._long,
            sources=self.sources,
            uploads=self.uploads,
            indexes=self.indexes,
            embedding=self.embedding,
        )
        summaries = Summaries(db, open_model=self.open_model)
        jobs = settings.jobs
        per_owner = max(1, jobs.answers_per_user) if settings.serve.sign_in == "password" else None
        self.worker = Worker(
            self.queue,
            {"answer": self.answers.handle, "summary": summaries.handle, **indexing.handlers},
            [
                Lane(["answer"], jobs.answers, per_owner=per_owner),
                Lane(["summary"], 1, wait=lambda: self.queue.any_open("answer")),
                Lane(["sync"], jobs.indexing),
                Lane(["refresh", "upload"], 2),
                Lane(["rebuild"], 1),
            ],
            lease_s=jobs.lease_s,
            poll_s=jobs.poll_s,
            on_cut=self._cut,
        )
        self._models: dict[str, ChatModel] = {}
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
            dense=self.dense,
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

    async def _offered(self) -> list[Found]:
        """All models that can be asked now."""
        return await offered(self.settings.models, self.data.models, self.engines)

    def _plan_engine(self, path: str, role: Role) -> EnginePlan:
        beside = Beside() if self.settings.index.korean == "morphemes" else Beside(korean=0)
        return plan_file(path, role, self.settings.models, self.data.root, beside)

    def open_model(self, name: str) -> ChatModel:
        """One object a name: what a provider has learnt of its model is kept between answers. Raises ModelUnknown."""
        model = self._models.get(name)
        if model is None:
            if len(self._models) >= MODELS_KEPT:
                self._models.pop(next(iter(self._models)))  # an answer under way keeps its own hold of it
            model = self._models[name] = open_model(
                name, self.settings.models, tokenize, self.engines, self.data.models
            )
        return model

    def open_embedder(self, name: str) -> Embedder:
        """One object a name, as with models. Raises ModelUnknown."""
        embedder = self._embedders.get(name)
        if embedder is None:
            embedder = self._embedders[name] = open_embedder(name, self.settings.models, self.engines, self.data.models)
        return embedder

    def add_source(self, workspace: Workspace, path: str, *, watch: bool) -> tuple[Source, str]:
        """Take a folder or file of this machine into the workspace and queue its first walk. Returns it with the job.

        Raises BadInput for a path that is not absolute, not there, or the data directory itself.
        """
        root = os.path.abspath(os.path.expanduser(path))
        if not os.path.isabs(os.path.expanduser(path)):
            raise BadInput(f"the path {path!r} is not absolute", hint="write it from / on", field="path")
        if not os.path.exists(root):
            raise NotFound(f"no file or folder {path!r}", hint="check the path", field="path")
        if not os.access(root, os.R_OK):
            raise BadInput(f"{path!r} cannot be read", hint="change its rights, or add what you may read", field="path")
        if Path(os.path.realpath(root)).is_relative_to(os.path.realpath(self.data.root)):
            raise BadInput(f"{path!r} is Ibidem's own data directory", hint="add another folder", field="path")
        now = time.time()
        source = self.db.write(lambda tx: add_source(tx, workspace, os.fsencode(root), watch=watch, now=now))
        return source, self.queue_sync(source)

    def queue_sync(self, source: Source) -> str:
        job = self.queue.put(
            "sync", {"source": source.id}, owner=source.owner, priority=SYNC_PRIORITY, dedupe_key=source.id
        )
        self.worker.wake("sync")
        return job

    def queue_rebuild(self, workspace: Workspace) -> str:
        """Build the workspace's index anew beside the present one, which answers until the new one is complete."""
        job = self.queue.put(
            "rebuild", {"workspace": workspace.id}, owner=workspace.owner, dedupe_key=str(workspace.id)
        )
        self.worker.wake("rebuild")
        return job

    def queue_refresh(self, source: Source, paths: list[bytes]) -> None:
        payload = {"source": source.id, "paths": [os.fsdecode(path) for path in paths]}
        self.queue.put("refresh", payload, owner=source.owner, priority=REFRESH_PRIORITY)
        self.worker.wake("refresh")

    def queue_upload(self, owner: int, document_id: str, also: Callable[[sqlite3.Connection], None]) -> str:
        """Queue the reading of an uploaded document together with the rows that describe it."""
        job = self.queue.put(
            "upload",
            {"document": document_id},
            owner=owner,
            priority=UPLOAD_PRIORITY,
            also=lambda tx, _: also(tx),
        )
        self.worker.wake("upload")
        return job

    async def stop_run(self, owner: int, run_id: str) -> Run:
        """A waiting run ends now, a running one within a second with what it has; an ended one stays as it is."""
        run, running = await asyncio.to_thread(self.answers.stop, owner, run_id)
        if running:
            self.worker.cancel(run.job)
        return run

    async def cancel_job(self, job_id: str, owner: int) -> Job:
        """A waiting job ends now, a running one within a second; the run of an answer ends with it."""
        job = await asyncio.to_thread(self.queue.get, job_id, owner)
        if job.kind == "answer":
            await asyncio.to_thread(self.answers.stop, owner, job.payload["run"])
        else:
            await asyncio.to_thread(self.queue.cancel, job_id, owner)
        self.worker.cancel(job_id)
        return await asyncio.to_thread(self.queue.get, job_id, owner)

    async def delete_session(self, owner: int, session_id: str) -> None:
        """What is being answered in it ends now; then its messages, feedback and images go. Raises NotFound."""
        for run_id in await asyncio.to_thread(self.chats.answering, owner, session_id):
            await self.stop_run(owner, run_id)
        await asyncio.to_thread(self.chats.delete, owner, session_id)
        for run in await asyncio.to_thread(runs_under_way, self.db, owner, session_id):  # asked in the meantime
            await self.stop_run(owner, run.id)

    def retry_job(self, job_id: str, owner: int) -> Job:
        """Raises Conflict for an answer: its run has ended, and ends only once."""
        job = self.queue.get(job_id, owner)
        if job.kind == "answer":
            raise Conflict("an ended answer stays as it is", hint="ask the question again")
        job = self.queue.retry(job_id, owner)
        if job.kind == "upload":  # it was given up together with its document
            self.db.write(lambda tx: read_again(tx, owner, job.payload["document"]))
        self.worker.wake(job.kind)
        return job

    def end_answers(self, user: int, *, workspace: int | None = None) -> None:
        """Stop what is being written for the user, or what of it comes from one workspace. From any thread."""
        for run in open_runs(self.db, user):
            if workspace in (None, run.workspace):
                _, running = self.answers.stop(user, run.id)
                if running and self._loop is not None and not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(self.worker.cancel, run.job)

    def watch_again(self) -> None:
        """Sources have come or gone. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.watcher.restart)

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
            self.queue_sync(source)

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
        if watch and self.embedding:
            tasks.append(asyncio.create_task(self.embedding.run()))
        tasks.append(asyncio.create_task(asyncio.to_thread(prepare)))
        worker = asyncio.create_task(self.worker.run())
        try:
            yield self
        finally:
            self.indexes.stop()
            if self.embedding:
                self.embedding.stop()
            for pool in self.pools:
                pool.refuse_new(after_s=GRACE_S)
            await self._stop_answers()
            await self.dialects.close()
            await worker
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for model in self._models.values():
                await model.close()

    def close(self) -> None:
        """End children and connections, leave the mark of an orderly stop, give the directory back."""
        self.engines.close()
        for pool in self.pools:
            pool.close()
        self.korean.close()
        self.timed.close()
        self.insertions.close()
        for embedder in self._embedders.values():
            embedder.close()
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
