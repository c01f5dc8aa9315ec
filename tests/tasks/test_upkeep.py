"""The loops beside jobs go on, whatever happens in one round."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from ibidem.store.database import Database
from ibidem.store.messages import list_messages
from ibidem.store.runs import get_run
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.tasks import upkeep
from ibidem.tasks.asking import Ask
from ibidem.tasks.images import Picture
from tests.tasks.room import Room


def test_indexing_outlives_a_folder_that_goes_meanwhile(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    upkeep, rounds = room.app.upkeep, []

    async def main() -> None:
        again = asyncio.Event()
        loop = asyncio.get_running_loop()

        def replay_all() -> None:
            rounds.append(1)
            if len(rounds) == 1:
                loop.call_soon_threadsafe(upkeep.index_changed)
                raise FileNotFoundError("index/7")
            loop.call_soon_threadsafe(again.set)

        monkeypatch.setattr(room.app.indexes, "replay_all", replay_all)
        running = asyncio.create_task(upkeep.index())
        async with asyncio.timeout(20):
            await again.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert len(rounds) > 1


def test_an_old_run_of_a_session_goes_with_its_job_and_its_journal_while_its_answer_stays(room: Room) -> None:
    app = room.app
    session = app.chats.create(LOCAL_OWNER)
    run = app.answers.start(LOCAL_OWNER, Ask("When?", session=session.id, model="quotes"))
    app.answers.stop(LOCAL_OWNER, run.id)
    app.db.write(lambda tx: tx.execute("UPDATE run SET ended_at = 1"))
    app.db.write(lambda tx: tx.execute("UPDATE run_event SET written_at = 1"))

    async def main() -> None:
        running = asyncio.create_task(app.upkeep.tidy(lambda: None))
        async with asyncio.timeout(20):
            while app.db.read("SELECT 1 FROM run UNION ALL SELECT 1 FROM job UNION ALL SELECT 1 FROM run_event"):
                await asyncio.sleep(0.01)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert get_run(app.db, LOCAL_OWNER, run.id).state == "stopped"
    assert [one.status for one in list_messages(app.db, LOCAL_OWNER, session.id)] == ["finished", "stopped"]


def test_images_of_messages_are_kept_at_the_start_and_files_of_nobody_go(room: Room) -> None:
    app = room.app
    session = app.chats.create(LOCAL_OWNER)
    image = Picture("gauge.png", b"\x89PNG\r\n\x1a\n")
    app.answers.start(LOCAL_OWNER, Ask("What is it?", session=session.id, model="quotes", attachments=[image]))
    (app.data.files / "nobodys").write_bytes(b"left by a crash")
    [kept] = [path.name for path in app.data.files.iterdir() if path.name != "nobodys"]

    async def main() -> None:
        running = asyncio.create_task(app.upkeep.tidy(lambda: None))
        async with asyncio.timeout(20):
            while (app.data.files / "nobodys").exists():
                await asyncio.sleep(0.01)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert (app.data.files / kept).read_bytes() == image.content


def test_a_file_that_comes_while_the_start_sweeps_is_not_taken_for_nobodys(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = room.app.data.files
    (files / "nobodys").write_bytes(b"left by a crash")

    def meanwhile(_: Database) -> bool:
        (files / "coming").write_bytes(b"an upload whose row follows")
        return False

    monkeypatch.setattr(upkeep, "delete_orphans", meanwhile)

    async def main() -> None:
        running = asyncio.create_task(room.app.upkeep.tidy(lambda: None))
        async with asyncio.timeout(20):
            while (files / "nobodys").exists():
                await asyncio.sleep(0.01)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert [path.name for path in files.iterdir()] == ["coming"]


def test_a_question_that_comes_while_its_session_is_deleted_is_stopped(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, late = room.app, []
    session = app.chats.create(LOCAL_OWNER)
    delete = app.chats.delete

    def asked_just_before(owner: int, session_id: str) -> None:
        late.append(app.answers.start(owner, Ask("When?", session=session_id, model="quotes")))
        delete(owner, session_id)

    monkeypatch.setattr(app.chats, "delete", asked_just_before)
    asyncio.run(app.jobs.delete_session(LOCAL_OWNER, session.id))
    assert get_run(app.db, LOCAL_OWNER, late[0].id).state == "stopped"
