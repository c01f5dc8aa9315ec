"""Vectors of chunks: which are missing, in the order of the change log; what is stored; what is swept.

A vector is stored for a text and an embedder: text that stays, moves or stands in two files is embedded once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from ibidem.errors import IbidemError
from ibidem.store.database import Database

T = TypeVar("T")

SWEEP_ROWS = 400  # rows deleted in one transaction: a few milliseconds
PAGE_CHANGES = 200
MARKS = 500  # values bound to one statement
KEPT_EMBEDDERS = 2  # the present one, and the one before it to go back to: until a third is used
UNUSED_KEPT_S = 7 * 86400.0  # vectors whose text has gone are kept so long, should it come back
UNUSED_KEPT = 20_000  # but no more than these: 15 MB at 384 numbers, 40 MB at 1,024


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A chunk that has no vectors yet. `version` guards against its row having been swept and taken anew."""

    id: int
    owner: int
    document: str
    version: int
    text: str

    @property
    def text_hash(self) -> bytes:
        return blake2b(self.text.encode("utf-8", "replace"), digest_size=16).digest()


def embedder_id(db: Database, name: str, dim: int, now: float) -> int:
    """The row of that embedder, made where there is none, and marked as used."""

    def upsert(tx: sqlite3.Connection) -> int:
        row = tx.execute(
            "INSERT INTO embedder (name, dim, used_at) VALUES (?, ?, ?)"
            " ON CONFLICT (name, dim) DO UPDATE SET used_at = excluded.used_at RETURNING id",
            (name, dim, now),
        ).fetchone()
        return int(row["id"])

    return db.write(upsert)


def find_embedder(db: Database, name: str, dim: int) -> int | None:
    row = db.read_one("SELECT id FROM embedder WHERE name = ? AND dim = ?", (name, dim))
    return row["id"] if row else None


# --- filling -------------------------------------------------------------------------------------------------------


def workspaces_to_embed(db: Database, embedder: int) -> list[int]:
    """Workspaces with changes whose chunks may lack vectors."""
    rows = db.read(
        "SELECT c.workspace FROM change AS c LEFT JOIN embedded AS e ON e.workspace = c.workspace AND e.embedder = ?"
        " GROUP BY c.workspace HAVING max(c.seq) > coalesce(max(e.seq), 0)",
        (embedder,),
    )
    return [row["workspace"] for row in rows]


def workspaces_embedded(db: Database, embedder: int) -> list[int]:
    """Workspaces that have been embedded as far as it went."""
    rows = db.read(
        "SELECT e.workspace FROM embedded AS e JOIN workspace AS w ON w.id = e.workspace WHERE e.embedder = ?",
        (embedder,),
    )
    return [row["workspace"] for row in rows]


def embedded_seq(db: Database, workspace: int, embedder: int) -> int:
    """The change up to which every chunk has its vectors."""
    row = db.read_one("SELECT seq FROM embedded WHERE workspace = ? AND embedder = ?", (workspace, embedder))
    return row["seq"] if row else 0


def unembedded(db: Database, workspace: int, embedder: int, limit: int) -> tuple[list[Unembedded], int]:
    """The next chunks without vectors, and the change that is done once these have theirs."""
    seq = embedded_seq(db, workspace, embedder)
    found: list[Unembedded] = []
    while True:
        changes = db.read(
            "SELECT seq, owner, document, deleted FROM change WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT ?",
            (workspace, seq, PAGE_CHANGES),
        )
        for change in changes:
            if not change["deleted"]:
                room = limit - len(found)
                lacking = _lacking(db, change["owner"], change["document"], embedder, room + 1)
                found += lacking[:room]
                if len(lacking) > room:
                    return found, seq
            seq = change["seq"]
        if len(changes) < PAGE_CHANGES:
            return found, seq


def _lacking(db: Database, owner: int, document: str, embedder: int, limit: int) -> list[Unembedded]:
    rows = db.read(
        "SELECT c.id, c.owner, c.document, c.version,"
        " CASE WHEN c.heading = '' THEN c.text ELSE c.heading || char(10) || c.text END AS text"
        " FROM document AS d JOIN chunk AS c ON c.document = d.id AND c.version = d.version"
        " LEFT JOIN chunk_embedding AS l ON l.chunk = c.id AND l.embedder = ?"
        " WHERE d.id = ? AND d.owner = ? AND l.chunk IS NULL ORDER BY c.ordinal LIMIT ?",
        (embedder, document, owner, limit),
    )
    return [Unembedded(**dict(row)) for row in rows]


