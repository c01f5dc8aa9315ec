"""Runs: started by a question, carried out as jobs, ended exactly once whatever happens."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from ibidem.chat.answer import Conversation, Draft, answer, needs_evidence
from ibidem.chat.conversations import Conversations
from ibidem.chat.meter import Meter
from ibidem.chat.transcript import Transcript
from ibidem.errors import EngineCrashed, ModelRejected
from ibidem.jobs.queue import EndState, Job, Queue
from ibidem.jobs.streams import Stream, Streams
from ibidem.jobs.worker import Ticket, as_error, may_pass
from ibidem.models.base import TEMPERATURE, ChatModel, Image
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.retrieve import Context
from ibidem.settings import Settings
from ibidem.store.attachments import attachments_of
from ibidem.store.database import Database
from ibidem.store.runs import (
    Run,
    begin_attempt,
    cut_runs,
    end_run,
    get_run,
    read_events,
    write_events,
)
from ibidem.store.workspaces import Workspace, workspace_by_id
from ibidem.tasks.asking import Ask, turns_of
from ibidem.tasks.exchanges import AnswerEnd, as_sent, exchanges_before, with_summaries
from ibidem.tasks.images import read_images
from ibidem.tasks.questions import Questions
from ibidem.tasks.summaries import put_summary
from ibidem.tasks.wishes import open_given, template_in
from ibidem.types import Event, as_json, rfc3339

MODEL_RETRIES = 2  # of an answer that had shown nothing, when the model's server asked for patience (429, 5xx)
METERS = 64  # models of which is kept what their answers taught
_JOB_STATE: dict[str, EndState] = {
    "finished": "done",
    "failed": "failed",
    "stopped": "cancelled",
    "interrupted": "failed",
}


class Search(Protocol):
    """A question and the turns before it -> what is found: see `retrieve.retrieve`."""

    def __call__(
        self, question: str, workspace: Workspace, turns: Sequence[Turn] = (), *, hits: int = 0, judged: bool = True
    ) -> Context: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt of a run: what earlier ones had shown, the turns before its question, what the model read of them."""

    run: Run
    attempt: int
    shown: str
    turns: Sequence[Turn]
    before: Transcript
    images: tuple[Image, ...]


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
        default_model: Callable[[], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = db
        self._queue = queue
        self._streams = streams
        self._settings = settings
        self._files = settings.data_dir / "files"
        self._search = search
        self._open_model = open_model
        self._questions = Questions(
            db, queue, settings, open_model=open_model, default_model=default_model, clock=clock
        )
        self._conversations = Conversations()
        self._meters: dict[str, Meter] = {}  # by model, the latest METERS of them
        self._clock = clock

    def meter(self, model: str) -> Meter:
        """What its answers have taught about a model."""
        if model not in self._meters and len(self._meters) >= METERS:
            self._meters.pop(next(iter(self._meters)))
        return self._meters.setdefault(model, Meter())

    # --- starting ----------------------------------------------------------------------------------------------------

    def start(self, owner: int, ask: Ask) -> Run:
        """See `Questions`."""
        return self._questions.start(owner, ask)

    async def ask(self, owner: int, ask: Ask) -> Run:
        """As `start`, for questions with images, too."""
        return await self._questions.ask(owner, ask)

    # --- carrying out ------------------------------------------------------------------------------------------------

    async def handle(self, ticket: Ticket) -> None:
        """The job `answer`."""
        begun = await asyncio.to_thread(self._begin, ticket.job)
        if begun is None:
            return
        run, attempt = begun.run, begun.attempt
        stream = self._streams.open(run, attempt)
        draft = Draft(text=begun.shown)
        if begun.shown:  # a crash broke off an answer that had been seen: it is kept as it is
            await self._end(ticket, stream, draft, "interrupted")
            return
        if attempt > 1:
            stream.emit(Event("restarted", {"attempt": attempt}))
        stream.emit(Event("started", {"run_id": run.id, "attempt": attempt, "model": run.model}))
        try:
            await self._write(begun, stream, draft, ticket.job.payload)
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

    def _begin(self, job: Job) -> Begun | None:
        """The run with its new attempt; None if it has ended."""
        run = get_run(self._db, job.owner, job.payload["run"])
        if run.ended:
            return None
        shown = self._shown_text(run)
        turns, before = ([], Transcript()) if shown else self._before(run, job)
        asked = attachments_of(self._db, run.owner, [run.parent]) if run.parent else {}
        images = tuple(Image(one.id, one.media_type) for one in asked.get(run.parent or "", ()))
        return Begun(run, begin_attempt(self._db, run), shown, turns, before, images)

    async def _write(self, begun: Begun, stream: Stream, draft: Draft, wishes: Mapping[str, Any]) -> None:
        run, turns = begun.run, begun.turns
        packed = wishes.get("given")
        given = await asyncio.to_thread(open_given, self._db, run.owner, packed) if packed else []
        model = self._open_model(run.model)
        images = [*begun.images, *(image for turn in begun.before.turns for image in turn.images)]
        seen = images and (await model.capabilities()).images
        judged = needs_evidence(run.mode, model)
        events = answer(
            run.question,
            draft,
            mode=run.mode,  # type: ignore[arg-type]  # checked by the table
            search=lambda question: self._search(question, self._workspace(run), turns, judged=judged),
            model=model,
            max_tokens=wishes.get("max_tokens") or self._settings.models.max_tokens,
            temperature=TEMPERATURE if wishes.get("temperature") is None else wishes["temperature"],
            images=begun.images,
            pictures=await asyncio.to_thread(read_images, self._files, images) if seen else {},
            conversation=Conversation(begun.before, self.meter(run.model), self._settings.retrieve.read_s),
            template=template_in(wishes),
            given=given,
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
        return turns, with_summaries(self._db, run, exchanges, known or as_sent(self._db, run, exchanges))

    async def _end(
        self, ticket: Ticket, stream: Stream, draft: Draft, state: str, *, error: dict[str, str] | None = None
    ) -> None:
        """The one terminal event, stored with the run's and the job's end before anybody sees it."""
        run, attempt = stream.run, stream.attempt
        message = message_of(run, state, attempt, draft)
        data: dict[str, Any] = {"message": message}
        if error:
            data["error"] = error

        def commit(rows: Callable[[sqlite3.Connection], None]) -> bool:
            ending = AnswerEnd.of(run, message, error, draft)

            def also(tx: sqlite3.Connection) -> None:
                if end_run(tx, run, state, attempt=attempt, message=message, error=error, now=self._clock()):
                    ending.store(tx)
                    put_summary(self._queue, tx, run, draft.text)
                    rows(tx)

            return ticket.finish(_JOB_STATE[state], error=error, also=also)

        stored = asyncio.ensure_future(self._streams.end(stream, Event(state, data), commit))
        try:
            await asyncio.shield(stored)
        except asyncio.CancelledError:  # too late to change the end: let it come to be
            await asyncio.shield(stored)
            raise

    def _workspace(self, run: Run) -> Workspace:
        """As its asker may read it now: a share may have ended while the question waited."""
        return workspace_by_id(self._db, run.owner, run.workspace)

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
                put_summary(self._queue, tx, run, draft.text)
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
