"""Passages as an answer may cite them, without an index."""

from __future__ import annotations

from ibidem.types import Passage, Span


def passage(number: int, text: str, *, line: int = 1, heading: str = "") -> Passage:
    span = Span(0, len(text), line, line + text.strip("\n").count("\n"))
    return Passage(number, f"d{number}", "p.md", "p.md", text, span, heading, 1.0)


PUMPS = passage(
    1,
    "The main pump starts at 3.8 bar.\nThe reserve pump starts at 4.2 bar.\nNobody opens valve V7 while it runs.",
    line=3,
)
LEAVE = passage(2, "쓰지 않은 연차는 최대 7일까지 이월한다. 이월분은 3월 31일까지 사용한다. 배유나가 승인한다.", line=9)
TANKS = passage(3, "\n\nTanks hold 100 litres.\n", line=20)
PASSAGES = [PUMPS, LEAVE, TANKS]
