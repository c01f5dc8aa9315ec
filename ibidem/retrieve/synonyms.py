"""An English word -> other words that programs use for the same thing, by the table of synonyms.txt."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ibidem.index.analyze import stem


def synonyms(token: str) -> tuple[str, ...]:
    """Tokens of the groups that a token stands in, without itself; none for a word of no group."""
    return _table().get(token, ())


@cache
def groups() -> tuple[tuple[str, ...], ...]:
    """The table, in the order of its file."""
    lines = files("ibidem.retrieve").joinpath("synonyms.txt").read_text("utf-8").splitlines()
    return tuple(tuple(line.split(", ")) for line in lines if line and line[0] != "#")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group in groups():
        stems = dict.fromkeys(map(stem, group))
        for token in stems:
            found.setdefault(token, {}).update(stems)
    return {token: tuple(other for other in others if other != token) for token, others in found.items()}
