"""One contiguous int8 matrix a workspace, memory-mapped: an exact scan finds the rows nearest to a question's vector.

`codes` holds a row for each window of a chunk, `rows` what it belongs to. The store is the truth: a scan's best are
scored again with the store's float16 vectors, so a row that is being overwritten while it is read does no harm. A deleted row is
overwritten by the last one, so both files stay contiguous; they only grow, and a new generation is as small as it can be.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np
import simsimd
from numpy.typing import NDArray

from ibidem.errors import IndexUnavailable

F32 = NDArray[np.float32]
I8 = NDArray[np.int8]
Rows = NDArray[np.void]  # of ROW

ROW = np.dtype([("document", "<u8"), ("chunk", "<i8"), ("scale", "<f4"), ("unused", "<u4")])
MIN_ROWS = 1024  # room of a new matrix
GROWTH = 1.25


class VectorReader:
    """The first `rows` rows of a matrix as they were when it was opened; opening anew costs some 100 microseconds."""

    def __init__(self, folder: Path, dim: int, rows: int) -> None:
        codes, entries = _map(folder, dim, "r")
        if len(codes) < rows:
            raise IndexUnavailable(f"the vectors in {folder} are cut off", hint="run `ibidem index rebuild`")
        self._codes: I8 = codes[:rows]
        self._rows: Rows = entries[:rows]

    def nearest(self, query: F32, limit: int) -> list[tuple[int, float]]:
        """(chunk, cosine to about 0.01) of the nearest rows, best first; a chunk of several windows has its best one."""
        if not len(self._codes):
            return []
        code, scale = quantize(query[None, :])
        dots = np.asarray(simsimd.cdist(code, self._codes, "dot", out_dtype="float32"))[0]
        rough = dots * self._rows["scale"] * scale[0]
        best = np.arange(len(rough)) if len(rough) <= limit else np.argpartition(rough, -limit)[-limit:]
        found: dict[int, float] = {}
        for row in best[np.argsort(-rough[best])]:
            found.setdefault(int(self._rows["chunk"][row]), float(rough[row]))
        return list(found.items())


class VectorWriter:
    """The one writer of a matrix; `flush` makes `rows` of them lasting."""

    def __init__(self, folder: Path, dim: int, rows: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._dim = folder, dim
        self.rows = rows
        _grow(folder, dim, max(MIN_ROWS, rows))
        self._codes, self._rows = _map(folder, dim, "r+")
        self._held = set(self._rows["document"][:rows].tolist())

    def delete(self, document_id: str) -> None:
        key = _key(document_id)
        if key not in self._held:
            return
        for row in np.flatnonzero(self._rows["document"][: self.rows] == key)[::-1]:
            self.rows -= 1
            self._codes[row] = self._codes[self.rows]
            self._rows[row] = self._rows[self.rows]
        self._held.discard(key)

    def add(self, document_id: str, chunks: Sequence[int], vectors: F32) -> None:
        """A row for each of `vectors`, shape (len(chunks), dim); a chunk may come more than once."""
        end = self.rows + len(chunks)
        if end > len(self._codes):
            _grow(self._folder, self._dim, int(end * GROWTH))
            self._codes, self._rows = _map(self._folder, self._dim, "r+")
        key = _key(document_id)
        self._codes[self.rows : end], scales = quantize(vectors)
        entries = self._rows[self.rows : end]
        entries["document"], entries["chunk"], entries["scale"] = key, chunks, scales
        self._held.add(key)
        self.rows = end

    def flush(self) -> None:
        self._codes.flush()
        self._rows.flush()


def quantize(vectors: F32) -> tuple[NDArray[np.int8], F32]:
    """Rows as int8 with a scale each: the row is about `code * scale`."""
    scales = np.abs(vectors).max(axis=1, keepdims=True) / 127
    codes = np.rint(vectors / np.where(scales > 0, scales, 1)).astype(np.int8)
    return codes, scales[:, 0].astype(np.float32)


def unpacked(stored: bytes, dim: int) -> F32:
    """The store's float16 bytes as float32, shape (windows, dim)."""
    return np.frombuffer(stored, np.dtype("<f2")).astype(np.float32).reshape(-1, dim)


def rows_on_disk(folder: Path, dim: int) -> int:
    """How many whole rows both files have room for."""
    try:
        codes, rows = (folder / "codes").stat().st_size, (folder / "rows").stat().st_size
    except FileNotFoundError:
        return 0
    return min(codes // dim, rows // ROW.itemsize)


def _key(document_id: str) -> int:
    return int.from_bytes(blake2b(document_id.encode(), digest_size=8).digest(), "little")


def _map(folder: Path, dim: int, mode: Literal["r", "r+"]) -> tuple[np.memmap[Any, Any], np.memmap[Any, Any]]:
    count = rows_on_disk(folder, dim)
    if not count:
        raise IndexUnavailable(f"there are no vectors in {folder}", hint="run `ibidem index rebuild`")
    codes = np.memmap(folder / "codes", np.int8, mode, shape=(count, dim))
    rows = np.memmap(folder / "rows", ROW, mode, shape=(count,))
    return codes, rows


def _grow(folder: Path, dim: int, rows: int) -> None:
    """Give both files room for `rows` rows. Really taken, not sparse: a full disk is an error here, not a crash later."""
    for name, row_bytes in (("codes", dim), ("rows", ROW.itemsize)):
        handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            missing = rows * row_bytes - os.fstat(handle).st_size
            if missing > 0 and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, rows * row_bytes - missing, missing)
            elif missing > 0:  # macOS
                os.ftruncate(handle, rows * row_bytes)
        finally:
            os.close(handle)
