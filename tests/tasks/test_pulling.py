"""How fast a download is, from what was told of it."""

from __future__ import annotations

from ibidem.tasks.pulling import Rate


def rates(*told: tuple[float, int]) -> list[float]:
    """The rate after each (seconds, bytes)."""
    now = iter(seconds for seconds, _ in told)
    rate = Rate(clock=lambda: next(now))
    return [rate.told(have) for _, have in told]


def test_the_rate_is_that_of_late_and_not_of_what_was_there_before() -> None:
    assert rates((0, 5000), (1, 5100), (2, 5300)) == [0, 100, 150]
    assert rates((0, 0), (1, 1000), (2, 2000), (20, 2000), (26, 2000))[-1] == 0


def test_another_file_begins_its_own_rate() -> None:
    assert rates((0, 0), (1, 1000), (2, 0), (3, 200)) == [0, 1000, 0, 200]
