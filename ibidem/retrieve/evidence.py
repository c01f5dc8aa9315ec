"""A question's terms and the passages found -> how far the passages cover what it is about, 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set

from ibidem.models.quotes import ENOUGH_EVIDENCE, telling
from ibidem.models.sentences import sentences
from ibidem.types import Passage

ENOUGH = ENOUGH_EVIDENCE  # under it the passages do not answer the question

_BEST = 3  # passages looked at, best first: evidence scattered over more is no evidence


def evidence(terms: Mapping[str, float], passages: Sequence[Passage], analyze: Callable[[str], list[str]]) -> float:
    """The share of the question's telling terms that the best passage covers: mean of the passage and its best sentence.

    `terms` holds every term with its inverse document frequency, those the workspace lacks too: they count against.
    One more term of the greatest weight is taken as missing, so that a short question is not answered by a single
    word, and a long one not lost by a few that are put differently.
    """
    weights = telling(terms, analyze)

    def weigh(held: Set[str]) -> float:
        return sum(weights[term] for term in weights.keys() & held)

    def covered(passage: Passage) -> float:
        place = set(analyze(f"{passage.title} {passage.heading}"))
        told = [place.union(analyze(sentence)) for sentence in sentences(passage.text, passage.path)]
        return (weigh(place.union(*told)) + max(map(weigh, told), default=0.0)) / 2

    best = max(map(covered, passages[:_BEST]), default=0.0)
    return best / (sum(weights.values()) + max(weights.values())) if weights else 0.0
