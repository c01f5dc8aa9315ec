"""Words -> a vector by hashing: a stand-in embedder for tests and demonstrations. It knows shared words, not meaning."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import sqrt
from typing import TYPE_CHECKING

from ibidem.errors import ModelUnknown
from ibidem.models.embed import ANY_LANGUAGE, Kind

if TYPE_CHECKING:
    from ibidem.models.embed import F32

DIM = 384
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_A-Za-z]+")
_GRAM = 3  # characters: words that share a stem share some of these


class HashedEmbedder:
    """Each word and each of its three-letter pieces adds or takes 1 at a place that its hash names. Deterministic."""

    heavy = True  # as far as it can be: so that the way through the child is the tested one

    def __init__(self, dim: int = DIM, *, languages: Iterable[str] = (ANY_LANGUAGE,), max_tokens: int = 512) -> None:
        self.name = f"hashed:{dim}"
        self.languages = frozenset(languages)
        self.max_tokens = max_tokens
        self._dim = dim

    @property
    def dim(self) -> int:
        return self._dim

    def embed(self, texts: Sequence[str], kind: Kind = "document") -> F32:
        import numpy as np

        vectors = np.zeros((len(texts), self._dim), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for term, count in Counter(_terms(text)).items():
                digest = int.from_bytes(blake2b(term.encode("utf-8", "replace"), digest_size=8).digest(), "little")
                row[(digest >> 1) % self._dim] += sqrt(count) * (1 if digest & 1 else -1)
            if not row.any():
                row[0] = 1.0  # a text without words
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def close(self) -> None:
        """Nothing is held."""


def _terms(text: str) -> Iterable[str]:
    for word in _WORD.findall(text):
        lower = word.lower()
        yield lower
        for start in range(len(lower) - _GRAM + 1):
            yield f"#{lower[start : start + _GRAM]}"


def hashed(dim: str) -> HashedEmbedder:
    """The embedder `hashed:DIM`. Raises ModelUnknown."""
    if not (dim.isascii() and dim.isdigit() and 8 <= int(dim) <= 4096):
        raise ModelUnknown(f"no embedder 'hashed:{dim}'", hint=f"name its dimension, 8 to 4096: hashed:{DIM}")
    return HashedEmbedder(int(dim))
