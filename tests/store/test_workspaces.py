"""Workspaces have names and slugs; sources stand in them; runs and sign-ins belong to one owner."""

from __future__ import annotations

import os
import re
import unicodedata

import pytest

from ibidem.errors import BadInput, Conflict, NotFound, UnknownWorkspace
from ibidem.jobs.sqlite import SqliteQueue
from ibidem.store.database import Database
from ibidem.store.removal import delete_workspace
from ibidem.store.runs import begin_attempt, end_run, get_run, read_events, run_by_key, write_events
from ibidem.store.slug import slugify
from ibidem.store.workspaces import (
    Workspace,
    add_source,
    all_sources,
    create_workspace,
    ensure_home,
    get_source,
    get_workspace,
    list_sources,
    list_workspaces,
    rename_workspace,
    shown_path,
)
from ibidem.types import Event
from tests.jobs.runs import new_run

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Team Notes", "team-notes"),
        ("휴가 규정", "hyuga-gyujeong"),
        ("한글 문서 2024", "hangeul-munseo-2024"),
        (unicodedata.normalize("NFD", "휴가 규정"), "hyuga-gyujeong"),
        ("Café Ünïcode", "cafe-unicode"),
        ("  --a__b--  ", "a-b"),
        ("ＡＢＣ１", "abc1"),
        ("x" * 60, "x" * 40),
        ("a" * 39 + " b", "a" * 39),
        ("日本語", ""),
        ("🦊", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug
    assert not slug or SLUG.fullmatch(slug)


def test_a_name_that_cannot_be_written_in_latin_letters_gets_a_number(db: Database) -> None:
    workspace = create_workspace(db, 1, "日本語", 0.0)
    assert workspace.slug == f"ws-{workspace.id}"
    assert get_workspace(db, 1, workspace.slug).name == "日本語"


def test_such_a_number_cannot_be_taken_by_a_name(db: Database) -> None:
    first = create_workspace(db, 1, "日本語", 0.0)
    with pytest.raises(Conflict):
        create_workspace(db, 1, f"ws {first.id + 1}", 0.0)
    assert create_workspace(db, 1, "🦊", 0.0).slug == f"ws-{first.id + 1}"


@pytest.mark.parametrize("name", ["plain", "Latest", " PLAIN "])
def test_some_names_are_reserved(db: Database, name: str) -> None:
    with pytest.raises(Conflict, match="reserved"):
        create_workspace(db, 1, name, 0.0)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_must_be_there_and_not_endless(db: Database, home: Workspace, name: str) -> None:
    for write in (lambda: create_workspace(db, 1, name, 0.0), lambda: rename_workspace(db, home, name)):
        with pytest.raises(BadInput) as error:
            write()
        assert error.value.field == "name"


def test_a_slug_is_taken_once_an_owner(db: Database, home: Workspace, stranger: int) -> None:
    mine = create_workspace(db, 1, "Team Notes", 0.0)
    with pytest.raises(Conflict, match="team-notes"):
        create_workspace(db, 1, "team  notes", 0.0)
    theirs = create_workspace(db, stranger, "Team Notes", 0.0)
    assert mine.slug == theirs.slug and mine.id != theirs.id
    assert [workspace.slug for workspace in list_workspaces(db, 1)] == ["home", "team-notes"]
    assert get_workspace(db, stranger, "team-notes").id == theirs.id


def test_an_unknown_workspace_is_told_with_those_there_are(db: Database, home: Workspace, stranger: int) -> None:
    create_workspace(db, stranger, "Private", 0.0)
    with pytest.raises(UnknownWorkspace) as error:
        get_workspace(db, 1, "private")
    assert "home" in error.value.hint and "private" not in error.value.hint


def test_a_new_name_keeps_the_slug(db: Database) -> None:
    workspace = create_workspace(db, 1, "Old", 0.0)
    rename_workspace(db, workspace, "새 이름")
    assert get_workspace(db, 1, "old").name == "새 이름"


def test_home_is_there_once_and_stays(db: Database, home: Workspace) -> None:
    ensure_home(db, 1, 5.0)
    assert [workspace.slug for workspace in list_workspaces(db, 1)] == ["home"]
    with pytest.raises(Conflict):
        delete_workspace(db, home)


def test_the_number_of_a_deleted_workspace_is_never_used_again(db: Database, home: Workspace) -> None:
    first = create_workspace(db, 1, "A", 0.0)
    delete_workspace(db, first)
    assert create_workspace(db, 1, "A", 0.0).id > first.id


# --- sources ---------------------------------------------------------------------------------------------------------


def test_adding_a_source_again_gives_the_same_one(db: Database, home: Workspace) -> None:
    first = db.write(lambda tx: add_source(tx, home, b"/books", watch=True, now=0.0))
    again = db.write(lambda tx: add_source(tx, home, b"/books", watch=False, now=1.0))
    assert again.id == first.id and not again.watch
    assert list_sources(db, home) == [again] == all_sources(db)


def test_a_folder_may_stand_in_two_workspaces(db: Database, home: Workspace) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    sources = [
        db.write(lambda tx, one=one: add_source(tx, one, b"/books", watch=True, now=0.0)) for one in (home, other)
    ]
    assert sources[0].id != sources[1].id
    assert list_sources(db, other) == [sources[1]]


def test_another_owners_source_is_not_found(db: Database, home: Workspace, stranger: int) -> None:
    source = db.write(lambda tx: add_source(tx, home, b"/books", watch=True, now=0.0))
    with pytest.raises(NotFound):
        get_source(db, stranger, source.id)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"/books/a.md", "/books/a.md"),
        (unicodedata.normalize("NFD", "/책/휴가.md").encode(), "/책/휴가.md"),
        (b"/odd\xff.txt", "/odd\\xff.txt"),
        (b"/new\nline", "/new\\x0aline"),
        ("/right\u202eto left".encode(), "/right\\xe2\\x80\\xaeto left"),
    ],
)
def test_a_path_is_shown_readable_and_on_one_line(raw: bytes, shown: str) -> None:
    assert shown_path(raw) == shown
    assert shown_path(os.fsencode(os.fsdecode(raw))) == shown


