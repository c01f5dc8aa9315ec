"""What a share lets its user reach, under which name, and that it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ibidem.errors import Conflict, NotEntitled, NotFound, UnknownWorkspace
from ibidem.store.database import Database
from ibidem.store.documents import get_document
from ibidem.store.listing import list_documents
from ibidem.store.removal import delete_workspace
from ibidem.store.sharing import ShareAccess, document_owner, end_share, list_shares, set_shares, shares_of
from ibidem.store.uploads import add_upload
from ibidem.store.users import User, create_user
from ibidem.store.workspaces import (
    LOCAL_OWNER,
    Workspace,
    create_workspace,
    get_workspace,
    list_workspaces,
    rename_workspace,
    workspace_by_id,
)


@pytest.fixture
def minji(db: Database) -> User:
    return create_user(db, "Minji", 0.0)


@pytest.fixture
def notes(db: Database, home: Workspace) -> Workspace:
    """A workspace of the local owner."""
    return create_workspace(db, LOCAL_OWNER, "Notes", 0.0)


@pytest.fixture
def document(db: Database, notes: Workspace) -> str:
    db.write(lambda tx: add_upload(tx, notes, "d1", "pumps.md", 5, 0.0))
    return "d1"


def test_a_shared_workspace_is_the_owners_rows_under_the_users_slug(
    db: Database, notes: Workspace, minji: User
) -> None:
    set_shares(db, notes, {minji.id: "read"}, 1.0)
    seen = get_workspace(db, minji.id, "notes")
    assert (seen.id, seen.owner, seen.slug, seen.access) == (notes.id, LOCAL_OWNER, "notes", "read")
    assert workspace_by_id(db, minji.id, notes.id) == seen
    assert [one.slug for one in list_workspaces(db, minji.id)] == ["home", "notes"]
    assert get_workspace(db, LOCAL_OWNER, "notes").access == "own"


@pytest.mark.parametrize(
    ("access", "need", "allowed"),
    [
        ("read", "read", True),
        ("read", "write", False),
        ("read", "own", False),
        ("write", "read", True),
        ("write", "write", True),
        ("write", "own", False),
    ],
)
def test_a_share_reaches_as_far_as_it_says(
    db: Database, notes: Workspace, minji: User, access: ShareAccess, need: ShareAccess, allowed: bool
) -> None:
    set_shares(db, notes, {minji.id: access}, 1.0)
    if allowed:
        assert get_workspace(db, minji.id, "notes", need=need).access == access
    else:
        with pytest.raises(NotEntitled) as error:
            get_workspace(db, minji.id, "notes", need=need)
        assert error.value.hint


def test_a_slug_that_the_user_has_already_begins_with_the_owners_name(
    db: Database, home: Workspace, notes: Workspace, minji: User
) -> None:
    create_workspace(db, minji.id, "Notes", 0.0)
    for workspace in (home, notes):
        set_shares(db, workspace, {minji.id: "read"}, 1.0)
    other = create_user(db, "Local!", 0.0)
    theirs = create_workspace(db, other.id, "Notes", 0.0)
    set_shares(db, theirs, {minji.id: "read"}, 2.0)
    assert {one.slug: one.id for one in list_workspaces(db, minji.id) if one.access == "read"} == {
        "local-home": home.id,
        "local-notes": notes.id,
        "local-notes-2": theirs.id,
    }


def test_a_long_slug_stays_a_slug(db: Database, minji: User) -> None:
    long = create_workspace(db, LOCAL_OWNER, "a" * 40, 0.0)
    create_workspace(db, minji.id, "a" * 40, 0.0)
    set_shares(db, long, {minji.id: "read"}, 1.0)
    (shared,) = [one.slug for one in list_workspaces(db, minji.id) if one.access == "read"]
    assert shared == "local-" + "a" * 34


def test_what_a_user_knows_under_a_name_never_becomes_something_else(
    db: Database, notes: Workspace, minji: User
) -> None:
    set_shares(db, notes, {minji.id: "read"}, 1.0)
    with pytest.raises(Conflict, match="notes"):
        create_workspace(db, minji.id, "Notes", 2.0)
    rename_workspace(db, notes, "Other")
    set_shares(db, notes, {minji.id: "write", create_user(db, "jun", 0.0).id: "read"}, 3.0)
    seen = get_workspace(db, minji.id, "notes")
    assert (seen.id, seen.name, seen.access) == (notes.id, "Other", "write")


def test_who_is_not_named_any_more_loses_it(db: Database, notes: Workspace, document: str, minji: User) -> None:
    jun = create_user(db, "jun", 0.0)
    set_shares(db, notes, {minji.id: "write", jun.id: "read"}, 1.0)
    assert [share.user_name for share in set_shares(db, notes, {jun.id: "read"}, 2.0)] == ["Minji"]
    assert [share.user_name for share in shares_of(db, notes)] == ["jun"]
    looks: list[Callable[[], object]] = [
        lambda: get_workspace(db, minji.id, "notes"),
        lambda: workspace_by_id(db, minji.id, notes.id),
    ]
    for look in looks:
        with pytest.raises(UnknownWorkspace):
            look()
    with pytest.raises(NotFound):
        document_owner(db, minji.id, document)
    with pytest.raises(NotFound):
        get_document(db, minji.id, document)
    assert create_workspace(db, minji.id, "Notes", 3.0).slug == "notes"


def test_a_document_is_reached_through_its_workspace_and_named_as_the_user_knows_it(
    db: Database, notes: Workspace, document: str, minji: User, stranger: int
) -> None:
    create_workspace(db, minji.id, "Notes", 0.0)
    set_shares(db, notes, {minji.id: "read"}, 1.0)
    assert document_owner(db, minji.id, document) == LOCAL_OWNER
    assert get_document(db, minji.id, document).workspace == "local-notes"
    assert get_document(db, LOCAL_OWNER, document).workspace == "notes"
    found = list_documents(db, minji.id, workspace=None, state=None, after=None, limit=10)
    assert [(one.id, one.workspace) for _, one in found] == [(document, "local-notes")]
    with pytest.raises(NotEntitled):
        document_owner(db, minji.id, document, need="write")
    set_shares(db, notes, {minji.id: "write"}, 2.0)
    assert document_owner(db, minji.id, document, need="write") == LOCAL_OWNER
    for look in (lambda: document_owner(db, stranger, document), lambda: get_document(db, stranger, document)):
        with pytest.raises(NotFound):
            look()
    assert list_documents(db, stranger, workspace=None, state=None, after=None, limit=10) == []


def test_the_owners_list_holds_a_document_once_however_many_it_is_shared_with(
    db: Database, notes: Workspace, document: str, minji: User
) -> None:
    set_shares(db, notes, {minji.id: "read", create_user(db, "jun", 0.0).id: "write"}, 1.0)
    found = list_documents(db, LOCAL_OWNER, workspace=None, state=None, after=None, limit=10)
    assert [one.id for _, one in found] == [document]


def test_a_share_is_ended_by_either_side_or_an_admin_and_by_nobody_else(
    db: Database, notes: Workspace, minji: User, stranger: int
) -> None:
    for ender in (LOCAL_OWNER, minji.id, None):
        set_shares(db, notes, {minji.id: "read"}, 1.0)
        (share,) = list_shares(db, minji.id)
        assert list_shares(db, LOCAL_OWNER) == [share] and list_shares(db, stranger) == []
        with pytest.raises(NotFound):
            end_share(db, share.id, user=stranger)
        assert end_share(db, share.id, user=ender) == share
        assert list_shares(db, minji.id) == []


def test_a_deleted_workspace_takes_its_shares_with_it(db: Database, notes: Workspace, minji: User) -> None:
    set_shares(db, notes, {minji.id: "read"}, 1.0)
    delete_workspace(db, notes)
    assert db.read("SELECT 1 FROM share") == []
    assert [one.slug for one in list_workspaces(db, minji.id)] == ["home"]
