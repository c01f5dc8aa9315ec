"""The int8 matrix: what is near is found, deletions leave no hole, and a crash costs a rebuild at most."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ibidem.errors import IndexUnavailable
from ibidem.index import vector_generation as generations
from ibidem.index.vector import VectorReader, VectorWriter, quantize, unpacked
from ibidem.index.vector_generation import VectorPosition
from ibidem.models.embed import packed


def unit(count: int, dim: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def vectors() -> np.ndarray:
    return unit(3000, 64)


@pytest.fixture
def writer(tmp_path: Path, vectors: np.ndarray) -> VectorWriter:
    made = VectorWriter(tmp_path, 64, 0)
    for start in range(0, 3000, 10):
        made.add(f"document {start // 10}", range(start, start + 10), vectors[start : start + 10])
    made.flush()
    return made


def test_the_best_ten_are_among_the_candidates(tmp_path: Path, writer: VectorWriter, vectors: np.ndarray) -> None:
    reader = VectorReader(tmp_path, 64, writer.rows)
    for query in unit(20, 64, seed=1):
        exact = np.argsort(-(vectors @ query))[:10]
        found = reader.nearest(query, 100)
        assert {chunk for chunk, _ in found} >= set(exact.tolist())
        assert found[0][1] == pytest.approx(float(vectors[found[0][0]] @ query), abs=0.01)


def test_a_matrix_with_fewer_rows_than_asked_for_gives_them_all(tmp_path: Path) -> None:
    writer = VectorWriter(tmp_path, 8, 0)
    writer.add("a", [7, 9], unit(2, 8))
    assert len(VectorReader(tmp_path, 8, 2).nearest(unit(1, 8)[0], 200)) == 2
    assert VectorReader(tmp_path, 8, 0).nearest(unit(1, 8)[0], 200) == []


def test_of_a_chunks_windows_the_best_counts(tmp_path: Path) -> None:
    rows = unit(3, 16)
    writer = VectorWriter(tmp_path, 16, 0)
    writer.add("a", [1, 1, 2], rows)
    found = VectorReader(tmp_path, 16, 3).nearest(rows[1], 10)
    assert [chunk for chunk, _ in found][:1] == [1] and len(found) == 2
    assert found[0][1] == pytest.approx(1, abs=0.02)


def test_a_deleted_document_leaves_no_hole(tmp_path: Path, writer: VectorWriter, vectors: np.ndarray) -> None:
    for document in ("document 0", "document 299", "document 150", "never there"):
        writer.delete(document)
    writer.flush()
    assert writer.rows == 2970
    reader = VectorReader(tmp_path, 64, writer.rows)
    gone = {*range(10), *range(1500, 1510), *range(2990, 3000)}
    left = {chunk for chunk, _ in reader.nearest(vectors[3], 2970)}
    assert left == set(range(3000)) - gone
    assert reader.nearest(vectors[2985], 1)[0][0] == 2985  # moved, with its own code


def test_a_reader_goes_on_while_the_matrix_grows(tmp_path: Path, writer: VectorWriter, vectors: np.ndarray) -> None:
    reader = VectorReader(tmp_path, 64, writer.rows)
    writer.add("later", range(3000, 9000), unit(6000, 64, seed=2))
    writer.flush()
    assert reader.nearest(vectors[5], 1)[0][0] == 5
    assert VectorReader(tmp_path, 64, writer.rows).nearest(unit(6000, 64, seed=2)[77], 1)[0][0] == 3077


def test_a_file_that_is_cut_off_is_noticed(tmp_path: Path, writer: VectorWriter) -> None:
    with (tmp_path / "codes").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(IndexUnavailable):
        VectorReader(tmp_path, 64, 3000)


def test_quantizing_keeps_a_row_of_zeros() -> None:
    codes, scales = quantize(np.zeros((1, 4), np.float32))
    assert not codes.any() and not scales.any()


def test_float16_bytes_come_back_as_they_were() -> None:
    rows = unit(3, 16)
    assert np.allclose(unpacked(packed(rows), 16), rows, atol=1e-3)


# --- generations -----------------------------------------------------------------------------------------------------


def test_only_a_complete_generation_answers(tmp_path: Path) -> None:
    half = generations.to_write(tmp_path, "one", 8, fresh=False)
    generations.save(half, replace(half.position, seq=3))
    assert generations.current(tmp_path) is None
    generations.save(half, replace(half.position, seq=4, complete=True))
    other = generations.to_write(tmp_path, "two", 8, fresh=False)
    generations.save(other, other.position)
    now = generations.current(tmp_path)
    assert now and now.position.embedder == "one"
    assert generations.to_write(tmp_path, "one", 8, fresh=False).number == half.number


def test_what_a_crash_left_half_written_is_made_anew_beside_it(tmp_path: Path) -> None:
    first = generations.to_write(tmp_path, "one", 8, fresh=False)
    generations.save(first, VectorPosition("one", 8, seq=4, rows=2, complete=True, dirty=True))
    assert generations.to_write(tmp_path, "one", 8, fresh=False).number == first.number + 1
    now = generations.current(tmp_path)
    assert now and now.number == first.number  # answers until then


def test_a_position_of_another_layout_does_not_count(tmp_path: Path) -> None:
    first = generations.to_write(tmp_path, "one", 8, fresh=False)
    generations.save(first, VectorPosition("one", 8, complete=True, layout=0))
    assert generations.current(tmp_path) is None
