"""What is asked of the worker from outside: jobs put, stopped, run again, each for its owner alone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ibidem.errors import BadInput, Conflict, NotFound
from ibidem.jobs.queue import Job
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.worker import Worker
from ibidem.store.database import Database
from ibidem.store.readings import read_again
from ibidem.store.runs import Run, open_runs, runs_under_way
from ibidem.store.workspaces import Source, Workspace, add_source
from ibidem.tasks.answers import Answers
from ibidem.tasks.chats import Chats

SYNC_PRIORITY, UPLOAD_PRIORITY, REFRESH_PRIORITY = 0, 5, 8


class JobControl:
    """From any thread but for what is awaited: that belongs to the worker's loop. `without` is no folder to take in."""

    def __init__(
        self,
        db: Database,
        queue: SqliteQueue,
        worker: Worker,
        *,
        answers: Answers,
        chats: Chats,
        without: Path,
        on_loop: Callable[[Callable[[], object]], None],
    ) -> None:
        self._db = db
        self._queue = queue
        self._worker = worker
        self._answers = answers
        self._chats = chats
        self._without = without
        self._on_loop = on_loop

    # --- what is to be read --------------------------------------------------------------------------------------------

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
        if Path(os.path.realpath(root)).is_relative_to(os.path.realpath(self._without)):
            raise BadInput(f"{path!r} is Ibidem's own data directory", hint="add another folder", field="path")
        now = time.time()
        source = self._db.write(lambda tx: add_source(tx, workspace, os.fsencode(root), watch=watch, now=now))
        return source, self.sync(source)

    def sync(self, source: Source) -> str:
        """Walk it again: what no notice told."""
        job = self._queue.put(
            "sync", {"source": source.id}, owner=source.owner, priority=SYNC_PRIORITY, dedupe_key=source.id
        )
        self._worker.wake("sync")
        return job

    def refresh(self, source: Source, paths: list[bytes]) -> None:
        """Read these paths again."""
        payload = {"source": source.id, "paths": [os.fsdecode(path) for path in paths]}
        self._queue.put("refresh", payload, owner=source.owner, priority=REFRESH_PRIORITY)
        self._worker.wake("refresh")

    def upload(self, owner: int, document_id: str, also: Callable[[sqlite3.Connection], None]) -> str:
        """Queue the reading of an uploaded document together with the rows that describe it."""
        job = self._queue.put(
            "upload",
            {"document": document_id},
            owner=owner,
            priority=UPLOAD_PRIORITY,
            also=lambda tx, _: also(tx),
        )
        self._worker.wake("upload")
        return job

    def rebuild(self, workspace: Workspace) -> str:
        """Build the workspace's index anew beside the present one, which answers until the new one is complete."""
        job = self._queue.put(
            "rebuild", {"workspace": workspace.id}, owner=workspace.owner, dedupe_key=str(workspace.id)
        )
        self._worker.wake("rebuild")
        return job

    # --- what is under way ---------------------------------------------------------------------------------------------

    async def stop_run(self, owner: int, run_id: str) -> Run:
        """A waiting run ends now, a running one within a second with what it has; an ended one stays as it is."""
        run, running = await asyncio.to_thread(self._answers.stop, owner, run_id)
        if running:
            self._worker.cancel(run.job)
        return run

    async def cancel(self, job_id: str, owner: int) -> Job:
        """A waiting job ends now, a running one within a second; the run of an answer ends with it."""
        job = await asyncio.to_thread(self._queue.get, job_id, owner)
        if job.kind == "answer":
            await asyncio.to_thread(self._answers.stop, owner, job.payload["run"])
        else:
            await asyncio.to_thread(self._queue.cancel, job_id, owner)
        self._worker.cancel(job_id)
        return await asyncio.to_thread(self._queue.get, job_id, owner)

    def retry(self, job_id: str, owner: int) -> Job:
        """Raises Conflict for an answer: its run has ended, and ends only once."""
        job = self._queue.get(job_id, owner)
        if job.kind == "answer":
            raise Conflict("an ended answer stays as it is", hint="ask the question again")
        job = self._queue.retry(job_id, owner)
        if job.kind == "upload":  # it was given up together with its document
            self._db.write(lambda tx: read_again(tx, owner, job.payload["document"]))
        self._worker.wake(job.kind)
        return job

    async def delete_session(self, owner: int, session_id: str) -> None:
        """What is being answered in it ends now; then its messages, feedback and images go. Raises NotFound."""
        for run_id in await asyncio.to_thread(self._chats.answering, owner, session_id):
            await self.stop_run(owner, run_id)
        await asyncio.to_thread(self._chats.delete, owner, session_id)
        for run in await asyncio.to_thread(runs_under_way, self._db, owner, session_id):  # asked in the meantime
            await self.stop_run(owner, run.id)

    def end_answers(self, user: int, *, workspace: int | None = None) -> None:
        """Stop what is being written for the user, or what of it comes from one workspace."""
        for run in open_runs(self._db, user):
            if workspace in (None, run.workspace):
                _, running = self._answers.stop(user, run.id)
                if running:
                    self._on_loop(partial(self._worker.cancel, run.job))
