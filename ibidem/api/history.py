"""The turns before a question, as a request may carry them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from ibidem.errors import TooLarge
from ibidem.retrieve.followup import Turn

MAX_HISTORY_CHARS = 400_000  # of all turns; some 100,000 tokens, more than most windows


class Earlier(BaseModel):
    question: str = Field(max_length=8_000)
    answer: str = Field("", max_length=64_000)


History = Annotated[list[Earlier], Field(max_length=100, description="earlier turns, oldest first")]


def turns(history: Sequence[Earlier]) -> list[Turn]:
    """The conversation so far. Raises TooLarge."""
    chars = sum(len(one.question) + len(one.answer) for one in history)
    if chars > MAX_HISTORY_CHARS:
        raise TooLarge(
            f"the history has {chars:,} characters, at most {MAX_HISTORY_CHARS:,} are taken",
            hint="leave out the oldest turns",
            field="history",
        )
    return [Turn(one.question, one.answer) for one in history]
