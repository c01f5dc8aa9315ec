"""A long answer of a session gets one summary, after all answers; later turns read it where the original does not fit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ibidem.chat.memory import MAX_TOKENS
from ibidem.errors import ModelCutOff, ModelRejected, ModelUnreachable
from ibidem.jobs.queue import Job
from ibidem.jobs.worker import Lane, Worker
from ibidem.models.base import Capabilities, ChatRequest, ReasoningDelta
from ibidem.models.scripted import ScriptedModel
from ibidem.store.database import Database
from ibidem.store.messages import get_message
from ibidem.store.runs import Run, get_run
from ibidem.store.sessions import Session, create_session
from ibidem.store.workspaces import Workspace
from ibidem.tasks.asking import Ask
from ibidem.tasks.summaries import Summaries
from tests.conftest import Clock
from tests.jobs.runs import read
from tests.jobs.test_answers import Desk

WINDOW = 1200
LONG = "The reserve pump starts at 4.2 bar. " + "It is tested in May and in June by the shift. " * 20
SUMMARY = "The reserve pump starts at 4.2 bar and is tested twice a year."


class SmallModel(ScriptedModel):
    async def capabilities(self) -> Capabilities:
        return Capabilities(context_tokens=WINDOW)


class MemoryDesk(Desk):
    """A desk that also summarises, as the app does."""

    def restart(self) -> None:
        super().restart()
        summaries = Summaries(self.db, open_model=self._open_model)
        self.worker = Worker(
            self.queue,
            {"answer": self.answers.handle, "summary": summaries.handle},
            [Lane(["answer"], 2), Lane(["summary"], 1, wait=lambda: self.queue.any_open("answer"))],
            lease_s=1e9,
            poll_s=0.01,
            on_cut=self.cut,
        )

    def cut(self, job: Job) -> None:
        if job.kind == "answer":
            self.answers.bury(job)

    def jobs(self) -> list[Job]:
        return [job for job in self.queue.jobs(1) if job.kind == "summary"]

    def ask(self, session: Session | None, question: str, *reply: Any, model: str = "scripted:x", **more: Any) -> Run:
        self.model.queue(*reply)
        return self.answers.start(1, Ask(question, model=model, session=session.id if session else None, **more))

    async def answered(self, session: Session | None, question: str, *reply: Any, **more: Any) -> Run:
        """Ask, and wait for the answer's end."""
        run = self.ask(session, question, *reply, **more)
        async with self.working(summaries=False):
            await read(self.streams, run)
        return get_run(self.db, 1, run.id)

    def working(self, *, summaries: bool = True) -> Any:
        if not summaries:
            self.restart_answers_only()
        else:
            self.restart()
        return super().working()

    def restart_answers_only(self) -> None:
        self.restart()
        self.worker.only(["answer"])

    async def summarised(self, *reply: Any) -> None:
        """Work until no summary waits."""
        self.model.queue(*reply)
        async with self.working(), asyncio.timeout(10):
            while any(job.state in ("queued", "running") for job in self.jobs()):
                await asyncio.sleep(0.005)

    def summary(self, run: Run) -> str | None:
        assert run.session
        return get_message(self.db, 1, run.session, run.id).summary


@pytest.fixture
def desk(db: Database, home: Workspace, clock: Clock) -> MemoryDesk:
    return MemoryDesk(db, clock, model=SmallModel("x"))


@pytest.fixture
def session(db: Database, home: Workspace) -> Session:
    return db.write(lambda tx: create_session(tx, 1, title="", words="", workspace="home", settings={}, now=0.0))


def texts(request: ChatRequest) -> list[str]:
    return [message.content for message in request.messages]


# --- which answers, and when -----------------------------------------------------------------------------------------


def test_a_long_answer_is_summarised_by_its_own_model(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG)
        assert desk.summary(run) is None
        (job,) = desk.jobs()
        assert (job.state, job.owner) == ("queued", 1)
        await desk.summarised(ReasoningDelta("hmm"), SUMMARY)
        assert desk.summary(run) == SUMMARY
        assert [job.state for job in desk.jobs()] == ["done"]
        assert LONG.strip() in desk.model.requests[-1].messages[-1].content

    asyncio.run(test())


def test_short_answers_those_without_a_session_and_those_of_no_model_are_not_summarised(
    desk: MemoryDesk, session: Session
) -> None:
    async def test() -> None:
        await desk.answered(session, "Which pump?", "The reserve pump.")
        await desk.answered(None, "Which pump?", LONG)
        await desk.answered(session, "Which pump?", LONG, model="quotes")
        assert desk.jobs() == []

    asyncio.run(test())


def test_an_answer_that_was_cut_off_is_remembered_as_far_as_it_came(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG, ModelCutOff("gone"))
        assert run.state == "failed"
        await desk.summarised(SUMMARY)
        assert desk.summary(run) == SUMMARY

    asyncio.run(test())


