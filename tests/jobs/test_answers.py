"""A run is started once, ends once, and keeps what its readers have seen: the job `answer` with a scripted model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import (
    BadInput,
    Busy,
    Conflict,
    DiskFull,
    EngineCrashed,
    ModelCutOff,
    ModelRejected,
    ModelUnknown,
    ModelUnreachable,
    NotFound,
    TooLarge,
    UnknownWorkspace,
)
from ibidem.jobs.queue import MAX_ATTEMPTS, Lease
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.jobs.streams import Streams
from ibidem.jobs.worker import Lane, Ticket, Worker
from ibidem.models.base import ChatModel
from ibidem.models.scripted import ScriptedModel
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.retrieve import Context
from ibidem.settings import JobSettings, ServeSettings, Settings
from ibidem.store.database import Database
from ibidem.store.runs import Run, begin_attempt, get_run, read_events, write_events
from ibidem.store.sharing import set_shares
from ibidem.store.workspaces import Workspace
from ibidem.tasks.answers import MODEL_RETRIES, Answers
from ibidem.tasks.asking import Ask
from ibidem.types import Event
from tests.conftest import Clock
from tests.fakes.found import hit
from tests.jobs.runs import Seen, names, read, text

HIT = hit("pumps.md", "The pump starts at 4.2 bar.")
SETTINGS = Settings(
    Path("/nowhere"), serve=ServeSettings(max_question_bytes=1000), jobs=JobSettings(max_queued=3, journal_s=0.001)
)


@dataclass
class Desk:
    """Everything that answers, with one scripted model and a search that finds one passage."""

    db: Database
    clock: Clock
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel("x"))
    search_error: Exception | None = None

    def __post_init__(self) -> None:
        self.queue = SqliteQueue(self.db, clock=self.clock)
        self.restart()

    def restart(self) -> None:
        """A new process on the same store: nothing is known but what was written down."""
        self.streams = Streams(self.db, journal_s=SETTINGS.jobs.journal_s, clock=self.clock)
        self.answers = Answers(
            self.db,
            self.queue,
            self.streams,
            SETTINGS,
            search=self._search,
            open_model=self._open_model,
            default_model=lambda: SETTINGS.models.default,
            clock=self.clock,
        )
        self.worker = Worker(
            self.queue,
            {"answer": self.answers.handle},
            [Lane(["answer"], 2)],
            lease_s=1e9,  # tests move the clock past retries' delays
            poll_s=0.01,
            on_cut=self.answers.bury,
        )

    def _search(self, question: str, workspace: Workspace, turns: object = (), **how: object) -> Context:
        if self.search_error:
            raise self.search_error
        return Context(kept=[HIT], evidence=1.0)

    def _open_model(self, name: str) -> ChatModel:
        if name not in ("scripted:x", "quotes"):
            raise ModelUnknown(f"no model {name!r}")
        return self.model

    def start(self, question: str = "When does it start?", **more: Any) -> Run:
        return self.answers.start(1, Ask(question, model="scripted:x", **more))

    def claim(self) -> Ticket:
        lease = self.queue.claim(["answer"], lease_s=30)
        assert isinstance(lease, Lease)
        return Ticket(lease, self.queue)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        journal = asyncio.create_task(self.streams.journal())
        worker = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            async with asyncio.timeout(10):
                await self.worker.stop()
                await worker
            journal.cancel()
            await asyncio.gather(journal, return_exceptions=True)

    async def stop(self, run: Run) -> Run:
        """As the app does."""
        ended, running = await asyncio.to_thread(self.answers.stop, 1, run.id)
        if running:
            self.worker.cancel(run.job)
        return ended

    def crash(self, run: Run, *events: Event) -> None:
        """What a killed process leaves of a run: a claimed job, an attempt, these events in the journal."""
        self.claim()
        attempt = begin_attempt(self.db, run)
        if events:
            self.db.write(lambda tx: write_events(tx, run, attempt, 1, list(events), 0.0))
        self.restart()
        self.queue.expire_leases()


@pytest.fixture
def desk(db: Database, home: Workspace, clock: Clock) -> Desk:
    return Desk(db, clock)


def run_test(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def ended_once(desk: Desk, run: Run) -> Run:
    """The run as it ended; its journal holds one terminal event, the last one, which says the same."""
    stored = get_run(desk.db, 1, run.id)
    events = [event for _, event in read_events(desk.db, 1, run.id)]
    assert [event.name for event in events if event.terminal] == [stored.state] == [events[-1].name]
    assert events[-1].data["message"] == stored.message
    assert stored.message is not None and stored.message["status"] == stored.state
    assert stored.ended_at is not None
    return stored


# --- starting --------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_run(desk: Desk) -> None:
    first = desk.start("why?", idempotency_key="k")
    assert desk.start("why?", idempotency_key="k") == first
    assert desk.start("why?", idempotency_key="other").id != first.id
    assert desk.start("why?").id != first.id
    assert desk.queue.count_queued(1, "answer") == 3


def test_the_same_key_with_another_question_is_a_conflict(desk: Desk) -> None:
    desk.start("why?", idempotency_key="k")
    with pytest.raises(Conflict) as error:
        desk.start("how?", idempotency_key="k")
    assert error.value.field == "idempotency_key"


def test_a_key_belongs_to_its_owner(desk: Desk, stranger: int) -> None:
    desk.db.write(
        lambda tx: tx.execute("INSERT INTO workspace (owner, slug, name, created_at) VALUES (2, 'home', 'Home', 0)")
    )
    mine = desk.start("why?", idempotency_key="k")
    theirs = desk.answers.start(stranger, Ask("how?", model="scripted:x", idempotency_key="k"))
    assert theirs.id != mine.id
    with pytest.raises(NotFound):
        desk.answers.stop(stranger, mine.id)


def test_the_same_key_at_the_same_moment_starts_one_run(desk: Desk) -> None:
    begun = threading.Barrier(4)

    def start(_: int) -> str:
        begun.wait(10)
        return desk.start("why?", idempotency_key="k").id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(start, range(4)))) == 1
    assert desk.queue.count_queued(1, "answer") == 1


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"question": " \n"}, BadInput),
        ({"question": "x" * 1001}, TooLarge),
        ({"question": "가" * 334}, TooLarge),
        ({"mode": "search"}, BadInput),
        ({"workspace": "absent"}, UnknownWorkspace),
    ],
)
def test_what_cannot_be_answered_is_refused_and_starts_nothing(
    desk: Desk, asked: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        desk.start(**asked)
    assert desk.queue.jobs(1) == []


def test_an_unknown_model_is_refused_before_anything_is_stored(desk: Desk) -> None:
    with pytest.raises(ModelUnknown):
        desk.answers.start(1, Ask("why?", model="nobody:x"))
    assert desk.queue.jobs(1) == []


def test_too_many_waiting_questions_are_refused_for_a_while(desk: Desk) -> None:
    for _ in range(3):
        desk.start()
    with pytest.raises(Busy) as error:
        desk.start()
    assert error.value.retry_after_s > 0


# --- answering -------------------------------------------------------------------------------------------------------


def test_an_answer_tells_its_stages_and_ends_with_its_message(desk: Desk) -> None:
    async def test() -> None:
        desk.model.queue("It starts ", "at 4.2 bar [1].")
        run = desk.start()
        async with desk.working():
            seen = await read(desk.streams, run, after=(0, 9))
        told = [name for name in names(seen) if name != "status"]
        assert told == ["started", "retrieved", "delta", "delta", "delta", "cited", "finished"]
        message = seen[-1][1].data["message"]
        assert (message["content"], message["attempt"]) == ("It starts at 4.2 bar [1].", 1)
        assert [citation["number"] for citation in message["citations"]] == [1]
        assert message["usage"]["completion"] == 2
        assert message["timings"]["total_ms"] >= message["timings"]["first_token_ms"] >= 0
        stored = ended_once(desk, run)
        assert (stored.state, stored.message) == ("finished", message)
        assert desk.queue.get(run.job, 1).state == "done"

    run_test(test)


async def asked(desk: Desk, question: str, *turns: Turn, reply: str = "At 4.2 bar [1].") -> Seen:
    desk.model.queue(reply)
    run = desk.start(question, turns=turns)
    desk.worker.wake("answer")
    return await read(desk.streams, run)


FIRST = Turn("When does it start?", "At 4.2 bar [1].")


def test_a_history_continues_the_prompt_that_was_sent(desk: Desk) -> None:
    async def test() -> None:
        async with desk.working():
            await asked(desk, FIRST.question)
            seen = await asked(desk, "And why?", FIRST, reply="For the level [1].")
        one, other = (list(request.messages) for request in desk.model.requests)
        assert other[: len(one)] == one
        assert [message.content for message in other[len(one) :]] == [
            "At 4.2 bar [1].",
            "Question: And why?\n\nSee also, further up: [1]",
        ]
        assert [one["path"] for one in seen[-1][1].data["message"]["citations"]] == ["pumps.md"]

    run_test(test)


def test_a_history_that_nobody_remembers_is_read_in_its_words(desk: Desk) -> None:
    """After a restart, or edited by the client: its numbers lead nowhere, and are given to nothing else."""

    async def test() -> None:
        async with desk.working():
            await asked(desk, FIRST.question)
        desk.restart()
        async with desk.working():
            seen = await asked(desk, "And why?", FIRST, reply="As said [1], for the level [2].")
        sent = [message.content for message in desk.model.requests[1].messages]
        assert sent[1:3] == [FIRST.question, FIRST.answer]
        assert "[2] pumps.md" in sent[3]
        assert [one["number"] for one in seen[-1][1].data["message"]["citations"]] == [2]

    run_test(test)


def test_a_stopped_answer_goes_on_being_talked_about_as_far_as_it_came(desk: Desk) -> None:
    async def test() -> None:
        async with desk.working():
            desk.model.queue("At 4.2 bar ", 600.0)
            run = desk.start()
            desk.worker.wake("answer")
            await read(desk.streams, run, until=6)  # as far as the first word
            await desk.stop(run)
            await read(desk.streams, run)
            await asked(desk, "Go on", Turn("When does it start?", "At 4.2 bar"))
        one, other = (list(request.messages) for request in desk.model.requests)
        assert other[: len(one)] == one and other[len(one)].content == "At 4.2 bar"

    run_test(test)


def test_an_answer_that_ended_is_not_written_again(desk: Desk) -> None:
    """The process ended between the run's end and its job's next look: the job is claimed once more."""

    async def test() -> None:
        run = desk.start()
        async with desk.working():
            await read(desk.streams, run)
        before = read_events(desk.db, 1, run.id)
        desk.db.write(lambda tx: tx.execute("UPDATE job SET state = 'queued', lease_token = NULL"))
        await desk.answers.handle(desk.claim())
        assert read_events(desk.db, 1, run.id) == before
        assert len(desk.model.requests) == 1

    run_test(test)


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelCutOff("cut"), "model_cut_off"),
        (ModelRejected("slow down", status=429), "model_rejected"),
        (KeyError("ours"), "internal"),
    ],
)
def test_an_error_in_the_middle_fails_the_run_and_keeps_the_text(desk: Desk, error: Exception, code: str) -> None:
    async def test() -> None:
        desk.model.queue("half ", "an answer", error)
        run = desk.start()
        async with desk.working():
            seen = await read(desk.streams, run)
        assert (text(seen), names(seen)[-1]) == ("half an answer", "failed")
        assert seen[-1][1].data["error"]["code"] == code
        stored = ended_once(desk, run)
        assert (stored.message or {})["content"] == "half an answer"
        assert (stored.error or {})["code"] == code
        assert desk.queue.get(run.job, 1).state == "failed"

    run_test(test)


def test_an_engine_that_ends_in_the_middle_interrupts_the_run_and_one_that_ends_before_is_tried_again(
    desk: Desk, clock: Clock
) -> None:
    async def test() -> None:
        desk.model.queue(EngineCrashed("by SIGKILL"))
        desk.model.queue("half ", "an answer", EngineCrashed("by SIGKILL"))
        run = desk.start()
        async with desk.working():
            reader = asyncio.create_task(read(desk.streams, run))
            while not reader.done():
                clock.advance(61)
                await asyncio.sleep(0.005)
            seen = await reader
        assert (text(seen), names(seen)[-1], names(seen).count("restarted")) == ("half an answer", "interrupted", 1)
        assert seen[-1][1].data["error"]["code"] == "engine_crashed"
        assert (ended_once(desk, run).message or {})["status"] == "interrupted"

    run_test(test)


@pytest.mark.parametrize("error", [ModelUnreachable("nobody"), ModelRejected("no such model", status=404)], ids=repr)
def test_a_model_that_is_not_there_is_told_at_once(desk: Desk, error: Exception) -> None:
    async def test() -> None:
        desk.model.queue(error)
        run = desk.start()
        async with desk.working():
            assert names(await read(desk.streams, run))[-1] == "failed"
        assert len(desk.model.requests) == 1
        ended_once(desk, run)

    run_test(test)


def test_a_search_that_fails_ends_the_run(desk: Desk) -> None:
    async def test() -> None:
        desk.search_error = RuntimeError("index")
        run = desk.start()
        async with desk.working():
            assert names(await read(desk.streams, run))[-1] == "failed"
        ended_once(desk, run)

    run_test(test)


def test_a_busy_model_is_asked_again_and_the_reader_starts_over(desk: Desk, clock: Clock) -> None:
    async def test() -> None:
        busy = ModelRejected("slow down", status=429)
        desk.model.queue(busy)
        desk.model.queue(busy)
        desk.model.queue("at last")
        run = desk.start()
        async with desk.working():
            reader = asyncio.create_task(read(desk.streams, run))
            while not reader.done():
                clock.advance(61)
                await asyncio.sleep(0.005)
            seen = await reader
        assert (text(seen), names(seen)[-1]) == ("at last", "finished")
        assert names(seen).count("restarted") == 2
        assert seen[-1][0] is not None and seen[-1][0][0] == 3
        ended_once(desk, run)

    run_test(test)


def test_a_model_that_stays_busy_fails_after_two_more_tries(desk: Desk, clock: Clock) -> None:
    async def test() -> None:
        for _ in range(9):
            desk.model.queue(ModelRejected("slow down", status=503))
        run = desk.start()
        async with desk.working():
            reader = asyncio.create_task(read(desk.streams, run))
            while not reader.done():
                clock.advance(61)
                await asyncio.sleep(0.005)
        assert names(await reader)[-1] == "failed"
        assert len(desk.model.requests) == 1 + MODEL_RETRIES
        ended_once(desk, run)

    run_test(test)


# --- stopping --------------------------------------------------------------------------------------------------------


def test_a_waiting_run_is_stopped_at_once(desk: Desk) -> None:
    async def test() -> None:
        run = desk.start()
        assert (await desk.stop(run)).state == "stopped"
        assert desk.queue.get(run.job, 1).state == "cancelled"
        ended_once(desk, run)
        assert names(await read(desk.streams, run)) == ["stopped"]
        async with desk.working():
            pass
        assert desk.model.requests == []

    run_test(test)


def test_a_running_run_is_stopped_with_the_text_it_had(desk: Desk) -> None:
    async def test() -> None:
        desk.model.queue("half", 600.0, "never")
        run = desk.start()
        async with desk.working():
            reader = asyncio.create_task(read(desk.streams, run))
            await until_text(desk, run)
            await desk.stop(run)
            seen = await reader
        assert (text(seen), names(seen)[-1]) == ("half", "stopped")
        assert desk.model.stopped == 1
        assert (ended_once(desk, run).message or {})["content"] == "half"
        assert desk.queue.get(run.job, 1).state == "cancelled"

    run_test(test)


async def until_text(desk: Desk, run: Run) -> None:
    events = desk.streams.follow(1, run.id)
    async with asyncio.timeout(10):
        async for _, event in events:
            if event.name == "delta":
                break
    await events.aclose()


@pytest.mark.parametrize("steps", [0, 2, 5, 12, 40])
def test_a_stop_at_any_moment_ends_the_run_once(desk: Desk, steps: int) -> None:
    """Before its first step, between its first looks at the store, while it writes, while it ends."""

    async def test() -> None:
        for delay in (0.0, 0.001, 0.003):
            desk.model.queue("a ", "b ", "c")
            run = desk.start()
            async with desk.working():
                reader = asyncio.create_task(read(desk.streams, run))
                while run.job not in desk.worker._running and not reader.done():
                    await asyncio.sleep(0)
                for _ in range(steps):
                    await asyncio.sleep(0)
                await asyncio.sleep(delay)
                desk.worker.cancel(run.job)
                seen = await reader
            desk.restart()
            assert [event.name for _, event in seen if event.terminal] == [names(seen)[-1]]
            stored = ended_once(desk, run)
            assert stored.state in ("stopped", "finished")
            assert (stored.message or {})["content"].startswith(text(seen))

    run_test(test)


def test_a_stop_that_comes_while_the_answer_ends_is_too_late(db: Database, home: Workspace, clock: Clock) -> None:
    """The end waits for a flush of the journal; nothing of what was shown is lost by it."""

    async def test() -> None:
        go_on = asyncio.Event()
        desk = Desk(db, clock, ScriptedModel("x", [("half ", 1.0, "and half")], sleep=lambda _: waited(go_on)))
        run = desk.start()
        async with desk.working():
            events = desk.streams.follow(1, run.id)
            await until_text(desk, run)
            flush = desk.streams._live[run.id].writing
            await flush.acquire()
            go_on.set()
            async with asyncio.timeout(10):
                async for _, event in events:
                    if event.name == "cited":
                        break
            while not flush._waiters:
                await asyncio.sleep(0)
            desk.worker.cancel(run.job)
            for _ in range(5):
                await asyncio.sleep(0)
            flush.release()
            seen = await read(desk.streams, run)
            await events.aclose()
        assert (text(seen), names(seen)[-1]) == ("half and half", "finished")
        assert (ended_once(desk, run).message or {})["content"] == "half and half"

    async def waited(event: asyncio.Event) -> None:
        await event.wait()

    run_test(test)


def test_stopping_an_ended_run_changes_nothing(desk: Desk) -> None:
    async def test() -> None:
        run = desk.start()
        async with desk.working():
            await read(desk.streams, run)
        before = get_run(desk.db, 1, run.id)
        assert desk.answers.stop(1, run.id) == (before, False)
        assert get_run(desk.db, 1, run.id) == before

    run_test(test)


# --- the program stops -----------------------------------------------------------------------------------------------


def test_a_program_that_stops_keeps_what_was_shown(desk: Desk) -> None:
    async def test() -> None:
        desk.model.queue("half", 600.0)
        run = desk.start()
        async with desk.working():
            await until_text(desk, run)
        stored = ended_once(desk, run)
        assert (stored.state, (stored.message or {})["content"]) == ("interrupted", "half")

    run_test(test)


def test_a_program_that_stops_before_the_first_token_answers_at_the_next_start(desk: Desk) -> None:
    async def test() -> None:
        desk.model.queue(600.0, "never")
        run = desk.start()
        async with desk.working():
            while not desk.model.requests:
                await asyncio.sleep(0)
        assert get_run(desk.db, 1, run.id).state == "running"
        assert desk.queue.get(run.job, 1).state == "queued"
        desk.restart()
        desk.model.queue("whole")
        async with desk.working():
            seen = await read(desk.streams, run)
        assert (text(seen), names(seen)[-1]) == ("whole", "finished")
        ended_once(desk, run)

    run_test(test)


# --- crashes ---------------------------------------------------------------------------------------------------------


def answered_after_crash(desk: Desk, run: Run, *, after: tuple[int, int] = (0, 0)) -> Seen:
    async def test() -> Seen:
        async with desk.working():
            return await read(desk.streams, run, after=after)

    return asyncio.run(test())


def test_an_answer_that_had_shown_text_ends_interrupted(desk: Desk) -> None:
    run = desk.start()
    desk.crash(run, Event("started", {}), Event("delta", {"text": "half "}), Event("delta", {"text": "said"}))
    seen = answered_after_crash(desk, run)
    assert (text(seen), names(seen)[-1], seen[-1][0]) == ("half said", "interrupted", (2, 1))
    stored = ended_once(desk, run)
    assert (stored.attempt, (stored.message or {})["content"]) == (2, "half said")
    assert desk.model.requests == []


@pytest.mark.parametrize("events", [(), (Event("started", {}), Event("retrieved", {"citations": []}))])
def test_an_answer_that_had_shown_nothing_is_tried_again(desk: Desk, events: tuple[Event, ...]) -> None:
    run = desk.start()
    desk.crash(run, *events)
    desk.model.queue("whole")
    seen = answered_after_crash(desk, run)
    assert names(seen)[len(events) :][:2] == ["restarted", "started"]
    assert (text(seen), names(seen)[-1]) == ("whole", "finished")
    assert [number for number, _ in seen] == sorted({number for number, _ in seen if number})
    assert ended_once(desk, run).attempt == 2


def test_a_reader_ahead_of_what_was_written_down_starts_over(desk: Desk) -> None:
    run = desk.start()
    desk.crash(run, Event("started", {}))
    desk.model.queue("whole")
    seen = answered_after_crash(desk, run, after=(1, 40))
    assert (names(seen)[0], text(seen)) == ("restarted", "whole")


def test_text_that_a_restart_cleared_does_not_count_as_shown(desk: Desk) -> None:
    run = desk.start()
    desk.crash(run, Event("started", {}), Event("delta", {"text": "lost"}))
    desk.crash(run, Event("restarted", {}), Event("started", {}))
    desk.model.queue("whole")
    seen = answered_after_crash(desk, run)
    assert (text(seen), names(seen)[-1]) == ("whole", "finished")


def test_an_answer_that_takes_the_program_down_three_times_fails(desk: Desk) -> None:
    run = desk.start()
    for _ in range(MAX_ATTEMPTS):
        desk.crash(run, Event("started", {}))
    seen = answered_after_crash(desk, run, after=(1, 1))
    assert names(seen)[-1] == "failed"
    assert seen[-1][1].data["error"]["code"] == "job_dead"
    stored = ended_once(desk, run)
    assert (stored.error or {})["code"] == "job_dead"
    assert desk.queue.get(run.job, 1).state == "dead"


@pytest.mark.parametrize(("ends", "state"), [("cancelled", "stopped"), ("failed", "failed"), ("dead", "failed")])
def test_a_run_whose_job_ended_just_before_a_crash_ends_at_the_next_start(desk: Desk, ends: str, state: str) -> None:
    run, other = desk.start(), desk.start()
    desk.db.write(lambda tx: tx.execute("UPDATE job SET state = ? WHERE id = ?", (ends, int(run.job))))
    desk.restart()
    desk.answers.recover()
    desk.answers.recover()
    assert ended_once(desk, run).state == state
    assert get_run(desk.db, 1, other.id).state == "queued"


def test_a_store_that_fails_before_the_first_event_leaves_the_run_to_a_later_try(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        failures = iter([DiskFull("full")])

        def failing(db: Database, run: Run) -> int:
            if error := next(failures, None):
                raise error
            return begin_attempt(db, run)

        monkeypatch.setattr("ibidem.tasks.answers.begin_attempt", failing)
        desk.model.queue("whole")
        run = desk.start()
        async with desk.working():
            reader = asyncio.create_task(read(desk.streams, run))
            while not reader.done():
                clock.advance(61)
                await asyncio.sleep(0.005)
        assert text(await reader) == "whole"
        ended_once(desk, run)

    run_test(test)


def test_a_question_that_waited_is_not_answered_from_what_is_no_longer_shared(
    desk: Desk, home: Workspace, stranger: int
) -> None:
    async def test() -> None:
        set_shares(desk.db, home, {stranger: "read"}, 0.0)
        waiting = desk.answers.start(stranger, Ask("When does it start?", model="scripted:x", workspace="home"))
        set_shares(desk.db, home, {}, 1.0)
        async with desk.working():
            number, event = (await read(desk.streams, waiting))[-1]
        assert number and (event.name, event.data["error"]["code"]) == ("failed", "unknown_workspace")
        assert desk.model.requests == []

    run_test(test)
