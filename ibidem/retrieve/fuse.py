"""Rankings of several channels -> one ranking, by score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ibidem.types import Channel

# How much each channel says, next to its own best hit. Body text decides; names and paths break ties and lift the
# file that is named in the question. Source: evals/LOG.md, "fusion".
WEIGHTS: Mapping[Channel, float] = {
    "body": 1.0,
    "symbols": 0.3,
    "path": 0.1,
    "heads": 0.2,
    "dense": 0.5,
    "feedback": 0.4,
}
# What a chunk of code counts next to prose, for a question that does not ask for code. Source: evals/LOG.md, "intent".
CODE_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Fused:
    """A chunk with its weighted score and the channels' own scores."""

    chunk_id: int
    score: float
    channels: dict[str, float]


def fuse(
    rankings: Mapping[Channel, list[tuple[int, float]]],
    weights: Mapping[Channel, float] = WEIGHTS,
    *,
    limit: int | None = None,
) -> list[Fused]:
    """Merge rankings by weighted score: sum of weight * score / best score of that ranking; the best `limit` of them.

    Cosines lie close together wherever they lie, so those of a dense ranking are stretched to 0 .. 1 first.
    Scores, not ranks: a clear winner stays one. A chunk that a ranking lacks counts 0 there. Ties keep first-seen order.
    """
    total: dict[int, float] = {}
    for channel, ranking in rankings.items():
        best = ranking[0][1] if ranking else 0.0
        if best <= 0:  # nothing, or vectors that point away from the question
            continue
        least = ranking[-1][1] if channel == "dense" and ranking[-1][1] < best else 0.0
        span = best - least
        for chunk_id, score in ranking:
            total[chunk_id] = total.get(chunk_id, 0.0) + weights[channel] * (score - least) / span
    ordered = sorted(total, key=total.__getitem__, reverse=True)
    given = {channel: dict(ranking) for channel, ranking in rankings.items()}
    return [
        Fused(
            chunk_id,
            total[chunk_id],
            {channel: round(scores[chunk_id], 4) for channel, scores in given.items() if chunk_id in scores},
        )
        for chunk_id in ordered[:limit]
    ]
