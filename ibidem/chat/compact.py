"""Turns that no longer fit -> turns that do: the last ones as they are, the older ones short, the oldest not at all."""

from __future__ import annotations

from collections.abc import Sequence

from ibidem.chat.turns import Count, Sent, tokens_of

UNSHORTENED = 0.75  # of the budget goes to the last turns as they are; the rest is for the older ones in short

# The forms of a turn, the richest first, each with the share of the budget that it and the turns behind it may take.
FORMS = (
    (Sent.whole, UNSHORTENED),
    (Sent.with_cited, UNSHORTENED),
    (Sent.without_passages, UNSHORTENED),
    (Sent.shortened, 1.0),
)


def compact(turns: Sequence[Sent], budget_tokens: int, count: Count) -> tuple[Sent, ...]:
    """The turns, oldest first, in at most so many tokens; no turn is told at more length than a later one."""
    kept: list[Sent] = []
    used = form = 0
    for turn in reversed(turns):
        while form < len(FORMS):
            make, share = FORMS[form]
            told = make(turn)
            tokens = tokens_of(told.messages(), count)
            if used + tokens <= share * budget_tokens:
                kept.append(told)
                used += tokens
                break
            form += 1
    return tuple(reversed(kept))
