"""The store's vectors -> a workspace's matrix, along the change log. Runs in a child process, as `replay` does for words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ibidem.index import vector_generation as generations
from ibidem.index.vector import VectorWriter, rows_on_disk, unpacked
from ibidem.index.vector_generation import VectorGeneration
from ibidem.store.database import Database
from ibidem.store.vectors import embedded_seq, find_embedder, vectors_of_document

PAGE_CHANGES = 500
ALIVE_S = 5.0


def replay(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bring the matrix of an embedder up to what is embedded, or make it anew beside the one that answers.

    `payload`: `{"database", "folder", "workspace", "embedder", "dim", "fresh"}`. Yields
    `{"alive": true}` in between.
    """
    folder, dim = Path(payload["folder"]), payload["dim"]
    db = Database(Path(payload["database"]), read_only=True)
    try:
        embedder = find_embedder(db, payload["embedder"], dim)
        if embedder is None:
            return
        until = embedded_seq(db, payload["workspace"], embedder)
        generation = generations.to_write(folder, payload["embedder"], dim, fresh=payload["fresh"])
        at = generation.position
        if at.seq > until or rows_on_disk(generation.folder, dim) < at.rows:  # an older store, or a file cut off
            generation = generations.to_write(folder, payload["embedder"], dim, fresh=True)
        if generation.position.seq != until or not generation.position.complete:
            yield from _catch_up(db, payload["workspace"], embedder, generation, until)
        generations.drop_others(folder, keep=generation)
    finally:
        db.close()


def _catch_up(
    db: Database, workspace: int, embedder: int, generation: VectorGeneration, until: int
) -> Iterator[dict[str, Any]]:
    position = generation.position
    generations.save(generation, replace(position, dirty=True))
    writer = VectorWriter(generation.folder, position.dim, position.rows)
    told, seq = time.monotonic(), position.seq
    while changes := db.read(
        "SELECT seq, owner, document, deleted FROM change WHERE workspace = ? AND seq > ? AND seq <= ?"
        " ORDER BY seq LIMIT ?",
        (workspace, seq, until, PAGE_CHANGES),
    ):
        for change in changes:
            writer.delete(change["document"])
            if not change["deleted"]:
                _add(db, writer, change["owner"], change["document"], embedder, position.dim)
            if time.monotonic() - told > ALIVE_S:
                told = time.monotonic()
                yield {"alive": True}
        seq = changes[-1]["seq"]
    writer.flush()
    generations.save(generation, replace(position, seq=until, rows=writer.rows, complete=True, dirty=False))


def _add(db: Database, writer: VectorWriter, owner: int, document: str, embedder: int, dim: int) -> None:
    stored = vectors_of_document(db, owner, document, embedder)
    if not stored:
        return
    windows = [unpacked(packed, dim) for _, packed in stored]
    chunks = [chunk for (chunk, _), rows in zip(stored, windows, strict=True) for _ in rows]
    writer.add(document, chunks, np.concatenate(windows))
