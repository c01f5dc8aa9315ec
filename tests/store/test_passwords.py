"""Which passwords are taken, and that their hashes tell right from wrong."""

from __future__ import annotations

from importlib.resources import files

import pytest

from ibidem.errors import BadInput
from ibidem.store.passwords import MIN_CHARS, OF_NOBODY, check_password, hash_password, is_password

GOOD = "correct pump battery nine"


def test_a_hash_tells_its_password_from_others_and_hides_it() -> None:
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert first.startswith("$argon2id$v=19$m=47104,t=1,p=1$") and first != second and GOOD not in first
    assert is_password(GOOD, first) and is_password(GOOD, second)
    assert not is_password(GOOD + " ", first) and not is_password("", first)


def test_a_user_who_is_not_there_costs_the_same_and_never_enters() -> None:
    assert OF_NOBODY.split("$")[:4] == hash_password(GOOD).split("$")[:4]
    for nobody in (None, "no hash"):
        assert not is_password(GOOD, nobody)


def test_a_korean_password_is_one_however_the_system_writes_it() -> None:
    assert is_password("\u1112\u1161\u11ab 펌프는 언제 도나요", hash_password("한 펌프는 언제 도나요"))


@pytest.mark.parametrize(
    "password", [GOOD, "한 펌프는 언제 도나요", "xK7#pQ2!mZ9@", "half \ud800 a character", "🔑 under the old 🪴"]
)
def test_a_password_that_takes_guessing_is_taken(password: str) -> None:
    check_password(password)
    assert is_password(password, hash_password(password))


@pytest.mark.parametrize(
    "password",
    [
        "",
        "elevenchars",
        "x" * 1001,
        "password1234",
        "PassWord 1234",
        "비밀번호비밀번호비밀번호",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "987654321098765"[:12],
        "abcdefghijklmnop",
        "ponmlkjihgfedcba",
        "pumpspumpspumps",
    ],
)
def test_a_password_that_is_tried_first_is_refused_without_being_told(password: str) -> None:
    with pytest.raises(BadInput) as error:
        check_password(password)
    assert error.value.field == "password" and error.value.hint
    assert not password or password not in error.value.message


def test_the_list_holds_what_is_compared_with_it() -> None:
    words = files("ibidem.store").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    assert len(words) > 200 and words == sorted(set(words))
    assert all(word == word.casefold() and " " not in word for word in words)
    assert sum(len(word) >= MIN_CHARS for word in words) > 200
