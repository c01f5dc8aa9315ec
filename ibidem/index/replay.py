"""The change log -> the index. Runs in child processes that read the store and write the index by themselves.

Two passes, each with a directory and a child of its own: every change at once, with bigrams for Korean; then the
morphemes of the chunks with Hangul. Replaying an entry twice does no harm: a document is deleted from the index before its present chunks are added.
"""

from __future__ import annotations

import shutil
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from sqlite3 import Row
from typing import Any

from ibidem.errors import IndexUnavailable
from ibidem.index import generation as generations
from ibidem.index.analyze import is_hangul
from ibidem.index.generation import Generation, Position
from ibidem.index.korean import morphemes
from ibidem.index.lexical import KoreanWriter, LexicalWriter
from ibidem.store.chunks import StoredChunk, chunks_of
from ibidem.store.database import Database
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


def replay_morphemes(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The second pass, up to where the first one is by then; nothing is loaded before there is Hangul.

    `payload`: `{"database", "folder", "workspace"}`. Yields `{"korean_seq"}` after each commit, `{"alive": true}` in a long
    document, and `{"bigrams": reason}` where morphemes cannot be had. While it is incomplete it is not searched, so
    that half a document in it does no harm.
    """
    folder = Path(payload["folder"])
    db = Database(Path(payload["database"]), read_only=True)
    try:
        generation = generations.current(folder)
        if generation is None or not generation.lacks_morphemes:
            return
        writer, seq = _korean_writer(generation)
        while (now := generations.current(folder)) and now.folder == generation.folder and seq < now.position.seq:
            changes = _changes(db, payload["workspace"], after=seq, up_to=now.position.seq)
            until = time.monotonic() + BATCH_S
            for change in changes:
                writer.delete(change["document"])
                for page in _pages(db, change):
                    for stored in filter(_has_hangul, page):
                        writer.add(stored, morphemes(f"{stored.chunk.text}\n{stored.chunk.heading}"))
                    yield {"alive": True}
                seq = change["seq"]
                if time.monotonic() > until:
                    break
            else:
                seq = seq if len(changes) == BATCH_CHANGES else now.position.seq  # the others have moved to the end
            writer.commit()
            generations.save_korean(generation, seq)
            yield {"korean_seq": seq}
        writer.close()
    except ImportError as error:
        yield {"bigrams": str(error)}
    finally:
        db.close()


def _korean_writer(generation: Generation) -> tuple[KoreanWriter, int]:
    """The writer, and the last change that its directory holds: none of a new or damaged one."""
    if generation.korean_seq:
        with suppress(IndexUnavailable):
            return KoreanWriter(generation.korean), generation.korean_seq
    shutil.rmtree(generation.korean, ignore_errors=True)
    return KoreanWriter(generation.korean), 0


def _from_another_store(db: Database, folder: Path) -> bool:
    """The index is ahead of the change log: the store is an older one, restored."""
    found = generations.generations(folder)
    last = db.read_one("SELECT coalesce(max(seq), 0) AS seq FROM change")
    return bool(found and last and found[-1].position.seq > last["seq"])


def _catch_up(db: Database, workspace: int, writer: LexicalWriter, generation: Generation) -> Iterator[dict[str, Any]]:
    seq = generation.position.seq
    hangul_seq = generation.position.hangul_seq
    while changes := _changes(db, workspace, after=seq):
        until = time.monotonic() + BATCH_S
        for change in changes:
            writer.delete(change["document"])
            seq = change["seq"]
            starts = [] if change["deleted"] else definition_starts(db, change["owner"], change["document"])
            for page in _pages(db, change):
                for stored in page:
                    writer.add(stored, heads(stored.chunk, starts))
                    if hangul_seq < seq and _has_hangul(stored):
                        hangul_seq = seq
                if len(page) == PAGE_CHUNKS:
                    yield {"alive": True}
            if time.monotonic() > until:
                break
        writer.commit()
        generations.save(generation, Position(seq=seq, complete=generation.position.complete, hangul_seq=hangul_seq))
        yield {"seq": seq, "generation": generation.number}
    generations.save(generation, Position(seq=seq, complete=True, hangul_seq=hangul_seq))
    yield {"seq": seq, "generation": generation.number}


def _changes(db: Database, workspace: int, *, after: int, up_to: int = (1 << 63) - 1) -> list[Row]:
    return db.read(
        "SELECT seq, owner, document, deleted FROM change"
        " WHERE workspace = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        (workspace, after, up_to, BATCH_CHANGES),
    )


def _pages(db: Database, change: Row) -> Iterator[list[StoredChunk]]:
    """The present chunks of a changed document, PAGE_CHUNKS at a time; a deleted one has none."""
    after = -1
    while not change["deleted"]:
        page = chunks_of(db, change["owner"], change["document"], after=after, limit=PAGE_CHUNKS)
        if page:
            yield page
        if len(page) < PAGE_CHUNKS:
            return
        after = page[-1].chunk.ordinal


def _has_hangul(stored: StoredChunk) -> bool:
    return is_hangul(stored.chunk.text) or is_hangul(stored.chunk.heading)


def heads(chunk: Chunk, starts: Sequence[tuple[int, int]]) -> str:
    """Signature, docstring and first lines of the definitions that begin in a chunk; `starts` are spans in order."""
    span = chunk.span
    low, high = bisect_left(starts, (span.start_char,)), bisect_left(starts, (span.end_char,))
    return "\n".join(
        chunk.text[start - span.start_char : min(end - span.start_char, start - span.start_char + HEAD_CHARS)]
        for start, end in starts[low:high]
    )
