"""Waiting documents -> chunks in the store: children read, this process only writes rows."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from ibidem.errors import ChildFailed
from ibidem.ingest.children import Children
from ibidem.ingest.wire import chunk_from_json, outline_from_json, page_from_json
from ibidem.settings import MIB, IngestSettings
from ibidem.store.database import Database
from ibidem.store.documents import Stat, delete_documents
from ibidem.store.readings import (
    Reading,
    Waiting,
    add_chunks,
    add_pages,
    begin_reading,
    finish_reading,
    keep_version,
    requeue,
)
from ibidem.store.symbols import add_outline
from ibidem.types import Chunk, Outline

BATCH_FILES = 48  # files sent to a child at once
BATCH_BYTES = MIB
WRITE_SYMBOLS = 1000  # small rows
WRITE_CHUNKS = 150  # chunks a transaction: a few milliseconds
MAX_TRIES = 3  # readings of a file that keeps changing, or takes its child down

Write = Callable[[Connection], object]


class Reader:
    """Reads documents with a pool of children and stores what they find."""

    def __init__(
        self,
        db: Database,
        children: Children,
        limits: IngestSettings,
        *,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db = db
        self._children = children
        self._limits = asdict(limits)
        self._changed = changed  # the change log has grown
        self._clock = clock

    def read(self, documents: Sequence[Waiting], locate: Callable[[Waiting], bytes], stop: threading.Event) -> int:
        """Read the documents that still wait; `locate` gives each one's file. Returns how many were taken.

        A child that is lost costs its file a try, not its neighbours; with `stop` set the rest goes on waiting.
        """
        taken = self._db.write(lambda tx: begin_reading(tx, documents))
        for batch in batches(taken):
            if stop.is_set():
                self._db.write(_all(requeue_each(batch)))
            else:
                self._read_batch(batch, locate, stop)
        return len(taken)

    def _read_batch(self, batch: Sequence[Waiting], locate: Callable[[Waiting], bytes], stop: threading.Event) -> None:
        files = [
            {"path": os.fsdecode(locate(document)), "name": document.title, **_expected(document)} for document in batch
        ]
        rows = _Rows(self._db)
        chunks: Counter[str] = Counter()
        open_files = dict(enumerate(batch))
        try:
            for told in self._children.call("ibidem.ingest.calls:read_files", {"files": files, "limits": self._limits}):
                document = batch[told["file"]]
                if "chunks" in told:
                    chunks[document.id] += len(told["chunks"])
                    rows.add_chunks(document, [chunk_from_json(chunk) for chunk in told["chunks"]])
                elif "outline" in told:
                    rows.add_outline(document, told["outline"])
                elif "pages" in told:
                    rows.add_pages(document, told["pages"])
                elif "outcome" in told:
                    rows.add(self._outcome(document, told["outcome"], chunks[document.id]))
                    del open_files[told["file"]]
        except ChildFailed as failure:
            rows.add(_all(self._lost(list(open_files.values()), failure, stop)))
        finally:
            rows.flush()
            self._changed()

    def _outcome(self, document: Waiting, outcome: dict[str, Any], chunks: int) -> Write:
        now = self._clock()
        if outcome["state"] == "changed" and "size" not in outcome:  # it is gone
            return lambda tx: delete_documents(tx, document.owner, [document.id])
        if outcome["state"] == "changed":
            if document.tries + 1 >= MAX_TRIES:
                reading = Reading("failed", "kept changing while it was read; it is read again at the next scan")
                return lambda tx: finish_reading(tx, document, reading, now)
            stat = Stat(outcome["size"], outcome["mtime_ns"], outcome["inode"])
            return lambda tx: requeue(tx, document, stat=stat, counts=True)
        reading = Reading(
            state=outcome["state"],
            reason=outcome["reason"],
            media_type=outcome["media_type"],
            encoding=outcome["encoding"],
            language=outcome["language"],
            title=outcome["title"],
            sha256=outcome["sha256"],
            chunks=chunks,
        )
        if document.version and reading.sha256 and reading.sha256 == document.sha256:
            return lambda tx: keep_version(tx, document, reading, now)
        return lambda tx: finish_reading(tx, document, reading, now)

    def _lost(self, documents: Sequence[Waiting], failure: ChildFailed, stop: threading.Event) -> Iterator[Write]:
        """What becomes of the files of a call that failed: tried again alone; a file that fails alone has failed."""
        if stop.is_set():
            yield from requeue_each(documents)
        elif len(documents) > 1:
            yield from requeue_each(documents, counts=True)
        else:
            now = self._clock()
            reading = Reading("failed", f"reading it failed: {failure.message}")
            for document in documents:
                yield partial(finish_reading, document=document, reading=reading, now=now)


class _Rows:
    """Writes collected until they are worth a transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._writes: list[Write] = []
        self._chunks = 0
        self._symbols = 0

    def add(self, write: Write) -> None:
        self._writes.append(write)

    def add_chunks(self, document: Waiting, chunks: Sequence[Chunk]) -> None:
        self._writes.append(lambda tx: add_chunks(tx, document, chunks))
        self._chunks += len(chunks)
        if self._chunks >= WRITE_CHUNKS:
            self.flush()

    def add_outline(self, document: Waiting, told: list[Any]) -> None:
        outline = outline_from_json(told)
        for start in range(0, max(len(outline.definitions), len(outline.imports), 1), WRITE_SYMBOLS):
            part = slice(start, start + WRITE_SYMBOLS)
            some = Outline(outline.definitions[part], outline.imports[part], "" if start else outline.references)
            self._writes.append(partial(add_outline, document=document, outline=some))
            self._symbols += len(some.definitions) + len(some.imports)
            if self._symbols >= WRITE_SYMBOLS:
                self.flush()

    def add_pages(self, document: Waiting, pages: Iterable[Any]) -> None:
        read = [page_from_json(page) for page in pages]
        self._writes.append(lambda tx: add_pages(tx, document, read))
        self.flush()

    def flush(self) -> None:
        if self._writes:
            self._db.write(_all(self._writes))
            self._writes, self._chunks, self._symbols = [], 0, 0


def batches(documents: Iterable[Waiting]) -> Iterator[list[Waiting]]:
    """Files for one call each: small ones together, one that was lost before alone."""
    batch: list[Waiting] = []
    size = 0
    for document in documents:
        if document.tries:
            yield [document]
            continue
        if batch and (len(batch) == BATCH_FILES or size + document.stat.size_bytes > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += document.stat.size_bytes
    if batch:
        yield batch


def requeue_each(documents: Iterable[Waiting], *, counts: bool = False) -> list[Write]:
    return [partial(requeue, document=document, counts=counts) for document in documents]


def _all(writes: Iterable[Write]) -> Write:
    def work(tx: Connection) -> None:
        for write in writes:
            write(tx)

    return work


def _expected(document: Waiting) -> dict[str, int]:
    """The file must be the one that the walk saw; an upload's bytes are ours."""
    if document.raw_path is None:
        return {}
    return {"size": document.stat.size_bytes, "mtime_ns": document.stat.mtime_ns, "inode": document.stat.inode}


def upload_path(files: Path, document_id: str) -> Path:
    """Where an uploaded document's bytes lie; ids are ours, never parts of a client's path."""
    return files / document_id
