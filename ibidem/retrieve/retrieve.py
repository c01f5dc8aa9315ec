"""A question -> cited context: channels, score fusion, token budget, neighbours merged, and a trace of all of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ibidem.index.analyze import query_tokens, tokenize
from ibidem.index.indexes import Indexes
from ibidem.index.lexical import CHANNELS, LexicalReader, Word
from ibidem.retrieve.budget import Ranked, fit, merge
from ibidem.retrieve.cite import hit
from ibidem.retrieve.dense import DenseChannel
from ibidem.retrieve.evidence import evidence
from ibidem.retrieve.expand import expand, told
from ibidem.retrieve.followup import Turn, with_references
from ibidem.retrieve.fuse import Fused, fuse
from ibidem.retrieve.rerank import DEPTH as RERANK_DEPTH
from ibidem.retrieve.rerank import TimedReranker
from ibidem.settings import RetrieveSettings
from ibidem.store.chunks import chunks_by_id
from ibidem.store.database import Database
from ibidem.store.workspaces import Workspace
from ibidem.types import Hit, Passage

MAX_QUERY_TOKENS = 48  # the rarest of a long question: the others cost time and decide nothing
CHANNEL_DEPTH = 100  # chunks a channel offers to the fusion
TOLD_BY = 3  # the best passages: which wording of a word they have
TRACED = 10  # chunks a channel shows in a trace


@dataclass(frozen=True, slots=True)
class Context:
    """What a question found: of the chunks `ranked` those `kept` fit the budget, best first.

    `terms` are the question's tokens with their inverse document frequency, absent ones included. `searched` is what was
    searched for instead of the question, "" when that was the question itself.
    """

    kept: list[Ranked] = field(default_factory=list)
    ranked: list[Ranked] = field(default_factory=list)
    omitted: list[dict[str, Any]] = field(default_factory=list)
    terms: Mapping[str, float] = field(default_factory=dict)
    evidence: float = 0.0
    trace: dict[str, Any] = field(default_factory=dict)
    search_ms: float = 0.0
    searched: str = ""

    @property
    def passages(self) -> list[Passage]:
        """The chunks kept, neighbours merged, numbered as an answer without earlier turns numbers them."""
        return merge(self.kept)

    def hits(self, limit: int) -> list[Hit]:
        return [hit(ranked, list(self.terms)) for ranked in self.ranked[:limit]]


def retrieve(
    question: str,
    workspace: Workspace,
    *,
    indexes: Indexes,
    db: Database,
    settings: RetrieveSettings,
    hits: int = 0,
    turns: Sequence[Turn] = (),
    korean: Callable[[str], list[str] | None] = lambda _: None,
    dense: DenseChannel | None = None,
    reranker: TimedReranker | None = None,
    judged: bool = True,
) -> Context:
    """The passages of the workspace that bear on the question. Never waits for indexing that is under way.

    `hits` widens how many chunks are ranked beyond the setting. `turns` came before the question, oldest first: one that
    leans on them is searched with words of theirs (`retrieve.followup`). `korean` gives a question's morphemes, None while
    it cannot. `judged` weighs the evidence that the passages hold: for answers, a search does without and takes half the time.
    """
    began = time.perf_counter()
    reader = indexes.reader(workspace.id)
    text = with_references(question, turns)
    tokens = query_tokens(text.text)
    shares = borrowed(text.carried, tokens)
    if reader is None or not (tokens or shares):
        return Context(search_ms=_ms_since(began))
    dense_search = dense.begin(str(text), workspace) if dense else None
    terms = weigh(tokens, reader, shares)
    expanded = expand(text.text, reader.document_frequency)
    words: list[Word | str] = [
        *expanded.words,
        *(Word((((token,), share),), borrowed=True) for token, share in shares.items()),
    ]
    words.sort(key=lambda word: -max(terms.get(token, 0.0) for token in own_tokens(word)))
    words = words[:MAX_QUERY_TOKENS]
    morphemes = (korean(text.text) if reader.has_morphemes else None) or []
    rankings = {
        channel: reader.rank_korean(words, morphemes[:MAX_QUERY_TOKENS], CHANNEL_DEPTH)
        if channel == "body" and morphemes
        else reader.rank(channel, words, CHANNEL_DEPTH)
        for channel in CHANNELS
    }
    notes: dict[str, Any] = {}
    if dense_search:
        rankings["dense"], notes["dense"] = dense_search.result()
    fused = fuse(rankings)
    wanted = max(hits, settings.hits)
    ranked = _load(fused, max(wanted, RERANK_DEPTH) if reranker else wanted, db, workspace)
    if reranker:
        ranked, notes["rerank"] = reranker.order(question, ranked)
        ranked = ranked[:wanted]
    kept, cut = fit(ranked, settings.budget_tokens)
    passages = merge(kept)
    answerable: Mapping[str, float] = terms
    if judged:
        held = {token for passage in passages[:TOLD_BY] for token in tokenize(f"{passage.heading} {passage.text}")}
        answerable = told(terms, expanded, lambda token: idf(reader, token), held)
    return Context(
        kept=kept,
        ranked=ranked,
        omitted=[
            {"path": one.stored.path, "start_line": one.stored.chunk.span.start_line, "reason": "budget"} for one in cut
        ],
        terms=answerable,
        evidence=evidence(answerable, passages, tokenize) if judged else 0.0,
        trace={
            "searched": {"text": text.text, "carried": dict(text.carried), "because": text.because},
            "expansion": expanded.sources,
            "terms": {token: round(weight, 3) for token, weight in terms.items()},
            "morphemes": morphemes,
            "channels": {channel: ranking[:TRACED] for channel, ranking in rankings.items()},
            "fused": [[one.chunk_id, round(one.score, 4)] for one in fused[:TRACED]],
            "kept": [[one.stored.id, one.stored.path] for one in kept],
            "cut": [[one.stored.id, one.stored.path] for one in cut],
            **notes,
        },
        search_ms=_ms_since(began),
        searched=str(text) if text.carried else "",
    )


def own_tokens(word: Word | str) -> tuple[str, ...]:
    """The tokens of a word as the question has it."""
    return (word,) if isinstance(word, str) else word.wordings[0][0]


def borrowed(carried: Mapping[str, float], tokens: Sequence[str]) -> dict[str, float]:
    """The tokens of carried words that the question lacks, with the greatest share that a word gives them."""
    shares: dict[str, float] = {}
    for word, share in carried.items():
        for token in query_tokens(word):
            shares[token] = max(share, shares.get(token, 0.0))
    return {token: share for token, share in shares.items() if token not in tokens}


def weigh(
    tokens: Sequence[str], reader: LexicalReader, shares: Mapping[str, float] = MappingProxyType({})
) -> dict[str, float]:
    """Each token's inverse document frequency, the rarest first.

    Tokens of `shares` follow by the same rule, each with its share of that weight.
    """
    weights = {token: shares.get(token, 1.0) * idf(reader, token) for token in (*tokens, *shares)}
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def idf(reader: LexicalReader, token: str) -> float:
    """ln(1 + (N - df + 0.5) / (df + 0.5)), of N chunks."""
    frequency = min(reader.document_frequency(token), reader.chunks)
    return math.log(1 + (reader.chunks - frequency + 0.5) / (frequency + 0.5))


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
