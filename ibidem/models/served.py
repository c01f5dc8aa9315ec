"""A server's vectors and scores -> unit vectors and a score for each passage: embedders and rerankers behind HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from ibidem.errors import VectorsUnusable
from ibidem.models.embed import Kind, windows
from ibidem.models.families import Family, Reported, facts, plain_name, stored_name
from ibidem.settings import ModelSettings

if TYPE_CHECKING:
    from ibidem.models.embed import F32

PASSAGE_TOKENS = 1024  # of a passage, given to a reranker; the smallest windows of those in use hold 512 to 8,192
NEXT = "search goes on by words; see the server's log, or set another models.embedder"


class VectorSource(Protocol):
    """One provider's way to say what a model is, and to make vectors. Blocking; raises ModelError."""

    def reported(self) -> Reported: ...

    def vectors(self, texts: Sequence[str], window_tokens: int) -> list[Any]:
        """A list of numbers for each text, as the server sent it: not looked at yet."""
        ...

    def close(self) -> None: ...


class ScoreSource(Protocol):
    def scores(self, question: str, passages: Sequence[str]) -> list[float]: ...

    def close(self) -> None: ...


class ServedEmbedder:
    """An embedder behind a server, asked for its facts when they are first needed, and for them alone once."""

    heavy = False

    def __init__(self, name: str, source: VectorSource, settings: ModelSettings) -> None:
        self.name = stored_name(plain_name(name), settings)
        self._source = source
        self._settings = settings

    @cached_property
    def _family(self) -> Family:
        return facts(self._source.reported(), self._settings)

    @property
    def languages(self) -> frozenset[str]:
        return self._family.languages

    @property
    def max_tokens(self) -> int:
        return self._family.window_tokens

    @cached_property
    def dim(self) -> int:
        return int(self.embed(["ibidem"]).shape[1])

    def embed(self, texts: Sequence[str], kind: Kind = "document") -> F32:
        prefix = {"document": self._family.document, "query": self._family.query, "plain": ""}[kind]
        rows = self._source.vectors([prefix + text for text in texts], self._family.window_tokens)
        return unit_vectors(rows, len(texts), self.name)

    def close(self) -> None:
        self._source.close()


def unit_vectors(rows: Sequence[Any], count: int, name: str) -> F32:
    """Shape (count, dim). Servers differ in whether they normalise, so it is always done. Raises VectorsUnusable."""
    import numpy as np

    try:
        vectors = np.array(rows, np.float32)
    except (ValueError, TypeError) as error:
        raise VectorsUnusable(f"{name} gave vectors that are no rows of numbers of one length", hint=NEXT) from error
    if vectors.ndim != 2 or len(vectors) != count or not vectors.size:
        raise VectorsUnusable(f"{name} gave vectors of shape {vectors.shape} for {count} texts", hint=NEXT)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise VectorsUnusable(f"{name} gave a vector that holds what is no number (NaN or infinity)", hint=NEXT)
    if not lengths.all():
        raise VectorsUnusable(f"{name} gave a vector of zeros", hint=NEXT)
    unit: F32 = vectors / lengths
    return unit


class ServedReranker:
    """A reranker behind a server."""

    def __init__(self, name: str, source: ScoreSource) -> None:
        self.name = name
        self._source = source

    def rerank(self, question: str, passages: Sequence[str]) -> list[float]:
        if not passages:
            return []
        return self._source.scores(question, [windows(passage, PASSAGE_TOKENS)[0] for passage in passages])

    def close(self) -> None:
        self._source.close()
