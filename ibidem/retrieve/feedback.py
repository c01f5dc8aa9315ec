"""The first chunks found -> words that a second search adds: pseudo-relevance feedback.

A question in other words than the code's often finds one chunk that is about the matter; what that chunk says
otherwise finds its neighbours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from heapq import nlargest

from ibidem.index.analyze import STOP_WORDS, is_hangul, tokenize
from ibidem.index.lexical import LexicalReader, Ranking, Word
from ibidem.retrieve.budget import Ranked

CHUNKS = 3  # looked at; with 10 of them prose loses. Source: evals/LOG.md
WORDS = 10  # added
CANDIDATES = 40  # the most frequent in the chunks, whose rarity is looked up
LEAST_IDF = 2.5  # of an added word: one in twelve chunks or rarer
LEAST_CHARS = 3


def feedback(best: Sequence[Ranked], own: Set[str], idf: Callable[[str], float]) -> dict[str, float]:
    """The most telling words of the best chunks, each with its weight next to the first one's.

    `own` are the tokens already searched for. Korean bigrams are left out: pieces of words mislead.
    """
    weights: dict[str, float] = defaultdict(float)
    for one in best[:CHUNKS]:
        counts = Counter(tokenize(f"{one.stored.chunk.text}\n{one.stored.chunk.heading}"))
        share = one.score / best[0].score / max(1, counts.total())
        for token, count in counts.items():
            if len(token) >= LEAST_CHARS and token not in own and token not in STOP_WORDS and not is_hangul(token):
                weights[token] += share * count
    rarity = {token: idf(token) for token in nlargest(CANDIDATES, weights, key=weights.__getitem__)}
    telling = {token: weights[token] * rare for token, rare in rarity.items() if rare >= LEAST_IDF}
    ordered = nlargest(WORDS, telling, key=telling.__getitem__)
    return {token: telling[token] / telling[ordered[0]] for token in ordered}


def search_again(reader: LexicalReader, added: Mapping[str, float], first: int, limit: int) -> Ranking:
    """The chunks that hold added words. The `first` of the first search counts as their best: it stays in front."""
    words = [Word((((token,), weight),)) for token, weight in added.items()]
    ranking = reader.rank("body", words, limit)
    if not ranking:
        return []
    return [(first, ranking[0][1]), *((chunk_id, score) for chunk_id, score in ranking if chunk_id != first)]
