"""Runs: started by a question, carried out as jobs, ended exactly once whatever happens."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol

from ibidem.chat.answer import Conversation, Draft, answer
from ibidem.chat.conversations import Conversations
from ibidem.chat.meter import Meter
from ibidem.chat.transcript import Transcript
from ibidem.errors import Busy, EngineCrashed, ModelRejected
from ibidem.index.analyze import tokenize
from ibidem.jobs.queue import EndState, Job, Queue
from ibidem.jobs.streams import Stream, Streams
from ibidem.jobs.worker import Ticket, as_error, may_pass
from ibidem.models.base import TEMPERATURE, ChatModel
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.retrieve import Context
from ibidem.settings import Settings
from ibidem.store.database import Database
from ibidem.store.messages import new_message_id
from ibidem.store.runs import (
    Run,
    begin_attempt,
    cut_runs,
    end_run,
    get_run,
    insert_run,
    new_run_id,
    read_events,
    run_by_key,
    write_events,
)
from ibidem.store.sessions import get_session
from ibidem.store.workspaces import HOME, Workspace, get_workspace
from ibidem.tasks.asking import Ask, check_mode, check_question, same, turns_of
from ibidem.tasks.exchanges import AnswerEnd, add_exchange, as_sent, exchanges_before, question_of
from ibidem.types import Event, as_json, rfc3339

MODEL_RETRIES = 2  # of an answer that had shown nothing, when the model's server asked for patience (429, 5xx)
_JOB_STATE: dict[str, EndState] = {
    "finished": "done",
    "failed": "failed",
    "stopped": "cancelled",
    "interrupted": "failed",
}


class Search(Protocol):
    """A question and the turns before it -> what is found; `hits` widens how many chunks are ranked."""

    def __call__(
        self, question: str, workspace: Workspace, turns: Sequence[Turn] = (), *, hits: int = 0
    ) -> Context: ...


class Answers:
    """Starts, carries out, stops and recovers runs. `handle` is the worker's; the rest may be called from a thread."""

    def __init__(
        self,
        db: Database,
        queue: Queue,
        streams: Streams,
        settings: Settings,
        *,
        search: Search,
        open_model: Callable[[str], ChatModel],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = db
        self._queue = queue
        self._streams = streams
        self._settings = settings
        self._search = search
        self._open_model = open_model
        self._conversations = Conversations()
        self._meters: dict[str, Meter] = {}  # by model
        self._clock = clock

    def meter(self, model: str) -> Meter:
        """What its answers have taught about a model."""
        return self._meters.setdefault(model, Meter())

    # --- starting ----------------------------------------------------------------------------------------------------

    def start(self, owner: int, ask: Ask) -> Run:
        """Store the question and queue its job in one transaction; the same key gives the same run.

        The model reads the turns before it, and a question that leans on them is searched with their words. In a session
        the question and its answer, still empty, are messages of it from the same transaction on.

        Raises BadInput, TooLarge, ModelUnknown, UnknownWorkspace, NotFound, Conflict, Busy.
        """
        session = get_session(self._db, owner, ask.session) if ask.session else None
        question, again = ask.question, None
        if session and ask.regenerate:
            again = question_of(self._db, owner, session.id, ask.regenerate)
            question = again.content
        check_question(question, self._settings.serve.max_question_bytes)
        wished = session.settings if session else {}
        mode = ask.mode or wished.get("mode") or "chat"
        check_mode(mode)
        model = ask.model or wished.get("model") or self._settings.models.default
        self._open_model(model)  # raises for a name that no provider knows
        place = get_workspace(self._db, owner, ask.workspace or (session.workspace if session else HOME))
        asked = (question, place.id, model, mode, ask.session)
        key = ask.idempotency_key
        if key and (known := run_by_key(self._db, owner, key)):
            return same(known, *asked)
        if self._queue.count_queued(owner, "answer") >= self._settings.jobs.max_queued:
            raise Busy("too many questions are waiting", retry_after_s=5, hint="wait for some of them, or stop them")
        run_id, now = new_run_id(), self._clock()
        parent = again.id if again else new_message_id() if session else None
        run = Run(run_id, owner, place.id, "", question, model, mode, "queued", 0, None, None, now, None)
        run = replace(run, session=ask.session, parent=parent)
        wishes = {"temperature": ask.temperature, "max_tokens": ask.max_tokens}
        wishes = {name: wished.get(name) if value is None else value for name, value in wishes.items()}
        payload = {"run": run_id, "turns": [as_json(turn) for turn in ask.turns], **wishes}
        words = " ".join(tokenize(question)) if session else ""

        def insert(tx: sqlite3.Connection, job_id: str) -> None:
            insert_run(tx, replace(run, job=job_id), idempotency_key=key)
            if session:
                add_exchange(tx, run, words=words, parent=ask.parent, new=again is None, idempotency_key=key)

        try:
            self._queue.put("answer", payload, owner=owner, priority=10, also=insert)
        except sqlite3.IntegrityError:  # the same key, at the same moment
            known = run_by_key(self._db, owner, key or "")
            if known is None:
                raise
            return same(known, *asked)
        return get_run(self._db, owner, run_id)

    # --- carrying out ------------------------------------------------------------------------------------------------

    async def handle(self, ticket: Ticket) -> None:
        """The job `answer`."""
        begun = await asyncio.to_thread(self._begin, ticket.job)
        if begun is None:
            return
        run, attempt, shown = begun
        stream = self._streams.open(run, attempt)
        draft = Draft(text=shown)
        if shown:  # a crash broke off an answer that had been seen: it is kept as it is
            await self._end(ticket, stream, draft, "interrupted")
            return
        if attempt > 1:
            stream.emit(Event("restarted", {"attempt": attempt}))
        stream.emit(Event("started", {"run_id": run.id, "attempt": attempt, "model": run.model}))
        try:
            await self._write(run, stream, draft, ticket.job)
        except asyncio.CancelledError:
            if not ticket.cancelled and not draft.text:  # the program stops: the next start answers it
                self._streams.close(stream)
                raise
            await self._end(ticket, stream, draft, "stopped" if ticket.cancelled else "interrupted")
        except Exception as error:  # a run ends, whatever its model or search does
            if may_retry(error, draft, ticket.job):
                self._streams.close(stream)
                raise
            cut = isinstance(error, EngineCrashed) and draft.text
            await self._end(ticket, stream, draft, "interrupted" if cut else "failed", error=as_error(error))
        else:
            await self._end(ticket, stream, draft, "finished")

    def _begin(self, job: Job) -> tuple[Run, int, str] | None:
        """The run with its new attempt and what earlier ones had shown; None if it has ended."""
        run = get_run(self._db, job.owner, job.payload["run"])
        if run.ended:
            return None
        shown = self._shown_text(run)
        return run, begin_attempt(self._db, run), shown

    async def _write(self, run: Run, stream: Stream, draft: Draft, job: Job) -> None:
        turns, before = await asyncio.to_thread(self._before, run, job)
        wishes = job.payload
        events = answer(
            run.question,
            draft,
            mode=run.mode,  # type: ignore[arg-type]  # checked by the table
            search=lambda question: self._search(question, self._workspace(run), turns),
            model=self._open_model(run.model),
            max_tokens=wishes.get("max_tokens") or self._settings.models.max_tokens,
            temperature=TEMPERATURE if wishes.get("temperature") is None else wishes["temperature"],
            conversation=Conversation(before, self.meter(run.model), self._settings.retrieve.read_s),
        )
        try:
            async with aclosing(events):
                async for event in events:
                    stream.emit(event)
        finally:
            if draft.text:  # a stopped answer goes on being talked about as far as it came
                said = [*turns, Turn(run.question, draft.text)]
                self._conversations.keep(run.owner, run.workspace, said, draft.transcript.answered(draft.text))

    def _before(self, run: Run, job: Job) -> tuple[list[Turn], Transcript]:
        """The turns before the question, and what the model read of them."""
        if not run.session:
            turns = turns_of(job)
            return turns, self._conversations.find(run.owner, run.workspace, turns)
        exchanges = exchanges_before(self._db, run)
        turns = [one.turn for one in exchanges]
        known = self._conversations.known(run.owner, run.workspace, turns)
        return turns, known or as_sent(self._db, run, exchanges)

    async def _end(
        self, ticket: Ticket, stream: Stream, draft: Draft, state: str, *, error: dict[str, str] | None = None
    ) -> None:
        """The one terminal event, stored with the run's and the job's end before anybody sees it."""
        run, attempt = stream.run, stream.attempt
        message = message_of(run, state, attempt, draft)
        data: dict[str, Any] = {"message": message}
        if error:
            data["error"] = error
        ending = AnswerEnd.of(run, message, error, draft)

        def commit(rows: Callable[[sqlite3.Connection], None]) -> bool:
            def also(tx: sqlite3.Connection) -> None:
                if end_run(tx, run, state, attempt=attempt, message=message, error=error, now=self._clock()):
                    ending.store(tx)
                    rows(tx)

            return ticket.finish(_JOB_STATE[state], error=error, also=also)

        stored = asyncio.ensure_future(self._streams.end(stream, Event(state, data), commit))
        try:
            await asyncio.shield(stored)
        except asyncio.CancelledError:  # too late to change the end: let it come to be
            await asyncio.shield(stored)
            raise

    def _workspace(self, run: Run) -> Workspace:
        row = self._db.read_one("SELECT slug FROM workspace WHERE id = ? AND owner = ?", (run.workspace, run.owner))
        return get_workspace(self._db, run.owner, row["slug"] if row else "")

    def _shown_text(self, run: Run) -> str:
        """What readers of earlier attempts have seen, as far as the journal knows."""
        if not run.attempt:
            return ""
        text = ""
        for _, event in read_events(self._db, run.owner, run.id):
            if event.name == "restarted":
                text = ""
            elif event.name == "delta":
                text += event.data["text"]
        return text

    # --- stopping and burying ----------------------------------------------------------------------------------------

    def stop(self, owner: int, run_id: str) -> tuple[Run, bool]:
        """Ask for the run's end. A waiting run ends here; a running one is to be told (True). Ended ones stay."""
        run = get_run(self._db, owner, run_id)
        if run.ended:
            return run, False
        job = self._queue.cancel(run.job, owner)
        if job.state != "cancelled":
            return run, True
        self._end_without_worker(run, "stopped", error=None)
        return get_run(self._db, owner, run_id), False

    def bury(self, job: Job) -> None:
        """The job ended before it could end its run (cancelled, failed, dead): the run ends too, with what was shown."""
        run = get_run(self._db, job.owner, job.payload["run"])
        self._end_without_worker(run, "stopped" if job.state == "cancelled" else "failed", error=job.error)

    def recover(self) -> None:
        """At start: end the runs whose jobs ended just before the program did."""
        for run in cut_runs(self._db):
            self.bury(self._queue.get(run.job, run.owner))

    def _end_without_worker(self, run: Run, state: str, *, error: dict[str, str] | None) -> None:
        attempt = run.attempt + 1
        draft, now = Draft(text=self._shown_text(run)), self._clock()
        message = message_of(run, state, attempt, draft)
        data: dict[str, Any] = {"message": message, **({"error": error} if error else {})}
        ending = AnswerEnd.of(run, message, error, draft)

        def write(tx: sqlite3.Connection) -> None:
            if end_run(tx, run, state, attempt=attempt, message=message, error=error, now=now):
                ending.store(tx)
                write_events(tx, run, attempt, 1, [Event(state, data)], now)

        self._db.write(write)


def may_retry(error: Exception, draft: Draft, job: Job) -> bool:
    """Nothing was shown, and the model's own server may work later, or our engine starts anew. Absence is told at once."""
    patient = isinstance(error, ModelRejected | EngineCrashed) and may_pass(error)
    return patient and not draft.text and job.retries < MODEL_RETRIES


def message_of(run: Run, status: str, attempt: int, draft: Draft) -> dict[str, Any]:
    """The answer as the contract's Message."""
    return {
        "id": run.id,
        "session": run.session,
        "parent": run.parent,
        "role": "assistant",
        "content": draft.text,
        "status": status,
        "attempt": attempt,
        "model": run.model,
        "mode": run.mode,
        "rag_context": draft.rag_context(),
        "citations": draft.citations(),
        "omitted": draft.omitted,
        "usage": as_json(draft.usage),
        "timings": draft.timings,
        "created_at": rfc3339(run.created_at),
    }
