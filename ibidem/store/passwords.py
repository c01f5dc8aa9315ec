"""Passwords: which are taken, and their argon2id hashes."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

from ibidem.errors import BadInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_CHARS, MAX_CHARS = 12, 1000
MEMORY_KIB, PASSES = 46 * 1024, 1  # OWASP's first choice for argon2id: some 0.1 s of one core
FEWEST_DIFFERENT = 5  # characters

# Of a password that nobody knows: what a wrong name costs, so that it cannot be told from a wrong password.
OF_NOBODY = "$argon2id$v=19$m=47104,t=1,p=1$e+8PdIb/OO+8H64EzFr2eQ$pEdEWMxKFRv/FBgAgKvOw788wC0xo/u6RzS4eA3GbuI"


def hash_password(password: str) -> str:
    """Takes 46 MiB and 0.1 s: in a thread, few at once. Raises BadInput for a password that is easily guessed."""
    check_password(password)
    return _hasher().hash(_canonical(password))


def is_password(password: str, password_hash: str | None) -> bool:
    """As costly as `hash_password`, also without a hash."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(password_hash or OF_NOBODY, _canonical(password[:MAX_CHARS]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def check_password(password: str) -> None:
    """Raises BadInput, without the password in it."""
    if not MIN_CHARS <= len(password) <= MAX_CHARS:
        raise BadInput(
            f"a password has {MIN_CHARS} to {MAX_CHARS} characters, not {len(password)}",
            hint="several words that do not belong together are easy to keep in mind",
            field="password",
        )
    plain = "".join(_canonical(password).casefold().split())
    if plain in _common() or len(set(plain)) < FEWEST_DIFFERENT or _is_run(plain):
        raise BadInput(
            "the password is among those that are tried first",
            hint="several words that do not belong together are harder to guess",
            field="password",
        )


def _canonical(password: str) -> str:
    """One form for what looks the same: macOS writes Korean decomposed. Half a character is kept out by its escape."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "backslashreplace").decode("utf-8")


def _is_run(text: str) -> bool:
    """123456789012, abcdefghijkl, or the same few characters again and again."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    repeats = any(text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1))
    return repeats or steps in ({1}, {-1})


@cache
def _common() -> frozenset[str]:
    return frozenset(files("ibidem.store").joinpath("common_passwords.txt").read_text("utf-8").split())


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
