"""Chunks without vectors get them, in the background: the change log says which, answers go first, a failure waits.

What is embedded is stored at once, so a kill loses one call's work. A workspace's matrix follows when it is complete, and
every few seconds from then on. Another embedder is built beside the present one, which answers until then.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from importlib import import_module
from itertools import groupby

from ibidem.errors import (
    ChildFailed,
    ContextTooLong,
    EngineCrashed,
    IbidemError,
    ModelCutOff,
    ModelRejected,
    StoreError,
    VectorsUnusable,
)
from ibidem.index.indexes import Call
from ibidem.index.vectors import Vectors
from ibidem.models.embed import Embedder, embed_documents, packed
from ibidem.settings import ModelSettings
from ibidem.store import vectors as store
from ibidem.store.database import Database
from ibidem.store.vectors import Unembedded
from ibidem.tasks.threads import in_daemon

log = logging.getLogger(__name__)

POLL_S = 5.0  # the change log is looked at so often without being told
RETRY_S = 15.0  # after a failure; twice as long after each further one
RETRY_MAX_S = 300.0
GATHERED = 512  # chunks put in order of their length together
CALL_CHUNKS = 64  # chunks embedded and stored together, at most: what a kill can lose
FIRST_CALL_CHUNKS = 8  # while it is not known how long they take
CALL_S = 0.5  # fewer than 64 are embedded together where these take longer: a question waits behind a call
PAUSES_S = (0.5, 2.0, 8.0)  # before a server's "try again" is believed to be a failure
PAUSE_MAX_S = 60.0  # of what a server asks for
TOO_MANY_REQUESTS = 429
SHOWN_S = 3.0  # a complete matrix learns of what is new so often while more is being embedded
YIELD_S = 0.05
YIELD_MAX_S = 20.0  # answers without a pause must not starve it
SWEEP_AFTER_S = 30.0  # chunks that count no more are swept before, and leave vectors that nobody has
SWEEP_PAUSE_S = 0.01  # streams share the writer


class Embedding:
    """The background work of one embedder."""

    def __init__(
        self,
        db: Database,
        vectors: Vectors,
        settings: ModelSettings,
        *,
        open_embedder: Callable[[str], Embedder],
        call: Call | None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._db = db
        self._vectors = vectors
        self._settings = settings
        self._open = open_embedder
        self._call = call  # runs a heavy embedder in a child; None: in this process
        self._busy = busy
        self._call_chunks = FIRST_CALL_CHUNKS
        self._row: tuple[str, int, int] | None = None  # name, dim, id
        self._sweep_at = 0.0  # once after the start, then after work
        self._stop = threading.Event()
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def changed(self) -> None:
        """The change log has grown. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed.set)

    def stop(self) -> None:
        """Come to an end after the call under way, which may fail: its child is ended. From any thread."""
        self._stop.set()

    async def run(self) -> None:
        """Fill whenever there is something to fill, until cancelled."""
        self._loop = asyncio.get_running_loop()
        pause_s = POLL_S
        await asyncio.to_thread(import_module, "ibidem.index.vector")  # numpy: no question shall wait for it
        try:
            while True:
                self._changed.clear()
                filled = False
                try:
                    filled = await in_daemon(self.fill, "embedding")
                except StoreError as error:
                    log.warning("vectors wait: %s", error)
                except Exception:  # foreign work, or a folder that goes meanwhile: the loop must outlive it
                    log.exception("no vectors were made; it is tried again")
                pause_s = POLL_S if filled else min(RETRY_MAX_S, max(RETRY_S, 2 * pause_s))
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await self._wait(filled)
        finally:
            self.stop()

    async def _wait(self, filled: bool) -> None:
        """A failed embedder is not asked again at once because a file was saved."""
        if filled:
            await self._changed.wait()
        else:
            await asyncio.Event().wait()

    def fill(self) -> bool:
        """Embed what is missing and bring every matrix up to date. False when the embedder failed: that is noted."""
        name = self._settings.embedder
        try:
            embedder = self._open(name)
            dim = embedder.dim
            row = self._row_of(embedder.name, dim)
            for workspace in store.workspaces_to_embed(self._db, row):
                self._sweep_at = time.monotonic() + SWEEP_AFTER_S
                self._fill(embedder, row, dim, workspace)
                self._follow(workspace, embedder.name, dim, row)
            for workspace in store.workspaces_embedded(self._db, row):
                self._follow(workspace, embedder.name, dim, row)
        except StoreError:
            raise
        except IbidemError as error:
            if not self._stop.is_set():
                log.warning("%s made no vectors: %s", name, error)
                store.note_failure(self._db, name, error, time.time())
            return False
        store.forget_failure(self._db, name)
        if time.monotonic() > self._sweep_at:
            self._sweep()
        return True

    def _row_of(self, name: str, dim: int) -> int:
        """The embedder's row, marked as used once a run of the program: an idle one writes nothing."""
        if self._row is None or self._row[:2] != (name, dim):
            self._row = (name, dim, store.embedder_id(self._db, name, dim, time.time()))
        return self._row[2]

    def rebuild(self, workspace: int) -> None:
        """Make the workspace's matrix anew from the store. Raises ModelError, ChildFailed."""
        embedder = self._open(self._settings.embedder)
        self._vectors.replay(workspace, embedder.name, embedder.dim, fresh=True)

    # --- one workspace -------------------------------------------------------------------------------------------------

    def _fill(self, embedder: Embedder, row: int, dim: int, workspace: int) -> None:
        shown = time.monotonic()
        while not self._stop.is_set():
            chunks, seq = store.unembedded(self._db, workspace, row, GATHERED)
            self._embed(embedder, row, dim, chunks)
            if self._stop.is_set():
                return
            self._db.write(partial(store.advance, workspace=workspace, embedder=row, seq=seq))
            if len(chunks) < GATHERED:
                return
            if time.monotonic() - shown > SHOWN_S and self._answers(workspace, embedder.name, dim):
                self._replay(workspace, embedder.name, dim, row)
                shown = time.monotonic()

    def _embed(self, embedder: Embedder, row: int, dim: int, chunks: Sequence[Unembedded]) -> None:
        """Store and link the vectors of these chunks; a text that is known already is only linked."""
        by_owner = groupby(sorted(chunks, key=lambda chunk: chunk.owner), key=lambda chunk: chunk.owner)
        for owner, group in by_owner:
            mine = list(group)
            known = store.known_hashes(self._db, owner, row, {chunk.text_hash for chunk in mine})
            new: dict[bytes, Unembedded] = {}
            for chunk in mine:
                if chunk.text_hash not in known:
                    new.setdefault(chunk.text_hash, chunk)
            ordered = sorted(new.values(), key=lambda chunk: len(chunk.text))
            while ordered:
                batch, ordered = ordered[: self._call_chunks], ordered[self._call_chunks :]
                if not self._make_room():
                    return
                began = time.monotonic()
                made = list(zip(batch, self._vectors_of(embedder, dim, [one.text for one in batch]), strict=True))
                self._learn_pace(time.monotonic() - began)
                self._db.write(partial(store.store_vectors, embedder=row, vectors=made))
            stored = {chunk.id for chunk in new.values()}
            others = [chunk for chunk in mine if chunk.id not in stored]
            for start in range(0, len(others), CALL_CHUNKS):
                some = others[start : start + CALL_CHUNKS]
                self._db.write(partial(store.link, embedder=row, chunks=some))

    def _learn_pace(self, took_s: float) -> None:
        """The next call has as many chunks as take CALL_S, but neither twice as many nor half as many as this one."""
        fitting = int(self._call_chunks * min(2.0, max(0.5, CALL_S / max(took_s, 1e-3))))
        self._call_chunks = max(1, min(CALL_CHUNKS, fitting))

    def _vectors_of(self, embedder: Embedder, dim: int, texts: Sequence[str]) -> list[bytes]:
        """Float16 bytes for each text; empty for one that the embedder fails at while it takes others."""
        try:
            return self._ask(embedder, dim, texts)
        except (ModelRejected, VectorsUnusable, ContextTooLong, ChildFailed, EngineCrashed) as error:
            if isinstance(error, ModelRejected) and error.status == TOO_MANY_REQUESTS:
                raise
            self._ask(embedder, dim, ["ibidem"])  # raises when it is not the texts' fault
            if len(texts) == 1:
                log.warning("%s refuses a text of %d characters: %s", embedder.name, len(texts[0]), error)
                return [b""]
            half = len(texts) // 2
            return [
                *self._vectors_of(embedder, dim, texts[:half]),
                *self._vectors_of(embedder, dim, texts[half:]),
            ]

    def _ask(self, embedder: Embedder, dim: int, texts: Sequence[str]) -> list[bytes]:
        """As often as it takes a server to come to itself, within limits."""
        for pause_s in PAUSES_S:
            try:
                return self._ask_once(embedder, dim, texts)
            except (ModelRejected, ModelCutOff) as error:
                if isinstance(error, ModelRejected):
                    if not error.transient:
                        raise
                    pause_s = min(PAUSE_MAX_S, max(pause_s, error.retry_after_s or 0.0))
                if self._stop.wait(pause_s):
                    raise
        return self._ask_once(embedder, dim, texts)

    def _ask_once(self, embedder: Embedder, dim: int, texts: Sequence[str]) -> list[bytes]:
        if not embedder.heavy or self._call is None:
            return [packed(vectors) for vectors in embed_documents(embedder, texts, dim)]
        payload = {"embedder": embedder.name, "models": asdict(self._settings), "texts": list(texts), "dim": dim}
        return [b64decode(told["vectors"]) for told in self._call("ibidem.models.embed:embed_in_child", payload)]

    def _make_room(self) -> bool:
        """Wait while answers are being written. False when the program stops."""
        until = time.monotonic() + YIELD_MAX_S
        while self._busy() and time.monotonic() < until:
            if self._stop.wait(YIELD_S):
                break
        return not self._stop.is_set()

    # --- matrices ------------------------------------------------------------------------------------------------------

    def _answers(self, workspace: int, name: str, dim: int) -> bool:
        position = self._vectors.position(workspace)
        return position is not None and (position.embedder, position.dim) == (name, dim)

    def _follow(self, workspace: int, name: str, dim: int, row: int) -> None:
        """A matrix that cannot be written is no fault of the embedder's, and keeps no other workspace waiting."""
        try:
            self._replay(workspace, name, dim, row)
        except ChildFailed as error:
            if not self._stop.is_set():
                log.warning("the vectors of workspace %d did not catch up: %s", workspace, error)

    def _replay(self, workspace: int, name: str, dim: int, row: int) -> None:
        if self._stop.is_set():
            return
        position = self._vectors.position(workspace)
        held = (position.embedder, position.dim, position.seq) if position else None
        if held != (name, dim, store.embedded_seq(self._db, workspace, row)):
            self._vectors.replay(workspace, name, dim)

    def _sweep(self) -> None:
        self._sweep_at = math.inf
        for _ in store.sweep_vectors(self._db, time.time()):
            if self._stop.wait(SWEEP_PAUSE_S):
                return