def known_hashes(db: Database, owner: int, embedder: int, hashes: Iterable[bytes]) -> set[bytes]:
    """Those of the texts that have been embedded before."""
    known: set[bytes] = set()
    for some in _batches(hashes, MARKS):
        marks = ",".join("?" * len(some))
        rows = db.read(
            f"SELECT text_hash FROM embedding WHERE owner = ? AND embedder = ? AND text_hash IN ({marks})",
            (owner, embedder, *some),
        )
        known.update(row["text_hash"] for row in rows)
    return known


def store_vectors(tx: sqlite3.Connection, embedder: int, vectors: Iterable[tuple[Unembedded, bytes]]) -> None:
    """Keep a text's vectors (float16 bytes) and give them to its chunk, unless that is gone."""
    for chunk, packed in vectors:
        tx.execute(
            "INSERT INTO embedding (owner, embedder, text_hash, vectors) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (chunk.owner, embedder, chunk.text_hash, packed),
        )
        link(tx, embedder, [chunk])


def link(tx: sqlite3.Connection, embedder: int, chunks: Iterable[Unembedded]) -> None:
    """Give chunks the vectors that their texts have already."""
    tx.executemany(
        "INSERT OR IGNORE INTO chunk_embedding (chunk, embedder, embedding) SELECT c.id, e.embedder, e.id"
        " FROM chunk AS c JOIN embedding AS e ON e.owner = c.owner"
        " WHERE c.id = ? AND c.document = ? AND c.version = ? AND e.owner = ? AND e.embedder = ? AND e.text_hash = ?",
        [(chunk.id, chunk.document, chunk.version, chunk.owner, embedder, chunk.text_hash) for chunk in chunks],
    )


def advance(tx: sqlite3.Connection, workspace: int, embedder: int, seq: int) -> None:
    """Every chunk up to this change has its vectors."""
    tx.execute(
        "INSERT INTO embedded (workspace, embedder, seq) VALUES (?, ?, ?)"
        " ON CONFLICT (workspace, embedder) DO UPDATE SET seq = excluded.seq",
        (workspace, embedder, seq),
    )


# --- reading -------------------------------------------------------------------------------------------------------


def vectors_of_document(db: Database, owner: int, document: str, embedder: int) -> list[tuple[int, bytes]]:
    """The document's chunks that have vectors, with their float16 bytes."""
    rows = db.read(
        "SELECT c.id, e.vectors FROM document AS d JOIN chunk AS c ON c.document = d.id AND c.version = d.version"
        " JOIN chunk_embedding AS l ON l.chunk = c.id AND l.embedder = ? JOIN embedding AS e ON e.id = l.embedding"
        " WHERE d.id = ? AND d.owner = ? AND e.vectors <> x'' ORDER BY c.ordinal",
        (embedder, document, owner),
    )
    return [(row["id"], row["vectors"]) for row in rows]


def vectors_of_chunks(db: Database, owner: int, embedder: int, chunks: Sequence[int]) -> list[tuple[int, bytes]]:
    """The float16 bytes of these chunks, those that are still there. CROSS JOIN: from the chunks, not from every vector."""
    marks = ",".join("?" * len(chunks))
    rows = db.read(
        "SELECT l.chunk, e.vectors FROM chunk_embedding AS l CROSS JOIN embedding AS e ON e.id = l.embedding"
        f" WHERE l.embedder = ? AND e.owner = ? AND l.chunk IN ({marks})",
        (embedder, owner, *chunks),
    )
    return [(row["chunk"], row["vectors"]) for row in rows]


def count_embedded(db: Database, owner: int, name: str, *, workspace: int) -> tuple[int, int]:
    """(chunks that have vectors of that embedder, chunks)."""
    if not _there(db):
        return 0, 0
    row = db.read_one(
        "SELECT count(c.id) AS chunks, count(l.chunk) AS embedded FROM document AS d"
        " JOIN chunk AS c ON c.document = d.id AND c.version = d.version LEFT JOIN chunk_embedding AS l ON l.chunk = c.id"
        " AND l.embedder = (SELECT id FROM embedder WHERE name = ? ORDER BY used_at DESC LIMIT 1)"
        " WHERE d.owner = ? AND d.workspace = ?",
        (name, owner, workspace),
    )
    return (row["embedded"], row["chunks"]) if row else (0, 0)


# --- failures ------------------------------------------------------------------------------------------------------


