"""Ranked chunks -> the first 50 in a reranker's order, if it comes in time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ibidem.models.rerank import Reranker
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.timed import NotInTime, Timed

DEPTH = 50  # the gold coverage rises by 11-43 points from the first 5 to the first 50 on code


@dataclass(frozen=True, slots=True)
class TimedReranker:
    """A reranker and how long a question waits for it."""

    reranker: Reranker
    timed: Timed
    budget_ms: int

    def order(self, question: str, ranked: Sequence[Ranked]) -> tuple[list[Ranked], dict[str, Any]]:
        """The chunks with the first 50 in the reranker's order, and what to say of it in the trace. Never raises.

        The fused scores stay, given out in the new order: the reranker's scale is its own, and passages behind the
        first 50 keep their places. Without a whole answer in time the fused order stands.
        """
        first, rest = list(ranked[:DEPTH]), list(ranked[DEPTH:])
        name = self.reranker.name
        if not first:
            return rest, {"reranker": name, "state": "nothing to order"}
        texts = [f"{one.stored.chunk.heading}\n{one.stored.chunk.text}".lstrip() for one in first]
        try:
            scores = self.timed.start(lambda: self.reranker.rerank(question, texts), within_ms=self.budget_ms).result()
        except NotInTime as error:
            return [*first, *rest], {"reranker": name, "state": str(error)}
        if len(scores) != len(first) or not all(map(math.isfinite, scores)):
            return [*first, *rest], {
                "reranker": name,
                "state": f"failed: {len(scores)} scores for {len(first)} passages",
            }
        order = sorted(range(len(first)), key=lambda at: -scores[at])
        best = [
            replace(first[at], score=place.score, channels={**first[at].channels, "rerank": round(scores[at], 4)})
            for at, place in zip(order, first, strict=True)
        ]
        return [*best, *rest], {"reranker": name, "state": "used", "order": [one.stored.id for one in best[:10]]}
