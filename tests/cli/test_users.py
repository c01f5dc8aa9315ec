"""`ibidem user`: the same words with a server and without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.api.serving import Ran, run, serving
from tests.api.signing_in import PASSWORD


@pytest.fixture(params=["alone", "served"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A fresh data directory; `served`: a server runs on it."""
    with serving(tmp_path / "data") if request.param == "served" else nullcontext():
        yield tmp_path / "data"


def user(data: Path, *words: str, said: str = "") -> Ran:
    return run("user", *words, data=data, said=said)


def test_users_are_added_listed_disabled_and_enabled(data: Path) -> None:
    assert user(data, "add", "Minji", said=PASSWORD).out == "added Minji (admin)\n"  # the first with a password
    assert user(data, "add", "jun", said=f"{PASSWORD}\n").out == "added jun (member)\n"
    assert user(data, "add", "sora", "--role", "admin", said=PASSWORD).out == "added sora (admin)\n"
    assert user(data, "disable", "MINJI").code == 0
    assert user(data, "list").out.splitlines() == [
        "admin   local  (no password)",
        "admin   Minji  (disabled)",
        "member  jun",
        "admin   sora",
    ]
    assert user(data, "enable", "minji").code == 0
    listed = user(data, "list", "--json").json["items"]
    assert [(one["username"], one["role"], one["disabled"], one["has_password"]) for one in listed] == [
        ("local", "admin", False, False),
        ("Minji", "admin", False, True),
        ("jun", "member", False, True),
        ("sora", "admin", False, True),
    ]
    assert PASSWORD not in user(data, "list", "--json").out


def test_what_cannot_be_done_is_told_with_the_next_step(data: Path) -> None:
    assert user(data, "add", "minji", said=PASSWORD).code == 0
    for words, said, code, told in (
        (["add", "minji"], PASSWORD, 1, "there is a user 'minji' already"),
        (["add", "jun"], "short", 2, "12 to 1000 characters"),
        (["add", "jun"], "password1234", 2, "tried first"),
        (["add", "jun"], "", 2, "standard input holds no password"),
        (["add", "  "], PASSWORD, 2, "printable"),
        (["disable", "nobody"], "", 4, "no user 'nobody'"),
        (["password", "nobody"], PASSWORD, 4, "no user 'nobody'"),
        (["disable", "local"], "", 1, "stays an admin"),
    ):
        ran = user(data, *words, said=said)
        assert (ran.code, told in ran.err, "hint: " in ran.err) == (code, True, True), (words, ran)
        assert not said or said not in ran.err
    assert [one["username"] for one in user(data, "list", "--json").json["items"]] == ["local", "minji"]


def test_the_machines_owner_gets_a_password_too(data: Path) -> None:
    assert user(data, "password", "local", said=PASSWORD).out == "local has a new password\n"
    assert user(data, "list").out == "admin   local\n"
