"""Users, their sign-ins, keys and wrong passwords, as the store keeps them."""

from __future__ import annotations

import pytest

from ibidem.errors import BadInput, Busy, Conflict, NotFound
from ibidem.store.attempts import FREE_FAILURES, LONGEST_DELAY_S, begin_attempt, delay_s, forget_attempts, succeed
from ibidem.store.database import Database
from ibidem.store.keys import MAX_KEYS, create_key, delete_key, find_key, key_counts, list_keys, touch_key
from ibidem.store.logins import (
    IDLE_S,
    LIFETIME_S,
    TOUCH_S,
    create_login,
    delete_login,
    end_login,
    end_logins,
    find_login,
    forget_logins,
    list_logins,
    login_counts,
    touch_login,
)
from ibidem.store.users import any_password, change_user, create_user, find_user, list_users, password_hash_of
from ibidem.store.workspaces import LOCAL_OWNER, ensure_homes, list_workspaces
from tests.conftest import Clock


def everything_in(db: Database, table: str) -> str:
    return str([tuple(row) for row in db.read(f"SELECT * FROM {table}")])


# --- users -----------------------------------------------------------------------------------------------------------


def test_a_user_is_found_however_the_name_is_written_and_is_there_once(db: Database) -> None:
    user = create_user(db, "  Ｍinji Straße ", 5.0)
    assert (user.name, user.role, user.has_password, user.disabled) == ("Ｍinji Straße", "member", False, False)
    assert find_user(db, "minji STRASSE") == user
    with pytest.raises(Conflict) as error:
        create_user(db, "MINJI strasse", 6.0)
    assert error.value.field == "username"


def test_a_korean_name_is_one_composed_and_decomposed(db: Database) -> None:
    user = create_user(db, "\u1106\u1175\u11ab\u110c\u1175", 0.0)  # 민지 as macOS writes it
    assert user.name == "민지" and find_user(db, "민지") == user


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00", "x" * 61, "\u200b", "a\u202eb"])
def test_a_name_that_cannot_be_shown_is_refused(db: Database, name: str) -> None:
    with pytest.raises(BadInput):
        create_user(db, name, 0.0)


def test_every_user_has_a_home_also_one_who_came_by_another_way(db: Database, stranger: int) -> None:
    user = create_user(db, "minji", 0.0)
    assert [workspace.slug for workspace in list_workspaces(db, user.id)] == ["home"]
    ensure_homes(db, 1.0)
    ensure_homes(db, 2.0)
    for one in (LOCAL_OWNER, stranger, user.id):
        assert [workspace.slug for workspace in list_workspaces(db, one)] == ["home"]


def test_a_disabled_user_has_no_password_that_counts_and_keeps_everything(db: Database) -> None:
    user = create_user(db, "minji", 0.0, password_hash="hash")
    assert any_password(db) and password_hash_of(db, user.id) == "hash"
    assert change_user(db, user, disabled=True).disabled
    assert not any_password(db) and password_hash_of(db, user.id) is None
    assert [workspace.slug for workspace in list_workspaces(db, user.id)] == ["home"]
    assert not change_user(db, user, disabled=False).disabled
    assert password_hash_of(db, user.id) == "hash"


def test_a_change_leaves_what_it_does_not_name(db: Database) -> None:
    user = change_user(db, create_user(db, "minji", 0.0, role="admin"), password_hash="new")
    assert (user.role, user.disabled, password_hash_of(db, user.id)) == ("admin", False, "new")
    assert change_user(db, user, role="member").role == "member"


def test_the_machines_owner_stays_an_admin(db: Database) -> None:
    local = list_users(db)[0]
    assert (local.id, local.name) == (LOCAL_OWNER, "local")
    for change in ({"disabled": True}, {"role": "member"}):
        with pytest.raises(Conflict):
            change_user(db, local, **change)  # type: ignore[arg-type]
    assert change_user(db, local, password_hash="hash").has_password


# --- sign-ins --------------------------------------------------------------------------------------------------------


def test_a_sign_in_is_stored_as_its_hash_and_runs_out(db: Database) -> None:
    cookie = create_login(db, 1, 100.0)
    found = find_login(db, cookie, 100.0, by_name=True)
    assert found is not None and (found.owner, found.role) == (1, "admin")
    assert find_login(db, cookie + "x", 100.0, by_name=True) is None
    assert cookie not in everything_in(db, "login")


