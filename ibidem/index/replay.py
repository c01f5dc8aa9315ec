"""The change log -> the index. Runs in a child process that reads the store and writes the index by itself.

Two passes: every change at once with bigrams for Korean, then the morphemes of the chunks with Hangul.
The second has a directory of its own. Replaying an entry twice does no harm: a document is deleted before its present
chunks are added.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from ibidem.errors import IndexUnavailable
from ibidem.index import generation as generations
from ibidem.index.analyze import is_hangul
from ibidem.index.generation import Generation, Position
from ibidem.index.korean import morphemes
from ibidem.index.lexical import KoreanWriter, LexicalWriter
from ibidem.store.database import Database
from ibidem.store.documents import StoredChunk, chunks_of

BATCH_S = 0.5  # a commit costs 13-100 ms whatever it holds: by time, so that new text is searchable within a second
BATCH_CHANGES = 500
PAGE_CHUNKS = 500  # rows held at once of a large document

Told = Iterator[dict[str, Any]]


def replay(payload: dict[str, Any]) -> Told:
    """Bring a workspace's index up to the end of the change log.

    `payload`: `{"database", "folder", "workspace", "fresh", "korean"}`. Yields `{"seq", "generation", "first", "both"}`
    after each commit and `{"alive": true}` in long ones; at last `{"bigrams": reason}` where morphemes cannot be had. A
    damaged index is built anew beside itself.
    """
    folder = Path(payload["folder"])
    db = Database(Path(payload["database"]), read_only=True)
    try:
        generation = generations.to_write(folder, fresh=payload["fresh"] or _from_another_store(db, folder))
        try:
            writer = LexicalWriter(generation.lexical)
        except IndexUnavailable:
            generation = generations.to_write(folder, fresh=True)
            writer = LexicalWriter(generation.lexical)
        passes = _Passes(db, payload["workspace"], writer, generation)
        yield from passes.catch_up()
        generations.drop_older(folder, keep=generation)
        if payload["korean"]:
            yield from passes.add_morphemes()
        passes.close()
    finally:
        db.close()


def _from_another_store(db: Database, folder: Path) -> bool:
    """The index is ahead of the change log: the store is an older one, restored."""
    found = generations.generations(folder)
    last = db.read_one("SELECT coalesce(max(seq), 0) AS seq FROM change")
    return bool(found and last and found[-1].position.seq > last["seq"])


class _Passes:
    """Both passes over one generation, and how far each is."""

    def __init__(self, db: Database, workspace: int, writer: LexicalWriter, generation: Generation) -> None:
        self._db = db
        self._workspace = workspace
        self._writer = writer
        self._generation = generation
        self._position = generation.position

    def catch_up(self) -> Told:
        """The first pass, up to the end of the log."""
        while changes := self._changes(after=self._position.seq):
            until = time.monotonic() + BATCH_S
            seq, hangul = self._position.seq, False
            for change in changes:
                self._writer.delete(change["document"])
                for page in self._pages(change):
                    for stored in page:
                        self._writer.add(stored)
                        hangul = hangul or has_hangul(stored)
                    if len(page) == PAGE_CHUNKS:
                        yield {"alive": True}
                seq = change["seq"]
                if time.monotonic() > until:
                    break
            hangul = hangul or self._position.hangul  # once there is some, a change may also take it away
            korean_seq = self._position.korean_seq if hangul else seq
            yield self._commit(replace(self._position, seq=seq, hangul=hangul, korean_seq=korean_seq))
        if not self._position.complete:
            yield self._commit(replace(self._position, complete=True))

    def add_morphemes(self) -> Told:
        """The second pass. New changes do not wait for it: between its batches the first one catches up."""
        try:
            while not self._position.both:
                yield from self._add_morphemes()
        except ImportError as error:
            yield {"bigrams": str(error)}

    def _add_morphemes(self) -> Told:
        """Up to where the first pass is now. A document may be longer than a batch; half of it is harmless, as the
        directory is not read before it is complete."""
        korean = self._korean
        until = time.monotonic() + BATCH_S
        done, end = self._position.korean_seq, self._position.seq
        changes = self._changes(after=done)
        for change in changes:
            if change["seq"] > end:  # the first pass has not had it yet
                break
            korean.delete(change["document"])
            for stored in chain.from_iterable(self._pages(change)):
                if has_hangul(stored):
                    korean.add(stored, morphemes(f"{stored.chunk.text}\n{stored.chunk.heading}"))
                if time.monotonic() > until:
                    yield self._commit_morphemes(done)
                    yield from self.catch_up()
                    until = time.monotonic() + BATCH_S
            done = change["seq"]
        yield self._commit_morphemes(done if len(changes) == BATCH_CHANGES else end)

    @cached_property
    def _korean(self) -> KoreanWriter:
        folder = self._generation.korean
        if not self._position.korean_seq:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            return KoreanWriter(folder)
        except IndexUnavailable:
            shutil.rmtree(folder, ignore_errors=True)
            self._position = replace(self._position, korean_seq=0)
            return KoreanWriter(folder)

    def _changes(self, *, after: int) -> list[Any]:
        return self._db.read(
            "SELECT seq, owner, document, deleted FROM change WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT ?",
            (self._workspace, after, BATCH_CHANGES),
        )

    def _pages(self, change: Any) -> Iterator[list[StoredChunk]]:
        after = -1
        while not change["deleted"]:
            page = chunks_of(self._db, change["owner"], change["document"], after=after, limit=PAGE_CHUNKS)
            if page:
                yield page
            if len(page) < PAGE_CHUNKS:
                return
            after = page[-1].chunk.ordinal

    def _commit(self, position: Position) -> dict[str, Any]:
        self._writer.commit()
        return self._save(position)

    def _commit_morphemes(self, seq: int) -> dict[str, Any]:
        self._korean.commit()
        return self._save(replace(self._position, korean_seq=seq))

    def close(self) -> None:
        self._writer.close()
        if "_korean" in vars(self):
            self._korean.close()

    def _save(self, position: Position) -> dict[str, Any]:
        self._position = position
        self._generation = generations.save(self._generation, self._position)
        return {
            "seq": position.seq,
            "generation": self._generation.number,
            "first": self._position.complete,
            "both": self._position.both,
        }


def has_hangul(stored: StoredChunk) -> bool:
    return is_hangul(stored.chunk.text) or is_hangul(stored.chunk.heading)
