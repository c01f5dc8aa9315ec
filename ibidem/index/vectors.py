"""The vectors of all workspaces: matrices opened on use, brought up to date in a child, their best scored exactly."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from ibidem.errors import IndexUnavailable
from ibidem.index import vector_generation as generations
from ibidem.index.indexes import Call
from ibidem.index.lexical import Ranking
from ibidem.index.vector_generation import VectorPosition
from ibidem.store.database import Database
from ibidem.store.vectors import find_embedder, vectors_of_chunks

if TYPE_CHECKING:  # numpy is loaded where the first vector is met: a server without an embedder does without
    from ibidem.index.vector import F32, VectorReader

OPEN_READERS = 16  # the least recently used one is closed beyond that
DEPTH = 200  # chunks that the dense channel offers
EXACT = 100  # of them, so many are scored with the store's float16


class Vectors:
    """Search side and replay side of every workspace's matrix. All methods may be called from any thread."""

    def __init__(self, folder: Path, db: Database, call: Call | None) -> None:
        self._folder = folder
        self._db = db
        self._call = call  # None: only reading
        self._readers: OrderedDict[int, tuple[VectorPosition, VectorReader]] = OrderedDict()
        self._guard = threading.Lock()
        self._replaying = threading.Lock()

    def position(self, workspace: int) -> VectorPosition | None:
        """Which embedder's vectors answer for the workspace now; None while there are none."""
        with self._guard:
            if known := self._readers.get(workspace):
                return known[0]
        generation = generations.current(self._place(workspace))
        return generation.position if generation else None

    def rank(self, workspace: int, owner: int, query: F32, embedder: VectorPosition, limit: int = DEPTH) -> Ranking:
        """The chunks nearest to `query`, a unit vector of that embedder: (chunk, cosine), best first.

        The first 100 are exact, the rest to about 0.01. Raises IndexUnavailable.
        """
        import numpy as np

        from ibidem.index.vector import unpacked

        position, reader = self._reader(workspace)
        row = find_embedder(self._db, position.embedder, position.dim)
        if (position.embedder, position.dim) != (embedder.embedder, embedder.dim) or row is None:
            return []  # switched in this very moment
        rough = reader.nearest(query, limit)
        stored = vectors_of_chunks(self._db, owner, row, [chunk for chunk, _ in rough[:EXACT]])
        exact = [(chunk, float(np.max(unpacked(packed, position.dim) @ query))) for chunk, packed in stored if packed]
        return sorted(exact + rough[EXACT:], key=lambda hit: -hit[1])

    def replay(self, workspace: int, embedder: str, dim: int, *, fresh: bool = False) -> None:
        """Bring the matrix up to what is embedded. Raises ChildFailed, IndexUnavailable."""
        if self._call is None:
            raise IndexUnavailable("the vectors are open for reading only", hint="stop the other process first")
        payload = {
            "database": str(self._db.path),
            "folder": str(self._place(workspace)),
            "workspace": workspace,
            "embedder": embedder,
            "dim": dim,
            "fresh": fresh,
        }
        with self._replaying:
            try:
                for _ in self._call("ibidem.index.vector_replay:replay", payload):
                    pass
            finally:  # a child that is lost may have switched already
                self.forget(workspace)

    def forget(self, workspace: int) -> None:
        """The next search opens the matrix anew; those under way end with the one they have."""
        with self._guard:
            self._readers.pop(workspace, None)

    def close(self) -> None:
        with self._guard:
            self._readers.clear()

    def _reader(self, workspace: int) -> tuple[VectorPosition, VectorReader]:
        from ibidem.index.vector import VectorReader

        with self._guard:
            if known := self._readers.get(workspace):
                self._readers.move_to_end(workspace)
                return known
            generation = generations.current(self._place(workspace))
            if generation is None:
                raise IndexUnavailable("the workspace has no vectors yet", hint="they are made in the background")
            position = generation.position
            try:
                reader = VectorReader(generation.folder, position.dim, position.rows)
            except (OSError, ValueError) as error:
                raise IndexUnavailable(
                    f"the vectors cannot be opened: {error}", hint="run `ibidem index rebuild`"
                ) from error
            self._readers[workspace] = (position, reader)
            if len(self._readers) > OPEN_READERS:
                self._readers.popitem(last=False)
            return position, reader

    def _place(self, workspace: int) -> Path:
        return self._folder / str(workspace) / "vectors"
