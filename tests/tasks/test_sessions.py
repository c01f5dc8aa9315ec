"""What a session remembers: over restarts, after its runs are forgotten, until it is deleted."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import Conflict, NotFound
from ibidem.index.analyze import query_tokens
from ibidem.store.database import Database
from ibidem.store.messages import Message, get_message, list_messages
from ibidem.store.runs import Run, forget_events, forget_runs, get_run
from ibidem.store.session_removal import delete_orphans, delete_session
from ibidem.store.sessions import Session, create_session, find_sessions, get_session, list_sessions
from ibidem.store.workspaces import Workspace
from ibidem.tasks.asking import Ask, title_of
from ibidem.tasks.chats import Chats
from ibidem.types import Event
from tests.conftest import Clock
from tests.jobs.runs import names, read
from tests.jobs.test_answers import Desk

MUCH_LATER = 1e12


@pytest.fixture
def desk(db: Database, home: Workspace, clock: Clock) -> Desk:
    return Desk(db, clock)


@pytest.fixture
def session(db: Database, home: Workspace) -> Session:
    return db.write(lambda tx: create_session(tx, 1, title="", words="", workspace="home", settings={}, now=0.0))


def ask(desk: Desk, session: Session, question: str = "When?", **more: Any) -> Run:
    return desk.answers.start(1, Ask(question, model="scripted:x", session=session.id, **more))


def say(desk: Desk, session: Session, question: str, reply: str = "At 4.2 bar [1].", **more: Any) -> Run:
    """Ask and wait for the end of the answer, each time in a new process that knows what is stored."""
    desk.restart()

    async def answered() -> Run:
        desk.model.queue(reply)
        run = ask(desk, session, question, **more)
        async with desk.working():
            await read(desk.streams, run)
        return get_run(desk.db, 1, run.id)

    return asyncio.run(answered())


def messages(desk: Desk, session: Session) -> list[Message]:
    return list_messages(desk.db, 1, session.id)


def forget_old(desk: Desk) -> None:
    """As upkeep does when the journal has been kept long enough."""
    while forget_events(desk.db, written_before=MUCH_LATER):
        pass
    forget_runs(desk.db, in_sessions_before=MUCH_LATER, others_before=0.0, deleted_before=0.0)


def found(desk: Desk, query: str) -> list[str]:
    return [one.id for one, _ in find_sessions(desk.db, 1, query_tokens(query), before=None, limit=10)]


# --- conversation ----------------------------------------------------------------------------------------------------


def test_after_a_restart_the_prompt_begins_as_it_did_and_numbers_lead_to_their_passages(
    desk: Desk, session: Session
) -> None:
    say(desk, session, "When does it start?")
    say(desk, session, "And why?", "Because of [1].")
    first, second = (request.messages for request in desk.model.requests)
    assert second[: len(first)] == first
    assert second[len(first)].content == "At 4.2 bar [1]."
    answer = messages(desk, session)[-1]
    assert [one["number"] for one in answer.details["citations"]] == [1]


def test_a_branch_knows_nothing_of_its_sibling(desk: Desk, session: Session) -> None:
    first = say(desk, session, "One", "First.")
    say(desk, session, "Two", "Second.")
    say(desk, session, "Other two", "Third.", parent=first.id)
    told = " ".join(message.content for message in desk.model.requests[-1].messages)
    assert "First." in told and "Second." not in told


def test_an_answer_without_a_word_is_no_turn(desk: Desk, session: Session) -> None:
    desk.model.queue(ValueError("broken"))
    run = ask(desk, session, "One")

    async def fail() -> None:
        async with desk.working():
            await read(desk.streams, run)

    asyncio.run(fail())
    failed = messages(desk, session)[-1]
    assert (failed.status, failed.content, failed.details["error"]["code"]) == ("failed", "", "internal")
    say(desk, session, "Two")
    assert [message.role for message in desk.model.requests[-1].messages] == ["system", "user"]


def test_the_session_s_settings_reach_the_model_and_a_question_s_own_go_before(desk: Desk, db: Database) -> None:
    wishes = {"temperature": 0.0, "max_tokens": 7, "mode": "plain"}
    made = db.write(lambda tx: create_session(tx, 1, title="", words="", workspace="home", settings=wishes, now=0.0))
    say(desk, made, "One")
    say(desk, made, "Two", temperature=1.5)
    seen = [(one.temperature, one.max_tokens, one.messages[-1].content) for one in desk.model.requests]
    assert seen == [(0.0, 7, "One"), (1.5, 7, "Two")]


# --- one transaction, one end ----------------------------------------------------------------------------------------


def test_a_refused_question_leaves_nothing(desk: Desk, session: Session) -> None:
    ask(desk, session)
    with pytest.raises(Conflict) as error:
        ask(desk, session, "And then?")
    assert error.value.field == "parent"
    assert len(messages(desk, session)) == 2
    assert desk.queue.count_queued(1, "answer") == 1


@pytest.mark.parametrize("shown", [[], [Event("delta", {"text": "It starts"})]])
def test_a_crash_ends_question_and_answer_as_it_ends_the_run(desk: Desk, session: Session, shown: list[Event]) -> None:
    run = ask(desk, session)
    desk.crash(run, *shown)
    desk.model.queue("At 4.2 bar [1].")

    async def go_on() -> None:
        async with desk.working():
            await read(desk.streams, run)

    asyncio.run(go_on())
    question, answer = messages(desk, session)
    ended = get_run(desk.db, 1, run.id)
    assert ended.message is not None
    assert answer.shown() == ended.message
    assert (answer.status, answer.content) == (
        ("interrupted", "It starts") if shown else ("finished", "At 4.2 bar [1].")
    )
    assert (question.content, answer.parent) == ("When?", question.id)


def test_a_waiting_answer_that_is_stopped_is_stopped_in_the_session_too(desk: Desk, session: Session) -> None:
    run = ask(desk, session)
    desk.answers.stop(1, run.id)
    assert messages(desk, session)[-1].status == "stopped"


def test_order_does_not_follow_a_clock_that_is_set_back(desk: Desk, session: Session, clock: Clock) -> None:
    say(desk, session, "One")
    clock.advance(-1e6)
    say(desk, session, "Two")
    other = desk.db.write(lambda tx: create_session(tx, 1, title="", words="", workspace="home", settings={}, now=0.0))
    assert [one.content for one in messages(desk, session) if one.role == "user"] == ["One", "Two"]
    assert [one.id for one in list_sessions(desk.db, 1, before=None, limit=5)] == [other.id, session.id]


def test_changes_of_two_tabs_at_once_are_both_kept(desk: Desk, session: Session) -> None:
    chats = Chats(desk.db, Path("/nowhere"), open_model=lambda name: desk.model, clock=desk.clock)
    changes: list[dict[str, Any]] = [
        {"title": "Pumps"},
        {"settings": {"temperature": 1.0}},
        {"settings": {"mode": "plain"}},
        {"settings": {"max_tokens": 9}},
    ]
    with ThreadPoolExecutor(4) as tabs:
        list(tabs.map(lambda change: chats.change(1, session.id, **change), changes))
    found = get_session(desk.db, 1, session.id)
    assert (found.title, found.settings) == ("Pumps", {"temperature": 1.0, "mode": "plain", "max_tokens": 9})


# --- forgetting ------------------------------------------------------------------------------------------------------


def test_a_forgotten_run_is_told_by_its_message_and_its_key_still_starts_nothing(desk: Desk, session: Session) -> None:
    run = say(desk, session, "When?", idempotency_key="k")
    forget_old(desk)
    assert desk.queue.jobs(1) == []
    again = ask(desk, session, "When?", idempotency_key="k")
    assert (again.id, again.state, again.message) == (run.id, "finished", run.message)
    seen = asyncio.run(read(desk.streams, run))
    assert names(seen) == ["snapshot"] and seen[0][1].data["message"] == run.message
    with pytest.raises(Conflict):
        ask(desk, session, "Something else?", idempotency_key="k")


def test_a_run_whose_journal_is_kept_is_not_forgotten(desk: Desk, session: Session) -> None:
    run = say(desk, session, "When?")
    assert forget_runs(desk.db, in_sessions_before=MUCH_LATER, others_before=MUCH_LATER, deleted_before=MUCH_LATER) == 0
    assert get_run(desk.db, 1, run.id).job == run.job


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_deleted_session_leaves_nothing(desk: Desk, session: Session) -> None:
    run = say(desk, session, "Where is the valve?")
    assert found(desk, "valve") == [session.id]
    assert delete_session(desk.db, session) == []
    forget_runs(desk.db, in_sessions_before=0.0, others_before=0.0, deleted_before=MUCH_LATER)
    for lost in (lambda: get_session(desk.db, 1, session.id), lambda: get_run(desk.db, 1, run.id)):
        with pytest.raises(NotFound):
            lost()
    for table in ("message", "run", "run_event", "job", "session_words"):
        assert desk.db.read(f"SELECT 1 FROM {table}") == [], table


def test_an_answer_under_way_survives_the_end_of_its_session(desk: Desk, session: Session) -> None:
    async def test() -> str:
        desk.model.queue("It starts ", 0.05, "at 4.2 bar [1].")
        run = ask(desk, session)
        async with desk.working():
            await read(desk.streams, run, until=4)
            await asyncio.to_thread(delete_session, desk.db, session)
            seen = await read(desk.streams, run, after=(1, 4))
        return seen[-1][1].name

    assert asyncio.run(test()) == "finished"
    assert desk.db.read("SELECT 1 FROM message") == []


def test_what_a_broken_off_deletion_left_goes_at_the_next_start(desk: Desk, session: Session) -> None:
    say(desk, session, "When?")
    desk.db.write(lambda tx: tx.execute("DELETE FROM session WHERE id = ?", (session.id,)))
    assert delete_orphans(desk.db)
    assert not delete_orphans(desk.db)
    assert desk.db.read("SELECT 1 FROM message") == []


def test_a_session_is_its_owner_s_alone(desk: Desk, session: Session, stranger: int) -> None:
    run = say(desk, session, "Where is the valve?")
    with pytest.raises(NotFound):
        get_session(desk.db, stranger, session.id)
    with pytest.raises(NotFound):
        get_message(desk.db, stranger, session.id, run.id)
    with pytest.raises(NotFound):
        desk.answers.start(stranger, Ask("When?", session=session.id))
    assert find_sessions(desk.db, stranger, ["valv"], before=None, limit=10) == []
    assert list_messages(desk.db, stranger, session.id) == []


# --- finding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["valve", "VALVES", "밸브", "밸브는", "펌", "retry_later", "4.2", "펌프 압력", "--dry-run"]
)
def test_words_of_questions_and_answers_are_found(desk: Desk, session: Session, query: str) -> None:
    say(
        desk,
        session,
        "밸브는 어디에 있나요? Where is the valve, retry_later --dry-run?",
        "펌프 옆입니다, 압력 4.2 bar.",
    )

    assert found(desk, query) == [session.id]


def test_sessions_are_found_newest_first_and_page_by_page(desk: Desk, db: Database) -> None:
    made = [
        db.write(
            lambda tx, n=n: create_session(
                tx, 1, title=f"Valve {n}", words=f"valv {n}", workspace="home", settings={}, now=0.0
            )
        )
        for n in range(5)
    ]
    first = find_sessions(db, 1, ["valv"], before=None, limit=3)
    rest = find_sessions(db, 1, ["valv"], before=first[-1][0].number, limit=3)
    assert [one.id for one, _ in [*first, *rest]] == [one.id for one in reversed(made)]
    assert {ordinal for _, ordinal in first} == {0}


def test_a_title_is_the_first_line_of_the_question_cut_between_words() -> None:
    assert title_of("  When does\tit start?\nSay more.") == "When does it start?"
    assert title_of("word " * 30).endswith("word …") and len(title_of("word " * 30)) <= 62
    assert title_of("가" * 100) == "가" * 60 + " …"