# --- runs and sign-ins -----------------------------------------------------------------------------------------------


def test_a_run_ends_once(db: Database, home: Workspace) -> None:
    run = new_run(db, SqliteQueue(db), home.id)
    assert begin_attempt(db, run) == 1

    def end(state: str) -> bool:
        return db.write(lambda tx: end_run(tx, run, state, attempt=1, message={"content": state}, error=None, now=5.0))

    assert end("finished")
    assert not end("failed")
    stored = get_run(db, 1, run.id)
    assert (stored.state, stored.message, stored.ended_at) == ("finished", {"content": "finished"}, 5.0)


def test_the_journal_is_read_behind_any_number(db: Database, home: Workspace) -> None:
    run = new_run(db, SqliteQueue(db), home.id)
    for attempt, first, count in ((1, 1, 3), (1, 4, 1), (2, 1, 2), (10, 1, 1)):
        events = [Event("delta", {"text": f"{attempt}.{first + number}"}) for number in range(count)]
        db.write(lambda tx, a=attempt, f=first, e=events: write_events(tx, run, a, f, e, 0.0))  # type: ignore[misc]
    numbers = [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (10, 1)]
    for after in [(0, 0), *numbers, (1, 99), (3, 0), (99, 0)]:
        seen = read_events(db, 1, run.id, after=after)
        assert [number for number, _ in seen] == [number for number in numbers if number > after]
        assert all(event.data["text"] == f"{number[0]}.{number[1]}" for number, event in seen)


def test_another_owners_run_is_not_found(db: Database, home: Workspace, stranger: int) -> None:
    run = new_run(db, SqliteQueue(db), home.id)
    db.write(lambda tx: write_events(tx, run, 1, 1, [Event("delta", {"text": "secret"})], 0.0))
    with pytest.raises(NotFound):
        get_run(db, stranger, run.id)
    assert read_events(db, stranger, run.id) == []
    assert run_by_key(db, stranger, "k") is None
