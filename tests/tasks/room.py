"""An engine in this process, driven step by step: real store, real index, real children."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ibidem.app import App
from ibidem.ingest.children import Children
from ibidem.store.documents import source_progress
from ibidem.store.listing import list_documents
from ibidem.store.workspaces import LOCAL_OWNER, Source, Workspace, all_sources, get_source, get_workspace
from ibidem.types import Document


class Room:
    """What a test does with an engine that has no loop: walk, read, index, look."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.home: Workspace = get_workspace(app.db, LOCAL_OWNER)
        self.children_started: list[Children] = []
        self.files_read: list[str] = []
        for pool in app.pools:
            pool.call = self._noting(pool.call)  # type: ignore[method-assign]

    def _noting(self, call: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """The same call; the files that it sends to a child are written down."""

        def noted(function: str, payload: dict[str, Any]) -> Iterator[Any]:
            self.files_read += [Path(file["path"]).name for file in payload.get("files", [])]
            return call(function, payload)

        return noted

    def add(self, folder: Path) -> Source:
        source, _ = self.app.jobs.add_source(self.home, str(folder), watch=False)
        self.sync(source)
        return source

    def sync(self, source: Source, stop: threading.Event | None = None) -> None:
        self.app.sources.sync(self.source(source), {}, stop or threading.Event())
        self.app.indexes.replay_all()

    def source(self, source: Source) -> Source:
        return get_source(self.app.db, LOCAL_OWNER, source.id)

    def source_is_there(self, source: Source) -> bool:
        return any(one.id == source.id for one in all_sources(self.app.db))

    def documents(self) -> dict[str, Document]:
        found = list_documents(self.app.db, LOCAL_OWNER, workspace=None, state=None, after=None, limit=10_000)
        paths = {document.path: document for _, document in found}
        assert len(paths) == len(found), "a path stands twice"
        return paths

    def states(self) -> dict[str, str]:
        return {path: document.state for path, document in self.documents().items()}

    def counts(self, source: Source) -> Counter[str]:
        return Counter(source_progress(self.app.db, self.source(source))["counts"])

    def find(self, query: str) -> list[str]:
        return [hit.path for hit in self.app.search(query, self.home, hits=50).hits(50)]

    def in_order(self) -> None:
        """What must hold whenever nothing is under way: chunks of no dead version are found, and nobody waits."""
        assert not set(self.states().values()) & {"queued", "reading", "indexing"}
        assert self.app.indexes.behind() == []
        assert {source.state for source in all_sources(self.app.db)} <= {"ready", "missing"}
