"""A question's terms and the passages found -> how far the passages cover what it is about, 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ibidem.models.quotes import ENOUGH_EVIDENCE, telling
from ibidem.types import Passage

ENOUGH = ENOUGH_EVIDENCE
"""The least evidence of an answer.

Measured by bench/quotes.py: the highest value at which under 5 % of the real questions of each task are declined.
"""
_BEST = 3  # passages looked at, best first: evidence scattered over more is no evidence


def evidence(terms: Mapping[str, float], passages: Sequence[Passage], analyze: Callable[[str], list[str]]) -> float:
    """The greatest share of the question's telling terms that stands in one of the best passages.

    `terms` holds every term with its inverse document frequency, those the workspace lacks too: they count against.
    One more term of the greatest weight is taken as missing, so that a short question is not answered by a single
    word, and a long one not lost by a few that are put differently.
    """
    weights = telling(terms, analyze)
    if not weights:
        return 0.0
    covered = (
        sum(weights[term] for term in weights.keys() & set(analyze(f"{p.title} {p.heading} {p.text}")))
        for p in passages[:_BEST]
    )
    return max(covered, default=0.0) / (sum(weights.values()) + max(weights.values()))
