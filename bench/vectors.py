"""Speed, recall and size of the vector scan: `python -m bench.vectors [ROWS]`.

Rows lie in clusters and a few of their numbers are much larger than the others, as real embedders give them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from ibidem.index.vector import VectorReader, VectorWriter
from ibidem.index.vectors import DEPTH, EXACT

QUESTIONS = 200
DOCUMENT_CHUNKS = 10
TOP = 10


def rows_like_real_ones(count: int, dim: int) -> np.ndarray:
    random = np.random.default_rng(0)
    centres = random.standard_normal((500, dim)).astype(np.float32)
    rows = centres[random.integers(0, 500, count)] + 0.7 * random.standard_normal((count, dim)).astype(np.float32)
    rows[:, :4] *= 4
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def measure(folder: Path, count: int, dim: int) -> dict[str, float]:
    rows = rows_like_real_ones(count, dim)
    began = time.perf_counter()
    writer = VectorWriter(folder, dim, 0)
    for start in range(0, count, DOCUMENT_CHUNKS):
        end = min(count, start + DOCUMENT_CHUNKS)
        writer.add(str(start), range(start, end), rows[start:end])
    writer.flush()
    wrote_s = time.perf_counter() - began
    random = np.random.default_rng(1)
    questions = rows[random.integers(0, count, QUESTIONS)] + 0.02 * random.standard_normal((QUESTIONS, dim))
    questions = (questions / np.linalg.norm(questions, axis=1, keepdims=True)).astype(np.float32)
    stored = rows.astype(np.float16)
    reader = VectorReader(folder, dim, count)
    took, found = [], 0
    for question in questions:
        exact = set(np.argpartition(-(rows @ question), TOP)[:TOP].tolist())
        began = time.perf_counter()
        best = [chunk for chunk, _ in reader.nearest(question, DEPTH)[:EXACT]]
        scores = stored[best].astype(np.float32) @ question
        took.append(1000 * (time.perf_counter() - began))
        found += len(exact & {best[at] for at in np.argsort(-scores)[:TOP]})
    took.sort()
    return {
        "rows": count,
        "dim": dim,
        "p50_ms": round(took[QUESTIONS // 2], 2),
        "p95_ms": round(took[int(0.95 * QUESTIONS)], 2),
        "recall_at_10": round(found / QUESTIONS / TOP, 4),
        "write_s": round(wrote_s, 2),
        "size_mb": round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for dim in (384, 1024):
        with tempfile.TemporaryDirectory() as folder:
            print(measure(Path(folder), count, dim), flush=True)


if __name__ == "__main__":
    main()