def test_a_summary_is_not_begun_while_anybodys_answer_is_written(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        first = await desk.answered(session, "Which pump?", LONG)
        second = desk.ask(session, "And then?", "It ", 0.2, "stops.")
        desk.model.queue(SUMMARY)
        async with desk.working(), asyncio.timeout(10):
            await read(desk.streams, second)
            assert len(desk.model.requests) == 2 and desk.summary(first) is None
            while desk.summary(first) is None:
                await asyncio.sleep(0.005)

    asyncio.run(test())


def test_a_summary_that_is_being_written_gives_way_to_an_answer_of_its_model(
    desk: MemoryDesk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.tasks.summaries.LOOK_S", 0.005)

    async def test() -> None:
        first = await desk.answered(session, "Which pump?", LONG)
        desk.model.queue("The ", 1e6)  # a slow one
        async with desk.working(), asyncio.timeout(10):
            while len(desk.model.requests) < 2:
                await asyncio.sleep(0.005)
            await read(desk.streams, desk.ask(session, "And then?", "It stops."))
            while desk.model.stopped == 0:
                await asyncio.sleep(0.005)
            desk.model.queue(SUMMARY)
            while desk.jobs()[0].state != "queued":
                await asyncio.sleep(0.005)
            assert (desk.jobs()[0].attempts, desk.jobs()[0].retries) == (0, 0)
            desk.clock.advance(10)
            while desk.summary(first) is None:
                await asyncio.sleep(0.005)

    asyncio.run(test())


# --- what it is for --------------------------------------------------------------------------------------------------


def test_a_later_turn_reads_the_summary_where_the_original_no_longer_fits(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        await desk.answered(session, "Which pump?", LONG, mode="plain")
        await desk.summarised(SUMMARY)
        await desk.answered(session, "And the second one?", "The second pump " + LONG, mode="plain")
        assert texts(desk.model.requests[-1])[2] == LONG  # it fits: as it was sent
        await desk.summarised("The second pump is like the first.")
        last = await desk.answered(
            session, "And the third one, " + "with words, " * 80 + "when?", "Never.", mode="plain"
        )
        sent = texts(desk.model.requests[-1])
        assert SUMMARY in sent and LONG not in sent
        assert any("turns" in one for one in (last.message or {})["omitted"])
        await desk.answered(session, "Sure?", "Yes.", mode="plain")
        assert texts(desk.model.requests[-1])[: len(sent)] == sent  # from then on the prompt keeps its beginning

    asyncio.run(test())


@pytest.mark.parametrize(
    "reply",
    [
        (ModelRejected("no", status=400),),
        (ModelCutOff("gone"),),
        ("The pump", ModelCutOff("gone")),
        ("",),
        ("예비 펌프는 4.2바에서 기동한다.",),
        ("word " * 10 * MAX_TOKENS,),
    ],
)
def test_a_model_that_fails_leaves_the_original_in_use(
    desk: MemoryDesk, session: Session, reply: tuple[Any, ...]
) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG, mode="plain")
        await desk.summarised(*reply)
        (job,) = desk.jobs()
        assert job.state == "failed" and job.error and job.error["code"].startswith("model_")
        assert desk.summary(run) is None
        await desk.answered(session, "And the second one?", "The second pump " + LONG, mode="plain")
        await desk.answered(session, "And the third one, " + "with words, " * 80 + "when?", "Never.", mode="plain")
        sent = texts(desk.model.requests[-1])
        assert sent[2].startswith("The reserve pump starts at 4.2 bar. It is tested") and len(sent[2]) < len(LONG)

    asyncio.run(test())


# --- once, and never lost --------------------------------------------------------------------------------------------


def test_a_summary_whose_worker_died_is_written_by_the_next_one(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG)
        assert desk.queue.claim(["summary"], lease_s=30)
        desk.queue.expire_leases()
        await desk.summarised(SUMMARY)
        (job,) = desk.jobs()
        assert (job.state, job.attempts, desk.summary(run)) == ("done", 2, SUMMARY)

    asyncio.run(test())


def test_a_model_that_is_away_is_asked_again_later(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG)
        desk.model.queue(ModelUnreachable("away"))
        desk.model.queue(SUMMARY)
        async with desk.working(), asyncio.timeout(10):
            while desk.jobs()[0].retries == 0:
                await asyncio.sleep(0.005)
            desk.clock.advance(100)
            while desk.summary(run) is None:
                await asyncio.sleep(0.005)
        assert len(desk.jobs()) == 1

    asyncio.run(test())


def test_an_answer_that_has_a_summary_or_is_gone_asks_no_model(desk: MemoryDesk, session: Session) -> None:
    async def test() -> None:
        run = await desk.answered(session, "Which pump?", LONG)
        desk.db.write(lambda tx: tx.execute("UPDATE message SET summary = 'known' WHERE id = ?", (run.id,)))
        await desk.answered(session, "And then?", LONG)
        desk.db.write(
            lambda tx: tx.execute("UPDATE message SET id = 'gone' WHERE role = 'assistant' AND id <> ?", (run.id,))
        )
        asked = len(desk.model.requests)
        await desk.summarised()
        assert [job.state for job in desk.jobs()] == ["done", "done"]
        assert (len(desk.model.requests), desk.summary(run)) == (asked, "known")

    asyncio.run(test())
