"""The turns before a question, as a request may carry them, in the words of retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from ibidem.retrieve.followup import MAX_ANSWER_CHARS, MAX_TURNS, Turn


class Earlier(BaseModel):
    question: str = Field(max_length=8_000)
    answer: str = Field("", max_length=64_000)


History = Annotated[list[Earlier], Field(max_length=10, description="earlier turns, oldest first")]


def turns(history: Sequence[Earlier]) -> list[Turn]:
    """The turns that a question may lean on."""
    return [Turn(one.question, one.answer[:MAX_ANSWER_CHARS]) for one in history[-MAX_TURNS:]]
