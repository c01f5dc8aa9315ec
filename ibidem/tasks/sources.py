"""Folders and files kept in step with the store: a whole walk, or the few paths that a watcher names."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from ibidem.ingest.children import Children
from ibidem.ingest.walk import Found, allowed
from ibidem.store.database import Database
from ibidem.store.documents import (
    Known,
    Stat,
    count_by_state,
    delete_documents,
    files_below,
    known_files,
    queue_files,
    skip_files,
)
from ibidem.store.readings import waiting_files
from ibidem.store.workspaces import Source, set_source_scanned, set_source_state
from ibidem.tasks.reading import Reader

STEP_ROWS = 300  # rows a transaction
READ_AHEAD = 200  # documents taken at once: what a stop has to put back

T = TypeVar("T")


class Sources:
    """Brings sources in step. Plain functions for a worker thread; `stop` ends them between two files."""

    def __init__(
        self,
        db: Database,
        children: Children,
        bulk: Reader,
        quick: Reader,
        *,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = db
        self._children = children
        self._bulk = bulk  # for whole walks
        self._quick = quick  # for a saved file, which does not wait behind a walk
        self._changed = changed
        self._clock = clock

    def sync(self, source: Source, progress: dict[str, Any], stop: threading.Event) -> None:
        """Walk the source, queue what is new or changed, drop what is gone, read what waits."""
        root = Path(os.fsdecode(source.root))
        if not root.exists():
            self._missing(source)
            return
        self._db.write(lambda tx: set_source_state(tx, source, "syncing"))
        progress.update(stage="scanning", done=0, total=0)
        ignored = self._compare(source, progress, stop)
        self._changed()
        self._read_waiting(source, progress, stop)
        if not stop.is_set():
            self._db.write(lambda tx: set_source_scanned(tx, source, ignored=ignored, now=self._clock()))

    def refresh(self, source: Source, paths: Iterable[bytes], stop: threading.Event) -> None:
        """Look at these paths alone, each relative to the source's root."""
        root = Path(os.fsdecode(source.root))
        if not root.exists():
            self._missing(source)
            return
        found: list[tuple[bytes, Stat]] = []
        left: list[tuple[bytes, str]] = []
        gone: list[str] = []
        for path in paths:
            entry = allowed(root, path)
            if isinstance(entry, Found):
                found.append((path, _stat(entry)))
            elif entry is None or entry.reason == "ignored":
                gone += files_below(self._db, source, path)
            elif not entry.folder:
                left.append((path, entry.reason))
        known = known_files(self._db, source)
        fresh = [(path, stat) for path, stat in found if _is_new(known.get(path), stat)]
        self._store(source, fresh, left, gone)
        self._changed()
        ids = {path for path, _ in fresh}
        while not stop.is_set():
            waiting = [document for document in waiting_files(self._db, source, 10_000) if document.raw_path in ids]
            if not waiting or not self._quick.read(waiting, _locate(source), stop):
                return

    def _missing(self, source: Source) -> None:
        """The folder is not there: an unplugged disk is no reason to forget its documents."""
        reason = f"{source.path} is not there; its documents are kept until it is back, or until the source is removed"
        self._db.write(lambda tx: set_source_state(tx, source, "missing", reason=reason))

    def _compare(self, source: Source, progress: dict[str, Any], stop: threading.Event) -> int:
        """Store what the walk found. Returns how many entries the ignore rules left out."""
        known = known_files(self._db, source)
        seen: set[bytes] = set()
        ignored = 0
        for told in self._children.call("ibidem.ingest.calls:walk_source", {"root": os.fsdecode(source.root)}):
            if stop.is_set():
                return ignored
            found = [(os.fsencode(path), Stat(*stat)) for path, *stat in told["found"]]
            left = [
                (os.fsencode(path), reason)
                for path, reason, folder in told["left"]
                if reason != "ignored" and not folder
            ]
            ignored += sum(1 for _, reason, folder in told["left"] if reason == "ignored" or folder)
            fresh = [(path, stat) for path, stat in found if _is_new(known.get(path), stat)]
            newly_left = [(path, reason) for path, reason in left if _is_newly_left(known.get(path), reason)]
            seen.update(path for path, _ in found)
            seen.update(path for path, _ in left)
            self._store(source, fresh, newly_left, [])
            progress["total"] = len(seen)
        self._store(source, [], [], [file.id for path, file in known.items() if path not in seen])
        return ignored

    def _store(
        self,
        source: Source,
        found: Sequence[tuple[bytes, Stat]],
        left: Sequence[tuple[bytes, str]],
        gone: Sequence[str],
    ) -> None:
        now = self._clock()
        for files in steps(found):
            self._db.write(partial(queue_files, source=source, files=files, now=now))
        for skipped in steps(left):
            self._db.write(partial(skip_files, source=source, files=skipped, now=now))
        for ids in steps(gone):
            self._db.write(partial(delete_documents, owner=source.owner, ids=ids))

    def _read_waiting(self, source: Source, progress: dict[str, Any], stop: threading.Event) -> None:
        waiting = count_by_state(self._db, source.owner, source=source.id).get("queued", 0)
        progress.update(stage="reading", done=0, total=waiting)
        while not stop.is_set() and (documents := waiting_files(self._db, source, READ_AHEAD)):
            self._bulk.read(documents, _locate(source), stop)
            left = count_by_state(self._db, source.owner, source=source.id).get("queued", 0)
            progress["done"] = max(0, waiting - left)


def _is_new(known: Known | None, stat: Stat) -> bool:
    """Read it: never seen, changed, left half read, or refused by its rights the last time."""
    return known is None or known.stat != stat or (known.state == "failed" and known.reason.startswith("permission"))


def _is_newly_left(known: Known | None, reason: str) -> bool:
    return known is None or known.state != "skipped" or known.reason != reason


def _stat(found: Found) -> Stat:
    return Stat(found.size_bytes, found.mtime_ns, found.inode)


def _locate(source: Source) -> Callable[[Any], bytes]:
    """The file of a document of this source; a source that is a file is its own only document."""
    single = os.path.isfile(source.root)

    def locate(document: Any) -> bytes:
        return source.root if single else os.path.join(source.root, document.raw_path)

    return locate


def steps(items: Sequence[T], size: int = STEP_ROWS) -> Iterator[list[T]]:
    """`items` in runs of at most `size`: one transaction each."""
    rest = iter(items)
    while step := list(islice(rest, size)):
        yield step
