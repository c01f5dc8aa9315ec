"""A question -> cited context: channels, score fusion, token budget, neighbours merged, and a trace of all of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ibidem.index.analyze import query_tokens, tokenize
from ibidem.index.indexes import Indexes
from ibidem.index.lexical import CHANNELS, LexicalReader, Ranking, Word
from ibidem.index.sounds import name_keys
from ibidem.retrieve.budget import Ranked, fit, merge
from ibidem.retrieve.cite import hit
from ibidem.retrieve.dense import DenseChannel
from ibidem.retrieve.evidence import evidence
from ibidem.retrieve.excerpt import excerpts
from ibidem.retrieve.expand import Expanded, expand, told
from ibidem.retrieve.feedback import CHUNKS as FEEDBACK_CHUNKS
from ibidem.retrieve.feedback import feedback, search_again
from ibidem.retrieve.followup import SearchText, Turn, with_references
from ibidem.retrieve.fuse import CODE_SHARE, WEIGHTS, Fused, fuse
from ibidem.retrieve.intent import is_code, is_exact, wants_code
from ibidem.retrieve.rerank import DEPTH as RERANK_DEPTH
from ibidem.retrieve.rerank import TimedReranker
from ibidem.settings import RetrieveSettings
from ibidem.store.chunks import chunks_by_id
from ibidem.store.database import Database
from ibidem.store.workspaces import Workspace
from ibidem.types import Channel, Hit, Passage

MAX_QUERY_CHARS = 8000  # looked at, half of them its beginning and half its end; a longer question is pasted text
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
    asked = understand(ends(question), turns, reader, korean) if reader else None
    if reader is None or asked is None:
        return Context(search_ms=_ms_since(began))
    dense_search = dense.begin(str(asked.text), workspace) if dense else None
    notes: dict[str, Any] = {}
    rankings = channels(asked, reader)
    if dense_search:
        rankings["dense"], notes["dense"] = dense_search.result()
    wanted = max(1, hits, settings.hits)
    looked_at = max(wanted, RERANK_DEPTH) if reranker or not asked.wants_code else wanted  # else nothing moves up
    if not is_exact(asked.text.text) and (first := fuse(rankings, limit=2 * FEEDBACK_CHUNKS)):
        added = feedback(_load(first, FEEDBACK_CHUNKS, db, workspace), asked.own, lambda token: idf(reader, token))
        rankings["feedback"] = search_again(reader, added, first[0].chunk_id, CHANNEL_DEPTH)
        notes["feedback"] = {token: round(weight, 3) for token, weight in added.items()}
    fused = fuse(rankings, limit=2 * looked_at)
    ranked = by_intent(_load(fused, looked_at, db, workspace), asked.wants_code)
    if reranker:
        ranked, notes["rerank"] = reranker.order(str(asked.text), ranked)
    shown = excerpts(ranked[:wanted], asked.weights(reader), db, workspace.owner)
    notes["excerpts"] = [
        one.stored.id for one, whole in zip(shown, ranked, strict=False) if one.stored is not whole.stored
    ]
    kept, cut = fit(shown, settings.budget_tokens)
    passages = merge(kept)
    answerable = answerable_terms(asked, passages[:TOLD_BY], reader) if judged else asked.terms
    ranks = {one.stored.id: rank for rank, one in enumerate(shown, 1)}
    return Context(
        kept=kept,
        ranked=shown,
        omitted=[
            {"path": one.stored.path, "start_line": one.stored.chunk.span.start_line, "reason": "budget"} for one in cut
        ],
        terms=answerable,
        evidence=_proof(asked, answerable, passages) if judged else 0.0,
        trace={
            "searched": {
                "text": asked.text.text,
                "carried": dict(asked.text.carried),
                "because": asked.text.because,
                "wants_code": asked.wants_code,
            },
            "expansion": asked.expanded.sources,
            "synonyms": asked.expanded.synonyms,
            "terms": {token: round(weight, 3) for token, weight in asked.terms.items()},
            "morphemes": asked.morphemes,
            "channels": {channel: ranking[:TRACED] for channel, ranking in rankings.items()},
            "fused": [[one.chunk_id, round(one.score, 4)] for one in fused[:TRACED]],
            "weights": dict(WEIGHTS),
            "kept": [traced(one, ranks) for one in kept],
            "cut": [traced(one, ranks) for one in cut],
            **notes,
        },
        search_ms=_ms_since(began),
        searched=str(asked.text) if asked.text.carried else "",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is searched by: `terms` are its own tokens with their weights, `words` those with all wordings."""

    text: SearchText
    terms: dict[str, float]
    words: list[Word | str]
    expanded: Expanded
    morphemes: list[str]
    wants_code: bool
    borrowed: Set[str] = frozenset()  # terms of the turns before

    @property
    def own(self) -> set[str]:
        """The tokens already searched for."""
        return {token for word in self.words for token, _ in all_tokens(word)}

    def weights(self, reader: LexicalReader) -> dict[str, float]:
        """What each token counts in a text: the weight of its wording, by how rare it is."""
        return {token: weight * idf(reader, token) for word in self.words for token, weight in all_tokens(word)}


