"""Definitions and imports of a workspace's source files, by name, by enclosing type, by document."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ibidem.store.chunks import CHUNK_COLUMNS, StoredChunk, stored_chunk
from ibidem.store.database import Database, Row
from ibidem.store.readings import Waiting
from ibidem.store.workspaces import Workspace
from ibidem.types import Definition, Import, Outline


@dataclass(frozen=True, slots=True)
class StoredDefinition:
    """A definition and where it stands. `id` is its row's."""

    id: int
    document_id: str
    path: str
    definition: Definition

    @property
    def full_name(self) -> str:
        one = self.definition
        return f"{one.parent}.{one.name}" if one.parent else one.name


def add_outline(tx: sqlite3.Connection, document: Waiting, outline: Outline) -> None:
    """Rows of the version that is being read."""
    place = (document.owner, document.id, document.next_version)
    tx.executemany(
        "INSERT INTO symbol (owner, document, version, name, kind, parent, start_line, end_line, start_char, end_char,"
        " signature, type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*place, *one) for one in outline.definitions],
    )
    tx.executemany(
        "INSERT INTO import (owner, document, version, module, name, alias, line) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*place, *one) for one in outline.imports],
    )


# CROSS JOIN keeps the order: left to itself the planner walks all of a workspace's documents
_SYMBOL = (
    "s.rowid AS id, s.document, d.path, s.name, s.kind, s.parent, s.start_line, s.end_line, s.start_char, s.end_char,"
    " s.signature, s.type FROM symbol AS s CROSS JOIN document AS d ON d.id = s.document AND d.version = s.version"
)
_MINE = "d.workspace = ? AND d.owner = ? AND s.owner = d.owner"


def definitions_named(db: Database, workspace: Workspace, names: Iterable[str]) -> list[StoredDefinition]:
    """Every current definition with one of the names."""
    return _select(db, workspace, "s.name", names)


def definitions_inside(db: Database, workspace: Workspace, parents: Iterable[str]) -> list[StoredDefinition]:
    """What stands directly inside one of the dotted paths, in any file."""
    return _select(db, workspace, "s.parent", (parent for parent in parents if parent))


def definitions_in(db: Database, workspace: Workspace, documents: Iterable[str]) -> list[StoredDefinition]:
    """All definitions of some documents, in order of place."""
    return _select(db, workspace, "s.document", documents)


def _select(db: Database, workspace: Workspace, column: str, values: Iterable[str]) -> list[StoredDefinition]:
    wanted = list(dict.fromkeys(values))
    found: list[StoredDefinition] = []
    for start in range(0, len(wanted), 500):  # bound variables of one statement are limited
        some = wanted[start : start + 500]
        rows = db.read(
            f"SELECT {_SYMBOL} WHERE {column} IN ({','.join('?' * len(some))}) AND {_MINE} ORDER BY s.rowid",
            (*some, workspace.id, workspace.owner),
        )
        found += map(_stored, rows)
    return found


def _stored(row: Row) -> StoredDefinition:
    row_id, document, path, *definition = tuple(row)
    return StoredDefinition(row_id, document, path, Definition(*definition))


def imports_of(db: Database, workspace: Workspace, documents: Sequence[str]) -> list[tuple[str, Import]]:
    """What some documents import, each with the document's id."""
    rows = db.read(
        "SELECT i.document, i.module, i.name, i.alias, i.line FROM import AS i"
        " JOIN document AS d ON d.id = i.document AND d.version = i.version"
        f" WHERE i.document IN ({','.join('?' * len(documents))}) AND d.workspace = ? AND d.owner = ? AND i.owner = d.owner",
        (*documents, workspace.id, workspace.owner),
    )
    return [(row["document"], Import(row["module"], row["name"], row["alias"], row["line"])) for row in rows]


def chunks_at(db: Database, workspace: Workspace, ids: Sequence[int], chars: int) -> dict[int, tuple[StoredChunk, str]]:
    """For each definition, by its row's id, the chunk that holds its first line, and `chars` of text from there on."""
    rows = db.read(
        f"SELECT s.rowid AS symbol, s.start_char AS start, {CHUNK_COLUMNS} FROM symbol AS s"
        " CROSS JOIN document AS d ON d.id = s.document AND d.version = s.version"
        " CROSS JOIN chunk AS c ON c.document = s.document AND c.version = s.version"
        " AND c.start_char < s.start_char + ? AND c.end_char > s.start_char"
        f" WHERE s.rowid IN ({','.join('?' * len(ids))}) AND {_MINE} ORDER BY c.ordinal",
        (chars, *ids, workspace.id, workspace.owner),
    )
    found: dict[int, StoredChunk] = {}
    ends: dict[int, int] = {}
    texts: dict[int, str] = {}
    for row in rows:
        symbol, at = row["symbol"], ends.get(row["symbol"], row["start"])
        if symbol not in found:
            found[symbol] = stored_chunk(row)
        texts[symbol] = texts.get(symbol, "") + row["text"][at - row["start_char"] :]
        ends[symbol] = row["end_char"]
    return {symbol: (stored, texts[symbol][:chars]) for symbol, stored in found.items()}


def definition_starts(db: Database, owner: int, document_id: str) -> list[tuple[int, int]]:
    """The spans of a document's definitions in characters, in order; fields, which are one line, are left out."""
    rows = db.read(
        "SELECT s.start_char, s.end_char FROM document AS d CROSS JOIN symbol AS s ON s.document = d.id AND s.version = d.version"
        " WHERE d.id = ? AND d.owner = ? AND s.kind NOT IN ('field', 'symbol', 'guess') ORDER BY s.start_char",
        (document_id, owner),
    )
    return [(row["start_char"], row["end_char"]) for row in rows]


def definitions_begun(db: Database, owner: int, chunk_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """For each chunk, the spans in characters of the definitions that begin in it, in order; fields are left out."""
    rows = db.read(
        "SELECT c.id, s.start_char, s.end_char FROM chunk AS c CROSS JOIN symbol AS s"
        " ON s.document = c.document AND s.version = c.version AND s.start_char >= c.start_char AND s.start_char < c.end_char"
        f" WHERE c.owner = ? AND s.owner = c.owner AND c.id IN ({','.join('?' * len(chunk_ids))})"
        " AND s.kind NOT IN ('field', 'symbol', 'guess') ORDER BY s.start_char",
        (owner, *chunk_ids),
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append((row["start_char"], row["end_char"]))
    return found
