"""Mode and template -> the messages that every prompt of a conversation begins with, and so what an engine keeps longest."""

from __future__ import annotations

from typing import Any

from ibidem.chat.prompt import system_text
from ibidem.chat.template import Filled
from ibidem.chat.turns import Count, tokens_of
from ibidem.errors import ContextTooLong
from ibidem.models.base import ChatMessage
from ibidem.types import Mode

HEAD_SHARE = 1 / 4  # of the window: with more above it, question, passages and answer would want room
MOST_SHARE = 1 / 2


def head_of(
    template: Filled, mode: Mode, window: int, count: Count
) -> tuple[tuple[ChatMessage, ...], list[dict[str, Any]]]:
    """The system message and the template's pairs, and what was left out of these.

    The last pairs go first, until all takes a quarter of the window: the same window always begins the same way. Raises
    ContextTooLong for a system text that takes half of it.
    """
    own = system_text(mode, template.system, in_questions_language=template.in_questions_language)
    system = ChatMessage("system", own)
    if template.system and tokens_of([system], count) > MOST_SHARE * window:
        raise ContextTooLong(
            f"the template's text takes more than half of the model's {window:,} tokens",
            hint="shorten the template, or load the model with a longer window",
        )
    shots = template.shots()
    while shots and tokens_of([system, *shots], count) > HEAD_SHARE * window:
        del shots[-2:]
    dropped = len(template.examples) - len(shots) // 2
    return (system, *shots), [{"examples": dropped, "reason": "window"}] if dropped else []
