"""The change log -> the index. Runs in a child process that reads the store and writes the index by itself.

Replaying an entry twice does no harm: a document is deleted from the index before its present chunks are added.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ibidem.errors import IndexUnavailable
from ibidem.index import generation as generations
from ibidem.index.generation import Generation, Position
from ibidem.index.lexical import LexicalWriter
from ibidem.store.database import Database
from ibidem.store.documents import chunks_of
from ibidem.store.symbols import definition_starts
from ibidem.types import Chunk

BATCH_S = 0.5  # a commit costs 13-100 ms whatever it holds: by time, so that new text is searchable within a second
BATCH_CHANGES = 500
HEAD_CHARS = 400  # of a definition: signature, docstring, first lines
PAGE_CHUNKS = 500  # rows held at once of a large document


def replay(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bring a workspace's index up to the end of the change log.

    `payload`: `{"database", "folder", "workspace", "fresh"}`. Yields `{"seq", "generation"}` after each commit and
    `{"alive": true}` in long ones. A damaged index is built anew beside itself.
    """
    folder, workspace = Path(payload["folder"]), payload["workspace"]
    db = Database(Path(payload["database"]), read_only=True)
    try:
        generation = generations.to_write(folder, fresh=payload["fresh"] or _from_another_store(db, folder))
        try:
            writer = LexicalWriter(generation.lexical)
        except IndexUnavailable:
            generation = generations.to_write(folder, fresh=True)
            writer = LexicalWriter(generation.lexical)
        yield from _catch_up(db, workspace, writer, generation)
        generations.drop_older(folder, keep=generation)
        writer.close()
    finally:
        db.close()


def _from_another_store(db: Database, folder: Path) -> bool:
    """The index is ahead of the change log: the store is an older one, restored."""
    found = generations.generations(folder)
    last = db.read_one("SELECT coalesce(max(seq), 0) AS seq FROM change")
    return bool(found and last and found[-1].position.seq > last["seq"])


def _catch_up(db: Database, workspace: int, writer: LexicalWriter, generation: Generation) -> Iterator[dict[str, Any]]:
    seq = generation.position.seq
    while changes := db.read(
        "SELECT seq, owner, document, deleted FROM change WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT ?",
        (workspace, seq, BATCH_CHANGES),
    ):
        until = time.monotonic() + BATCH_S
        for change in changes:
            writer.delete(change["document"])
            if not change["deleted"]:
                yield from _add(db, writer, change["owner"], change["document"])
            seq = change["seq"]
            if time.monotonic() > until:
                break
        writer.commit()
        generations.save(generation, Position(seq=seq, complete=generation.position.complete))
        yield {"seq": seq, "generation": generation.number}
    generations.save(generation, Position(seq=seq, complete=True))
    yield {"seq": seq, "generation": generation.number}


def _add(db: Database, writer: LexicalWriter, owner: int, document_id: str) -> Iterator[dict[str, Any]]:
    after = -1
    starts = definition_starts(db, owner, document_id)
    while page := chunks_of(db, owner, document_id, after=after, limit=PAGE_CHUNKS):
        for stored in page:
            writer.add(stored, heads(stored.chunk, starts))
        after = page[-1].chunk.ordinal
        if len(page) < PAGE_CHUNKS:
            return
        yield {"alive": True}


def heads(chunk: Chunk, starts: Sequence[tuple[int, int]]) -> str:
    """Signature, docstring and first lines of the definitions that begin in a chunk; `starts` are spans in order."""
    span = chunk.span
    low, high = bisect_left(starts, (span.start_char,)), bisect_left(starts, (span.end_char,))
    return "\n".join(
        chunk.text[start - span.start_char : min(end - span.start_char, start - span.start_char + HEAD_CHARS)]
        for start, end in starts[low:high]
    )
