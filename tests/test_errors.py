"""The tree of errors: drawn whole, each with a code of its own, each with a status."""

from __future__ import annotations

import re

import pytest

import ibidem.app  # noqa: F401 - errors that other parts define are known once they are loaded
from ibidem import errors
from ibidem.errors import Busy, ChildFailed, IbidemError, ModelRejected


def every(cls: type[IbidemError] = IbidemError) -> list[type[IbidemError]]:
    return [cls, *(below for child in cls.__subclasses__() for below in every(child))]


def tree() -> list[type[IbidemError]]:
    """What users may meet; a part may refine one of these for itself."""
    return [cls for cls in every() if cls.__module__ == "ibidem.errors"]


def make(cls: type[IbidemError]) -> IbidemError:
    own = {Busy: {"retry_after_s": 5}, ModelRejected: {"status": 500}, ChildFailed: {"lost": True}}.get(cls, {})
    return cls("it failed", hint="do this", **own)  # type: ignore[arg-type]


def test_an_error_with_a_code_of_its_own_stands_in_the_tree() -> None:
    assert [cls for cls in every() if cls not in tree() and "code" in vars(cls)] == []


def test_codes_are_unique() -> None:
    codes = [cls.code for cls in tree()]
    assert sorted(codes) == sorted(set(codes))
    assert all(re.fullmatch(r"[a-z_]+", code) for code in codes)


def test_the_docstring_draws_the_whole_tree() -> None:
    """Each name once, below its parent."""
    drawn: list[tuple[int, str]] = []
    parents: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│ ├└─]*)([A-Z]\w+)\b", line):
            depth, name = len(match[1]) // 4, match[2]
            if depth or name == "IbidemError":
                parents[name] = next((above for level, above in reversed(drawn) if level == depth - 1), "")
                drawn.append((depth, name))
    assert sorted(name for _, name in drawn) == sorted(cls.__name__ for cls in tree())
    for cls in tree()[1:]:
        assert parents[cls.__name__] == cls.__bases__[0].__name__


@pytest.mark.parametrize("cls", tree(), ids=lambda cls: cls.__name__)
def test_an_error_is_shown_with_code_message_and_next_step(cls: type[IbidemError]) -> None:
    assert make(cls).as_dict() == {"code": cls.code, "message": "it failed", "hint": "do this"}


def test_the_field_at_fault_is_shown_where_there_is_one() -> None:
    assert errors.BadInput("empty", field="question").as_dict()["field"] == "question"


@pytest.mark.parametrize(
    ("status", "passes"), [(400, False), (401, False), (404, False), (429, True), (500, True), (503, True)]
)
def test_a_model_servers_refusal_may_pass_when_it_is_too_busy_or_broken(status: int, passes: bool) -> None:
    assert ModelRejected("no", status=status).transient is passes