def test_a_sign_in_ends_after_two_weeks_unused_and_after_ninety_days_in_any_case(db: Database, clock: Clock) -> None:
    used, unused = create_login(db, 1, clock()), create_login(db, 1, clock())
    began = clock()
    while clock() - began < LIFETIME_S - IDLE_S:
        clock.advance(IDLE_S - 1)
        found = find_login(db, used, clock(), by_name=True)
        assert found is not None
        touch_login(db, found, clock())
        db.write(lambda tx: None)  # the writer does one thing after the other
        assert find_login(db, unused, clock() + 1, by_name=True) is None
    clock.now = began + LIFETIME_S
    assert find_login(db, used, clock(), by_name=True) is None


def test_a_use_is_written_down_once_a_minute(db: Database) -> None:
    cookie = create_login(db, 1, 100.0)
    for now, written in ((100.0 + TOUCH_S, 100.0), (101.0 + TOUCH_S, 101.0 + TOUCH_S)):
        found = find_login(db, cookie, now, by_name=True)
        assert found is not None
        touch_login(db, found, now)
        db.write(lambda tx: None)
        assert list_logins(db, 1, now)[0].used_at == written


def test_a_profile_picked_by_name_alone_does_not_count_where_passwords_are_asked_for(db: Database) -> None:
    cookie = create_login(db, 1, 100.0, proof="name")
    assert find_login(db, cookie, 100.0, by_name=True) is not None
    assert find_login(db, cookie, 100.0, by_name=False) is None
    assert find_login(db, create_login(db, 1, 100.0, proof="password"), 100.0, by_name=False) is not None


def test_a_disabled_users_sign_ins_do_not_count_until_he_is_enabled(db: Database) -> None:
    user = create_user(db, "minji", 0.0)
    cookie = create_login(db, user.id, 100.0)
    login = find_login(db, cookie, 100.0, by_name=True)
    assert login is not None and login_counts(db, login.id, user.id)
    change_user(db, user, disabled=True)
    assert find_login(db, cookie, 100.0, by_name=True) is None and not login_counts(db, login.id, user.id)
    change_user(db, user, disabled=False)
    assert find_login(db, cookie, 100.0, by_name=True) is not None


def test_sign_ins_are_listed_and_ended_by_their_owner_or_an_admin(db: Database, stranger: int) -> None:
    cookie = create_login(db, stranger, 100.0, proof="password", address="10.0.0.7", agent="Browser/1.0 " * 100)
    (login,) = list_logins(db, stranger, 100.0)
    assert (login.proof, login.address, login.created_at) == ("password", "10.0.0.7", 100.0)
    assert login.agent.startswith("Browser/1.0") and len(login.agent) == 200
    with pytest.raises(NotFound):
        end_login(db, login.id, owner=1)
    assert end_login(db, login.id, owner=None) == stranger
    assert find_login(db, cookie, 100.0, by_name=True) is None and not login_counts(db, login.id, stranger)
    with pytest.raises(NotFound):
        end_login(db, login.id, owner=stranger)


def test_all_sign_ins_but_one_are_ended(db: Database, stranger: int) -> None:
    cookies = [create_login(db, 1, 100.0) for _ in range(3)]
    theirs = create_login(db, stranger, 100.0)
    kept = find_login(db, cookies[0], 100.0, by_name=True)
    assert kept is not None
    assert len(end_logins(db, 1, but=kept.id)) == 2
    assert [find_login(db, cookie, 100.0, by_name=True) is not None for cookie in [*cookies, theirs]] == [
        True,
        False,
        False,
        True,
    ]


def test_what_has_run_out_is_forgotten_and_a_cookie_is_given_back(db: Database) -> None:
    old, idle = create_login(db, 1, 0.0), create_login(db, 1, LIFETIME_S - IDLE_S)
    fresh = create_login(db, 1, LIFETIME_S)
    forget_logins(db, LIFETIME_S)
    assert len(db.read("SELECT 1 FROM login")) == 1
    assert delete_login(db, old) is None and delete_login(db, idle) is None
    assert delete_login(db, fresh) is not None
    assert find_login(db, fresh, LIFETIME_S, by_name=True) is None


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_stored_as_its_hash(db: Database) -> None:
    key, text = create_key(db, 1, "script", ["read", "chat"], 100.0)
    assert text.startswith("ibd_") and len(text) >= 4 + 43
    assert text not in everything_in(db, "api_key") and text[4:] not in everything_in(db, "api_key")
    assert (key.scopes, key.expires_at, key.used_at) == (("chat", "read"), None, None)
    found = find_key(db, text, 100.0)
    assert found is not None and (found.id, found.owner, found.scopes) == (key.id, 1, "chat read")
    assert find_key(db, text + "x", 100.0) is None