def note_failure(db: Database, name: str, error: IbidemError, now: float) -> None:
    db.write(
        lambda tx: tx.execute(
            "INSERT OR REPLACE INTO embedder_failure (name, code, message, hint, failed_at) VALUES (?, ?, ?, ?, ?)",
            (name, error.code, error.message, error.hint, now),
        )
    )


def forget_failure(db: Database, name: str) -> None:
    if failure(db, name):
        db.write(lambda tx: tx.execute("DELETE FROM embedder_failure WHERE name = ?", (name,)))


def failure(db: Database, name: str) -> dict[str, str] | None:
    """`{"code", "message", "hint"}` of what the embedder failed with last, if it has not worked since."""
    if not _there(db):
        return None
    row = db.read_one("SELECT code, message, hint FROM embedder_failure WHERE name = ?", (name,))
    return dict(row) if row else None


def _there(db: Database) -> bool:
    """A store that is only read may not have been brought up to date yet."""
    return db.read_one("SELECT 1 FROM sqlite_master WHERE name = 'embedder_failure'") is not None


# --- leaving -------------------------------------------------------------------------------------------------------


def sweep_vectors(db: Database, now: float) -> Iterator[int]:
    """Delete what older embedders made, what no chunk has had for long, and the positions of deleted workspaces.

    Step by step: yields after each.
    """
    db.write(lambda tx: tx.execute("DELETE FROM embedded WHERE workspace NOT IN (SELECT id FROM workspace)"))
    old = db.read("SELECT id FROM embedder ORDER BY used_at DESC, id DESC LIMIT -1 OFFSET ?", (KEPT_EMBEDDERS,))
    for row in old:
        yield from _drop_embedder(db, row["id"])
    back = db.read(
        "SELECT id FROM embedding AS e WHERE unused_at IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM chunk_embedding WHERE embedding = e.id)"
    )
    yield from _mark(db, [row["id"] for row in back], None)
    unused = db.read(
        "SELECT id, unused_at FROM embedding AS e"
        " WHERE NOT EXISTS (SELECT 1 FROM chunk_embedding WHERE embedding = e.id)"
        " ORDER BY coalesce(unused_at, ?) DESC, id DESC",
        (now,),
    )
    yield from _mark(db, [row["id"] for row in unused[:UNUSED_KEPT] if row["unused_at"] is None], now)
    gone = [row["id"] for row in unused[:UNUSED_KEPT] if (row["unused_at"] or now) < now - UNUSED_KEPT_S]
    gone += [row["id"] for row in unused[UNUSED_KEPT:]]
    for some in _batches(gone, SWEEP_ROWS):
        yield db.write(partial(_drop_unused, ids=some))


def _mark(db: Database, ids: Sequence[int], unused_at: float | None) -> Iterator[int]:
    for some in _batches(ids, SWEEP_ROWS):
        rows = [(unused_at, one) for one in some]
        db.write(partial(_set_unused_at, rows=rows))
        yield len(rows)


def _set_unused_at(tx: sqlite3.Connection, rows: Sequence[tuple[float | None, int]]) -> None:
    tx.executemany("UPDATE embedding SET unused_at = ? WHERE id = ?", rows)


def _drop_embedder(db: Database, embedder: int) -> Iterator[int]:
    while linked := db.read(
        "SELECT l.chunk FROM embedding AS e JOIN chunk_embedding AS l ON l.embedding = e.id WHERE e.embedder = ? LIMIT ?",
        (embedder, SWEEP_ROWS),
    ):
        keys = [(row["chunk"], embedder) for row in linked]
        db.write(partial(_unlink, keys=keys))
        yield len(keys)
    while ids := db.read("SELECT id FROM embedding WHERE embedder = ? LIMIT ?", (embedder, SWEEP_ROWS)):
        some = [row["id"] for row in ids]
        yield db.write(partial(_drop_unused, ids=some))

    def drop(tx: sqlite3.Connection) -> None:
        tx.execute("DELETE FROM embedded WHERE embedder = ?", (embedder,))
        tx.execute("DELETE FROM embedder WHERE id = ?", (embedder,))

    db.write(drop)


def _unlink(tx: sqlite3.Connection, keys: Sequence[tuple[int, int]]) -> None:
    tx.executemany("DELETE FROM chunk_embedding WHERE chunk = ? AND embedder = ?", keys)


def _drop_unused(tx: sqlite3.Connection, ids: Sequence[int]) -> int:
    tx.executemany(
        "DELETE FROM embedding WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM chunk_embedding WHERE embedding = ?1)",
        [(one,) for one in ids],
    )
    return len(ids)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some
