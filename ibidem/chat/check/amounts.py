"""A number as it can be compared: a value of a dimension, with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """`value` in the base of its `dimension`: "" where it only counts; `raw` is the number as written.

    A date is year * 10000 + month * 100 + day with 0 for what is not said, a time minutes since midnight.
    `exact` is false for a time that may be of either half of the day. `worded`: written as a word, often no fact (one).
    """

    value: float
    dimension: str
    raw: float
    start: int
    end: int
    exact: bool = True
    worded: bool = False


def same(one: Number, other: Number) -> bool:
    """Whether both say the same amount; a bare number is any dimension's."""
    if one.dimension == other.dimension:
        if one.dimension == "date":
            return _same_date(int(one.value), int(other.value))
        if one.dimension == "clock" and not (one.exact and other.exact):
            return one.value % 720 == other.value % 720
        return _near(one.value, other.value)
    if {one.dimension, other.dimension} == {"s", "date"}:  # 2일: two days, or the second
        date, days = (one, other) if one.dimension == "date" else (other, one)
        return date.value % 100 == days.value / 86400 or (date.value < 1e4 and date.value % 100 == days.raw)
    if {one.dimension, other.dimension} == {"", "date"}:  # in 2019
        date, bare = (one, other) if one.dimension == "date" else (other, one)
        return bare.raw in (date.value // 10000, date.value)
    return (not one.dimension or not other.dimension) and _near(one.raw, other.raw)


def rivals(one: Number, other: Number) -> bool:
    """Whether one could stand in the other's place and says something else."""
    return one.dimension == other.dimension and not same(one, other)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other), 1e-9) or (
        abs(one - other) < 0.35 and {round(one), round(other)} in ({33}, {67})
    )


def _same_date(one: int, other: int) -> bool:
    """Parts that only one of them says are open, but one part at least must be said by both."""
    parts = [(one // 10000, other // 10000), (one // 100 % 100, other // 100 % 100), (one % 100, other % 100)]
    told = [(a, b) for a, b in parts if a and b]
    return bool(told) and all(a == b for a, b in told)