def test_a_key_expires_and_its_last_use_is_kept(db: Database) -> None:
    key, text = create_key(db, 1, "script", ["read"], 100.0, expires_at=200.0)
    found = find_key(db, text, 199.0)
    assert found is not None and key_counts(db, key.id, 1, 199.0)
    touch_key(db, found, 199.0)
    db.write(lambda tx: None)
    assert list_keys(db, 1)[0].used_at == 199.0
    assert find_key(db, text, 200.0) is None and not key_counts(db, key.id, 1, 200.0)


def test_a_disabled_users_keys_do_not_count(db: Database) -> None:
    user = create_user(db, "minji", 0.0)
    key, text = create_key(db, user.id, "script", ["read"], 100.0)
    change_user(db, user, disabled=True)
    assert find_key(db, text, 100.0) is None and not key_counts(db, key.id, user.id, 100.0)


def test_another_users_key_is_not_deleted(db: Database, stranger: int) -> None:
    key, text = create_key(db, 1, "script", ["read"], 100.0)
    with pytest.raises(NotFound):
        delete_key(db, key.id, owner=stranger)
    assert list_keys(db, stranger) == [] and find_key(db, text, 100.0) is not None
    assert delete_key(db, key.id, owner=None) == 1
    assert find_key(db, text, 100.0) is None


def test_a_key_that_opens_nothing_or_is_over_already_is_refused(db: Database) -> None:
    for name, scopes, expires_at in (("", ["read"], None), ("x", [], None), ("x", ["read"], 100.0)):
        with pytest.raises(BadInput):
            create_key(db, 1, name, scopes, 100.0, expires_at=expires_at)  # type: ignore[arg-type]


def test_keys_are_bounded(db: Database) -> None:
    for number in range(MAX_KEYS):
        create_key(db, 1, f"k{number}", ["read"], 1.0)
    with pytest.raises(Conflict):
        create_key(db, 1, "one more", ["read"], 1.0)


# --- wrong passwords -------------------------------------------------------------------------------------------------


def test_five_failures_are_free_then_each_doubles_the_wait_up_to_five_minutes(db: Database, clock: Clock) -> None:
    for _ in range(FREE_FAILURES):
        begin_attempt(db, "minji", "10.0.0.7", clock())
    waits = []
    for _ in range(12):
        with pytest.raises(Busy) as error:
            begin_attempt(db, "Minji", "10.0.0.7", clock())
        waits.append(error.value.retry_after_s - 1)
        clock.advance(waits[-1])
        begin_attempt(db, "minji", "10.0.0.7", clock())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert delay_s(10_000) == LONGEST_DELAY_S


def test_failures_count_by_name_and_address(db: Database) -> None:
    for _ in range(FREE_FAILURES):
        begin_attempt(db, "minji", "10.0.0.7", 0.0)
    begin_attempt(db, "minji", "10.0.0.8", 0.0)
    begin_attempt(db, "jun", "10.0.0.7", 0.0)
    with pytest.raises(Busy):
        begin_attempt(db, "minji", "10.0.0.7", 0.0)


def test_a_right_password_forgets_the_wrong_ones(db: Database) -> None:
    for _ in range(FREE_FAILURES):
        begin_attempt(db, "minji", "10.0.0.7", 0.0)
    succeed(db, "MINJI", "10.0.0.7")
    begin_attempt(db, "minji", "10.0.0.7", 0.0)


def test_a_clock_set_back_makes_no_wait_longer_than_five_minutes(db: Database) -> None:
    for _ in range(20 + FREE_FAILURES):
        db.write(lambda tx: tx.execute("UPDATE login_failure SET failed_at = 0"))
        begin_attempt(db, "minji", "10.0.0.7", 1e6)
    with pytest.raises(Busy) as error:
        begin_attempt(db, "minji", "10.0.0.7", 1e3)
    assert error.value.retry_after_s <= LONGEST_DELAY_S + 1


def test_old_failures_are_forgotten(db: Database) -> None:
    begin_attempt(db, "minji", "10.0.0.7", 0.0)
    begin_attempt(db, "jun", "10.0.0.7", 86_000.0)
    forget_attempts(db, 86_400.0)
    assert [row["name_key"] for row in db.read("SELECT name_key FROM login_failure")] == ["jun"]