def understand(
    question: str, turns: Sequence[Turn], reader: LexicalReader, korean: Callable[[str], list[str] | None]
) -> Asked | None:
    """The question with what it refers to, as words and their wordings; None where there is no word in it."""
    text = with_references(question, turns)
    tokens = query_tokens(text.text)
    shares = borrowed(text.carried, tokens)
    if not (tokens or shares):
        return None
    terms = weigh(tokens, reader, shares)
    expanded = expand(text.text, reader.document_frequency)
    words: list[Word | str] = [
        *expanded.words,
        *(Word((((token,), share),), borrowed=True) for token, share in shares.items()),
    ]
    words.sort(key=lambda word: -max(terms.get(token, 0.0) for token in own_tokens(word)))
    morphemes = (korean(text.text) if reader.has_morphemes else None) or []
    return Asked(text, terms, words[:MAX_QUERY_TOKENS], expanded, morphemes, wants_code(text.text), shares.keys())


def channels(asked: Asked, reader: LexicalReader) -> dict[Channel, Ranking]:
    """The rankings of the index's fields; Korean by its morphemes as well where there are some."""
    return {
        channel: reader.rank_korean(asked.words, asked.morphemes[:MAX_QUERY_TOKENS], CHANNEL_DEPTH)
        if channel == "body" and asked.morphemes
        else reader.rank(channel, asked.words, CHANNEL_DEPTH)
        for channel in CHANNELS
    }


def by_intent(ranked: Sequence[Ranked], wants_code: bool) -> list[Ranked]:
    """The ranking with code counted less where the question does not ask for it."""
    if wants_code:
        return list(ranked)
    weighed = [replace(one, score=one.score * CODE_SHARE) if is_code(one.stored.path) else one for one in ranked]
    return sorted(weighed, key=lambda one: -one.score)


def answerable_terms(asked: Asked, best: Sequence[Passage], reader: LexicalReader) -> dict[str, float]:
    """The question's terms in the wordings that the best passages have."""
    texts = [f"{passage.heading} {passage.text}" for passage in best]
    held = {token for one in texts for token in tokenize(one)}
    names = [name for one in texts for name in name_keys(one)]
    return told(asked.terms, asked.expanded, lambda token: idf(reader, token), held, names)


def _proof(asked: Asked, answerable: Mapping[str, float], passages: Sequence[Passage]) -> float:
    """The evidence for the question with what it refers to; none where the passages hold nothing of its own words."""
    own = {term: weight for term, weight in answerable.items() if term not in asked.borrowed}
    if own and asked.borrowed and not evidence(own, passages, tokenize):
        return 0.0
    return evidence(answerable, passages, tokenize)


def ends(question: str) -> str:
    """The question, or the beginning and the end of a long one: thousands of distinct words took seconds to weigh."""
    half = MAX_QUERY_CHARS // 2
    return question if len(question) <= MAX_QUERY_CHARS else f"{question[:half]}\n{question[-half:]}"


def traced(ranked: Ranked, ranks: Mapping[int, int]) -> dict[str, Any]:
    """A chunk as a trace shows it, with its rank before the budget."""
    chunk = ranked.stored.chunk
    return {
        "rank": ranks[ranked.stored.id],
        "chunk": ranked.stored.id,
        "path": ranked.stored.path,
        "start_line": chunk.span.start_line,
        "page": chunk.span.page,
        "score": round(ranked.score, 4),
        "channels": ranked.channels,
    }


def own_tokens(word: Word | str) -> tuple[str, ...]:
    """The tokens of a word as the question has it."""
    return (word,) if isinstance(word, str) else word.wordings[0][0]


def all_tokens(word: Word | str) -> list[tuple[str, float]]:
    """The tokens of a word in every wording, each with the weight of its wording."""
    wordings = (((word,), 1.0),) if isinstance(word, str) else word.wordings
    return [(token, weight) for tokens, weight in wordings for token in tokens]


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
        stored = chunks_by_id(db, workspace, [one.chunk_id for one in best])
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
