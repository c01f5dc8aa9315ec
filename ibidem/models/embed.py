"""Texts -> unit vectors: what every embedder is, how long texts are cut for it, and what its answers must be."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ibidem.errors import ContextTooLong, ModelRejected, VectorsUnusable
from ibidem.settings import ModelSettings
from ibidem.types import estimate_tokens

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    F32 = NDArray[np.float32]

Kind = Literal["document", "query", "plain"]  # some models want the first two told apart; plain: the text as it is

ANY_LANGUAGE = "*"  # in `languages`: all of them
WINDOW_SHARE = 0.8  # of the model's window: our count of tokens is an estimate
OVERLAP_SHARE = 0.15  # of a window, repeated in the next one
CALL_TEXTS = 32  # windows handed to an embedder at once
UNIT_TOLERANCE = 0.01
PAYLOAD_TOO_LARGE = 413

# A word with the blanks around it. Longer runs are cut, so that the smallest window holds one: 50 Hangul syllables are 36 tokens.
_PIECE = re.compile(r"\s{0,50}\S{1,50}\s{0,50}|\s{1,50}")


class Embedder(Protocol):
    """A model that makes vectors. Its abilities are data: they are never guessed from its name."""

    name: str  # `provider:name` as the user writes it
    heavy: bool  # computes in this process: documents are embedded in a child then

    # A server may have to be asked for these: they block, and raise ModelError.
    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes it was trained for, or ANY_LANGUAGE."""
        ...

    @property
    def max_tokens(self) -> int:
        """Of its window; what is longer goes in overlapping windows."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        ...

    def embed(self, texts: Sequence[str], kind: Kind = "document") -> F32:
        """Unit vectors, float32, shape (len(texts), dim). Plain and blocking; called in a thread. Raises ModelError."""
        ...

    def close(self) -> None:
        """Give back connections. May be called twice."""
        ...


def windows(text: str, max_tokens: int) -> list[str]:
    """The text as it is, or cut into overlapping pieces that a window of `max_tokens` holds."""
    room = max(8, int(max_tokens * WINDOW_SHARE))
    if estimate_tokens(text) <= room:
        return [text]
    pieces = _PIECE.findall(text) or [text[: 4 * room]]
    costs = [_cost(piece) for piece in pieces]
    cut: list[str] = []
    start = 0
    while True:
        first, end, cost = start, start + 1, costs[start]
        while end < len(pieces) and cost + costs[end] <= room:
            cost += costs[end]
            end += 1
        cut.append("".join(pieces[first:end]))
        if end == len(pieces):
            return cut
        start, repeated = end, 0.0
        while start - 1 > first and repeated + costs[start - 1] <= room * OVERLAP_SHARE:
            start -= 1
            repeated += costs[start]


def _cost(text: str) -> float:
    """Estimated tokens, unrounded."""
    others = 0 if text.isascii() else sum(character > "\x7f" for character in text)
    return (len(text) - others) / 4 + others / 1.4


def embed_documents(embedder: Embedder, texts: Sequence[str], dim: int) -> list[F32]:
    """The vectors of each text, shape (windows, dim). Windows of like length go together.

    Raises VectorsUnusable for anything but `dim` numbers a window, and what `embed` raises.
    """
    import numpy as np

    pieces = [(place, piece) for place, text in enumerate(texts) for piece in windows(text, embedder.max_tokens)]
    order = sorted(range(len(pieces)), key=lambda at: len(pieces[at][1]))
    found: dict[int, F32] = {}
    for start in range(0, len(order), CALL_TEXTS):
        batch = order[start : start + CALL_TEXTS]
        found.update(zip(batch, _embed_pieces(embedder, [pieces[at][1] for at in batch], dim), strict=True))
    rows: list[list[F32]] = [[] for _ in texts]
    for at, (place, _) in enumerate(pieces):
        rows[place].append(found[at])
    return [np.concatenate(one) for one in rows]


def _embed_pieces(embedder: Embedder, pieces: Sequence[str], dim: int) -> list[F32]:
    """The vectors of each piece, shape (1, dim), or more rows for one that is too long for the model after all."""
    import numpy as np

    try:
        vectors = checked(embedder.embed(pieces), (len(pieces), dim), embedder.name)
        return [vectors[at : at + 1] for at in range(len(pieces))]
    except (ContextTooLong, ModelRejected) as error:
        if isinstance(error, ModelRejected) and error.status != PAYLOAD_TOO_LARGE:
            raise
        if len(pieces) == 1:
            smaller = windows(pieces[0], int(_cost(pieces[0]) / WINDOW_SHARE) // 2)
            if len(smaller) == 1:
                raise
            return [np.concatenate(_embed_pieces(embedder, smaller, dim))]
    half = len(pieces) // 2
    return [*_embed_pieces(embedder, pieces[:half], dim), *_embed_pieces(embedder, pieces[half:], dim)]


def checked(vectors: F32, shape: tuple[int, int], name: str) -> F32:
    """`vectors`, when they are unit vectors of that shape. Raises VectorsUnusable."""
    import numpy as np

    if vectors.shape != shape:
        raise VectorsUnusable(
            f"{name} gave vectors of shape {vectors.shape} where {shape} was expected",
            hint="search goes on by words; restart to build the vectors anew, or set another models.embedder",
        )
    lengths = np.linalg.norm(vectors, axis=1)
    if not np.allclose(lengths, 1.0, atol=UNIT_TOLERANCE):  # false for NaN too
        raise VectorsUnusable(
            f"{name} gave a vector of length {lengths[np.argmax(np.abs(np.nan_to_num(lengths, nan=math.inf) - 1))]:.3g}, not 1",
            hint="search goes on by words; try another models.embedder",
        )
    return vectors


def embed_in_child(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`payload`: `{"embedder", "models", "texts", "dim"}`. Yields `{"vectors"}`: float16 in base64, for each text in order."""
    embedder = _opened(payload["embedder"], ModelSettings(**payload["models"]))
    for vectors in embed_documents(embedder, payload["texts"], payload["dim"]):
        yield {"vectors": b64encode(packed(vectors)).decode("ascii")}


def packed(vectors: F32) -> bytes:
    """As they are stored: little-endian float16, window after window."""
    import numpy as np

    return vectors.astype(np.dtype("<f2")).tobytes()


@lru_cache(maxsize=1)  # a child keeps the model it has loaded
def _opened(name: str, settings: ModelSettings) -> Embedder:
    from ibidem.models.catalog import open_embedder

    return open_embedder(name, settings)
