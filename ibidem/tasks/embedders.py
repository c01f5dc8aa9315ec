"""The embedder of the settings at work, and another one in its place while the program runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ibidem.errors import Conflict
from ibidem.index.vectors import Vectors
from ibidem.models.embed import Embedder
from ibidem.models.families import family_of, plain_name, stored_name
from ibidem.models.found import Found
from ibidem.models.hub import hub_models
from ibidem.settings import ModelSettings
from ibidem.store.database import Database
from ibidem.store.vectors import count_embedded, failure
from ibidem.store.workspaces import list_workspaces
from ibidem.tasks.embedding import Embedding
from ibidem.tasks.models import all_models


class Embedders:
    """One `Embedding` at a time, that of the present settings; none where they name no embedder."""

    def __init__(self, settings: ModelSettings, make: Callable[[ModelSettings], Embedding]) -> None:
        self._make = make
        self._guard = threading.Lock()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._switched = asyncio.Event()
        self.now = make(settings) if settings.embedder else None

    def use(self, settings: ModelSettings) -> None:
        """From any thread. What the one before has made stays, and answers until the new one's vectors are complete."""
        with self._guard:
            before, self.now = self.now, self._make(settings) if settings.embedder and not self._stopped else None
        if before:
            before.stop()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._switched.set)

    def changed(self) -> None:
        """The change log has grown. From any thread."""
        if now := self.now:
            now.changed()

    def stop(self) -> None:
        """From any thread."""
        with self._guard:
            self._stopped = True
        if now := self.now:
            now.stop()

    async def run(self) -> None:
        """Until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._switched.clear()
            work = asyncio.create_task(self.now.run()) if self.now else None
            try:
                await self._switched.wait()
            finally:
                if work:
                    work.cancel()
                    with suppress(asyncio.CancelledError):
                        await work


# --- choosing --------------------------------------------------------------------------------------------------------------


OWN = ("embedder_languages", "embedder_document_prefix", "embedder_query_prefix", "embedder_window_tokens")


def try_embedder(name: str, settings: ModelSettings, open_embedder: Callable[[str], Embedder]) -> None:
    """Whether it makes vectors; "" needs none. Raises ModelUnknown, ModelError, and Conflict for settings made for another."""
    if not name:
        return
    if made_for_another := [key for key in OWN if getattr(settings, key) and name != settings.embedder]:
        names = ", ".join(made_for_another)
        hint = "take them out of ibidem.toml, and restart"
        raise Conflict(f"{names} under [models] are made for {settings.embedder or 'another embedder'}", hint=hint)
    open_embedder(name).embed(["ibidem"])


async def embedder_state(
    settings: ModelSettings, models_dir: Path, db: Database, vectors: Vectors, owner: int
) -> dict[str, Any]:
    """`{"embedder", "items", "workspaces", "failure"}`: what is used, what there is, how far it is."""
    found, _ = await all_models(settings, models_dir, None)
    here = [one for one in found if one.role == "embed"]
    progress = await asyncio.to_thread(_progress, settings, db, vectors, owner)
    return {"embedder": settings.embedder, "items": [*_here(here), *_to_fetch(here)], **progress}


def _here(found: Sequence[Found]) -> Iterator[dict[str, Any]]:
    for one in found:
        languages = sorted(family_of([one.name]).languages)
        about = {"name": one.name, "asked_as": one.name, "here": True, "title": one.name.partition(":")[2]}
        yield {**about, "languages": languages, "size_bytes": one.size_bytes, "licence": None}


def _to_fetch(here: Sequence[Found]) -> Iterator[dict[str, Any]]:
    """Those of the table that are not here."""
    known = {one.name for one in here}
    for row in hub_models():
        asked_as = f"llama:{Path(row.address('').rpartition('/')[2]).stem}"
        if row.role == "embed" and asked_as not in known:
            about = {"name": row.name, "asked_as": asked_as, "here": False, "title": row.title.partition(",")[0]}
            languages = sorted(family_of([row.name]).languages)
            yield {**about, "languages": languages, "size_bytes": None, "licence": row.licence}


def _progress(settings: ModelSettings, db: Database, vectors: Vectors, owner: int) -> dict[str, Any]:
    name = settings.embedder
    stored = stored_name(name, settings)
    rows = []
    for place in list_workspaces(db, owner):
        if place.owner != owner:
            continue
        embedded, chunks = count_embedded(db, owner, stored, workspace=place.id) if name else (0, 0)
        position = vectors.position(place.id) if name else None
        answering = plain_name(position.embedder) if position else None
        about = {"slug": place.slug, "name": place.name, "answering": answering}
        rows.append({**about, "embedded": embedded, "chunks": chunks})
    return {"workspaces": rows, "failure": failure(db, name) if name else None}
