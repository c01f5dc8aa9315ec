"""A store with documents, its indexes and vectors, all in this process: what searching needs, without reading files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ibidem.index.indexes import Indexes
from ibidem.index.vector import F32
from ibidem.index.vectors import Vectors
from ibidem.models.embed import Embedder, Kind
from ibidem.models.hashed import HashedEmbedder
from ibidem.retrieve.dense import DenseChannel
from ibidem.retrieve.rerank import TimedReranker
from ibidem.retrieve.retrieve import Context, retrieve
from ibidem.retrieve.timed import Timed
from ibidem.settings import ModelSettings, RetrieveSettings
from ibidem.store.database import Database
from ibidem.store.documents import delete_documents, sweep
from ibidem.store.migrate import migrate
from ibidem.store.readings import Reading, add_chunks, begin_reading, finish_reading, waiting_upload
from ibidem.store.uploads import add_upload
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, create_workspace, ensure_home, get_workspace
from ibidem.tasks.embedding import Embedding
from ibidem.types import Chunk, Span, estimate_tokens


def call(function: str, payload: dict[str, Any]) -> Iterator[Any]:
    """What a child would do, here; through JSON as there."""
    module, _, name = function.partition(":")
    for told in getattr(import_module(module), name)(json.loads(json.dumps(payload))):
        yield json.loads(json.dumps(told))


class RecordingEmbedder(HashedEmbedder):
    """Hashed words under another name; remembers what it embedded, and fails or changes when told to."""

    heavy = False

    def __init__(self, name: str = "recording", dim: int = 64, **options: Any) -> None:
        super().__init__(dim, **options)
        self.name = f"{name}:{dim}"
        self.seen: list[str] = []
        self.questions: list[str] = []
        self.before: Callable[[Sequence[str]], None] = lambda texts: None  # raises, waits, kills
        self.given_dim = dim

    def embed(self, texts: Sequence[str], kind: Kind = "document") -> F32:
        self.before(texts)
        (self.seen if kind == "document" else self.questions).extend(texts)
        vectors = super().embed(texts, kind)
        if self.given_dim != self.dim:
            return np.ones((len(texts), self.given_dim), np.float32) / np.sqrt(self.given_dim)
        return vectors


class Library:
    def __init__(self, folder: Path, *embedders: Embedder) -> None:
        migrate(folder / "ibidem.db", folder / "backups")
        self.folder = folder
        self.db = Database(folder / "ibidem.db")
        ensure_home(self.db, LOCAL_OWNER, 0.0)
        self.home = get_workspace(self.db, LOCAL_OWNER)
        self.indexes = Indexes(folder / "index", self.db, call)
        self.vectors = Vectors(folder / "index", self.db, call)
        self.embedders = {embedder.name: embedder for embedder in embedders}
        self.timed = Timed()
        self._count = 0

    def add(self, *texts: str, workspace: Workspace | None = None, document: str = "") -> str:
        """A document with these chunks, new or in place of the one there is."""
        place = workspace or self.home
        self._count += 1
        document_id = document or f"doc{self._count:013d}"
        if not document:
            self.db.write(lambda tx: add_upload(tx, place, document_id, f"{document_id}.txt", 1, 0.0))
        else:
            self.db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued' WHERE id = ?", (document,)))
        waiting = waiting_upload(self.db, place.owner, document_id)
        assert waiting
        chunks = [
            Chunk(n, text, Span(1000 * n, 1000 * n + len(text), n + 1, n + 1), tokens=estimate_tokens(text))
            for n, text in enumerate(texts)
        ]

        def write(tx: Any) -> None:
            (taken,) = begin_reading(tx, [waiting])
            add_chunks(tx, taken, chunks)
            finish_reading(tx, taken, Reading("ok", chunks=len(chunks)), 0.0)

        self.db.write(write)
        self.indexes.replay(place.id)
        return document_id

    def delete(self, document_id: str) -> None:
        self.db.write(lambda tx: delete_documents(tx, LOCAL_OWNER, [document_id]))
        self.indexes.replay(self.home.id)

    def sweep(self) -> None:
        while sweep(self.db):
            pass

    def workspace(self, name: str, owner: int = LOCAL_OWNER) -> Workspace:
        return create_workspace(self.db, owner, name, time.time())

    def embedding(self, name: str) -> Embedding:
        return Embedding(
            self.db, self.vectors, ModelSettings(embedder=name), open_embedder=self.embedders.__getitem__, call=call
        )

    def fill(self, name: str) -> bool:
        return self.embedding(name).fill()

    def search(
        self,
        question: str,
        workspace: Workspace | None = None,
        *,
        dense: bool = True,
        reranker: TimedReranker | None = None,
        budget_ms: int = 5000,
    ) -> Context:
        channel = DenseChannel(self.vectors, self.embedders.__getitem__, self.timed, budget_ms=budget_ms)
        return retrieve(
            question,
            workspace or self.home,
            indexes=self.indexes,
            db=self.db,
            settings=RetrieveSettings(),
            dense=channel if dense else None,
            reranker=reranker,
        )

    def count(self, table: str) -> int:
        row = self.db.read_one(f"SELECT count(*) AS n FROM {table}")
        return row["n"] if row else 0

    def close(self) -> None:
        self.timed.close()
        self.vectors.close()
        self.indexes.close()
        self.db.close()


def texts(context: Context) -> list[str]:
    return [ranked.stored.chunk.text for ranked in context.ranked]


def scores(context: Context) -> dict[str, float]:
    return {ranked.stored.chunk.text: round(ranked.score, 6) for ranked in context.ranked}
