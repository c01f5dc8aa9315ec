"""A question -> cited context: channels, score fusion, token budget, neighbours merged, and a trace of all of it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ibidem.index.analyze import query_tokens, tokenize
from ibidem.index.indexes import Indexes
from ibidem.index.lexical import CHANNELS, LexicalReader
from ibidem.retrieve.budget import Ranked, fit, merge
from ibidem.retrieve.cite import hit
from ibidem.retrieve.evidence import evidence
from ibidem.retrieve.fuse import Fused, fuse
from ibidem.settings import RetrieveSettings
from ibidem.store.database import Database
from ibidem.store.documents import chunks_by_id
from ibidem.store.workspaces import Workspace
from ibidem.types import Hit, Passage

MAX_QUERY_TOKENS = 48  # the rarest of a long question: the others cost time and decide nothing
CHANNEL_DEPTH = 100  # chunks a channel offers to the fusion
TRACED = 10  # chunks a channel shows in a trace


@dataclass(frozen=True, slots=True)
class Context:
    """What a question found. `terms` are its tokens with their inverse document frequency, absent ones included."""

    passages: list[Passage] = field(default_factory=list)
    ranked: list[Ranked] = field(default_factory=list)
    omitted: list[dict[str, Any]] = field(default_factory=list)
    terms: Mapping[str, float] = field(default_factory=dict)
    evidence: float = 0.0
    trace: dict[str, Any] = field(default_factory=dict)
    search_ms: float = 0.0

    def hits(self, limit: int) -> list[Hit]:
        return [hit(ranked, list(self.terms)) for ranked in self.ranked[:limit]]


def retrieve(
    question: str, workspace: Workspace, *, indexes: Indexes, db: Database, settings: RetrieveSettings, hits: int = 0
) -> Context:
    """The passages of the workspace that bear on the question. Never waits for indexing that is under way.

    `hits` widens how many chunks are ranked beyond the setting.
    """
    began = time.perf_counter()
    reader = indexes.reader(workspace.id)
    tokens = query_tokens(question)
    if reader is None or not tokens:
        return Context(search_ms=_ms_since(began))
    terms = weigh(tokens, reader)
    known = [token for token in terms if reader.document_frequency(token)][:MAX_QUERY_TOKENS]
    rankings = {channel: reader.rank(channel, known, CHANNEL_DEPTH) for channel in CHANNELS}
    fused = fuse(rankings)
    ranked = _load(fused, max(hits, settings.hits), db, workspace)
    kept, cut = fit(ranked, settings.budget_tokens)
    passages = merge(kept)
    return Context(
        passages=passages,
        ranked=ranked,
        omitted=[
            {"path": one.stored.path, "start_line": one.stored.chunk.span.start_line, "reason": "budget"} for one in cut
        ],
        terms=terms,
        evidence=evidence(terms, passages, tokenize),
        trace={
            "terms": {token: round(weight, 3) for token, weight in terms.items()},
            "channels": {channel: ranking[:TRACED] for channel, ranking in rankings.items()},
            "fused": [[one.chunk_id, round(one.score, 4)] for one in fused[:TRACED]],
            "kept": [[one.stored.id, one.stored.path] for one in kept],
            "cut": [[one.stored.id, one.stored.path] for one in cut],
        },
        search_ms=_ms_since(began),
    )


def weigh(tokens: Sequence[str], reader: LexicalReader) -> dict[str, float]:
    """Each token's inverse document frequency, the rarest first: ln(1 + (N - df + 0.5) / (df + 0.5))."""
    total = reader.chunks
    weights = {}
    for token in tokens:
        frequency = min(reader.document_frequency(token), total)
        weights[token] = math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def _load(fused: Sequence[Fused], wanted: int, db: Database, workspace: Workspace) -> list[Ranked]:
    """The best chunks with their text: the owner's, still current, and each text once."""
    ranked: list[Ranked] = []
    texts: set[str] = set()
    for first in range(0, 2 * wanted, wanted):  # a second step only for what was left out of the first
        best = fused[first : first + wanted]
        stored = chunks_by_id(db, workspace.owner, [one.chunk_id for one in best])
        for one in best:
            found = stored.get(one.chunk_id)
            if found is None or found.chunk.text in texts:
                continue
            texts.add(found.chunk.text)
            ranked.append(Ranked(found, one.score, one.channels))
        if len(ranked) >= wanted:
            break
    return ranked[:wanted]


def _ms_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
