"""How texts are cut for an embedder, and what its answers must be."""

from __future__ import annotations

import numpy as np
import pytest

from ibidem.errors import ModelUnknown, VectorsUnusable
from ibidem.models.catalog import open_embedder, open_reranker
from ibidem.models.embed import checked, embed_documents, embed_in_child, windows
from ibidem.models.hashed import HashedEmbedder
from ibidem.settings import ModelSettings
from ibidem.types import estimate_tokens


def test_a_text_that_fits_is_one_window() -> None:
    assert windows("three short words", 256) == ["three short words"]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"word{n}" for n in range(2000)),
        " ".join(f"단어{n}와 조사는" for n in range(500)),
        "".join(f"{n:05d}" for n in range(1800)),
        "\n".join(f"a {n}" for n in range(3000)),
        "".join(chr(0xAC00 + n % 11172) for n in range(3000)),  # no blank anywhere
    ],
)
def test_a_long_text_goes_in_overlapping_windows_that_hold_all_of_it(text: str) -> None:
    cut = windows(text, 128)
    assert len(cut) > 1
    assert all(estimate_tokens(window) <= 128 for window in cut)
    at = 0
    for window in cut:
        found = text.find(window)
        assert 0 <= found <= at  # nothing between two windows is left out
        at = found + len(window)
    assert at == len(text)


def test_a_tiny_window_still_ends() -> None:
    assert "".join(windows("가나다라마바사아자차카타파하 " * 20, 1)).replace(" ", "")


def test_hashed_vectors_are_unit_vectors_and_always_the_same() -> None:
    embedder = HashedEmbedder(384)
    vectors = embedder.embed(["renew the lease", "", "작업 임대 갱신"])
    assert vectors.shape == (3, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors, HashedEmbedder(384).embed(["renew the lease", "", "작업 임대 갱신"]))


def test_texts_keep_their_places_though_short_ones_go_first() -> None:
    embedder = HashedEmbedder(64, max_tokens=32)
    long, short = "many words in a row " * 60, "one"
    found = embed_documents(embedder, [long, short, long], 64)
    assert [len(rows) > 1 for rows in found] == [True, False, True]
    assert np.array_equal(found[1], embedder.embed([short]))
    assert np.array_equal(found[0], found[2])
    assert embed_documents(embedder, [], 64) == []


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((1, 5), np.float32) / np.sqrt(5),
        np.ones((1, 4), np.float32),
        np.full((1, 4), np.nan, np.float32),
        np.zeros((1, 4), np.float32),
    ],
)
def test_what_is_no_unit_vector_of_the_dimension_is_refused(vectors: np.ndarray) -> None:
    with pytest.raises(VectorsUnusable, match="fake"):
        checked(vectors, (1, 4), "fake")


def test_a_child_sends_float16() -> None:
    payload = {"embedder": "hashed:64", "models": {}, "texts": ["one", "two"], "dim": 64}
    assert len(list(embed_in_child(payload))) == 2


@pytest.mark.parametrize("name", ["", "hashed", "hashed:x", "hashed:0", "nobody:1"])
def test_an_embedder_that_nobody_knows_is_named(name: str) -> None:
    with pytest.raises(ModelUnknown):
        open_embedder(name, ModelSettings())


def test_a_reranker_that_nobody_knows_is_named() -> None:
    with pytest.raises(ModelUnknown, match="nobody"):
        open_reranker("nobody:1", ModelSettings())
