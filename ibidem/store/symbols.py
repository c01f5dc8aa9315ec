"""Definitions, imports and references of a workspace's source files, by name, by enclosing type, by document."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ibidem.store.chunks import CHUNK_COLUMNS, StoredChunk, stored_chunk
from ibidem.store.database import Database, Row
from ibidem.store.readings import Waiting
from ibidem.store.workspaces import Workspace
from ibidem.types import Definition, Import, Outline

MAX_VALUES = 400  # bound in one list of a statement


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


@dataclass(frozen=True, slots=True)
class StoredReference:
    """A file that refers to a name, and the lines that do, the first 50 of them."""

    document_id: str
    path: str
    lines: tuple[int, ...]


def add_outline(tx: sqlite3.Connection, document: Waiting, outline: Outline) -> None:
    """Rows of the version that is being read."""
    place = (document.owner, document.id, document.next_version)
    tx.executemany(
        "INSERT INTO symbol (workspace, owner, document, version, name, kind, parent, start_line, end_line, start_char,"
        " end_char, signature, type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(document.workspace, *place, *one) for one in outline.definitions],
    )
    tx.executemany(
        "INSERT INTO import (owner, document, version, module, name, alias, line) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*place, *one) for one in outline.imports],
    )
    if outline.references:
        tx.execute(
            "INSERT INTO reference (owner, document, version, names) VALUES (?, ?, ?, ?)",
            (*place, f"\n{outline.references}"),
        )


def references_to(db: Database, workspace: Workspace, name: str) -> list[StoredReference]:
    """The files that refer to a name, by path; the lists of all files are looked through, about 10 us each."""
    rows = db.read(
        "SELECT d.id, d.path, substr(r.names, instr(r.names, :line) + length(:line), 400) AS lines FROM document AS d"
        " CROSS JOIN reference AS r ON r.document = d.id AND r.version = d.version AND r.owner = d.owner"
        " WHERE d.workspace = :workspace AND d.owner = :owner AND instr(r.names, :line) ORDER BY d.path",
        {"line": f"\n{name} ", "workspace": workspace.id, "owner": workspace.owner},
    )
    return [
        StoredReference(row["id"], row["path"], tuple(map(int, row["lines"].partition("\n")[0].split(","))))
        for row in rows
    ]


# CROSS JOIN keeps the order: left to itself the planner walks all of a workspace's documents
_SYMBOL = (
    "s.rowid AS id, s.document, d.path, s.name, s.kind, s.parent, s.start_line, s.end_line, s.start_char, s.end_char,"
    " s.signature, s.type FROM symbol AS s CROSS JOIN document AS d ON d.id = s.document AND d.version = s.version"
)
_MINE = "d.workspace = ?1 AND d.owner = ?2 AND s.owner = d.owner"


def count_named(db: Database, workspace: Workspace, names: Iterable[str]) -> dict[str, int]:
    """How many definitions each name has, those not swept away yet included; without names that have none.

    Read from an index alone: a common name costs little.
    """
    counts: dict[str, int] = {}
    for some in _parts(names):
        rows = db.read(
            f"SELECT name, count(*) FROM symbol WHERE workspace = ? AND owner = ? AND name IN ({_marks(some)}) GROUP BY name",
            (workspace.id, workspace.owner, *some),
        )
        counts.update((name, count) for name, count in rows)
    return counts


def definitions_named(
    db: Database, workspace: Workspace, names: Iterable[str], *, documents: Sequence[str] | None = None
) -> list[StoredDefinition]:
    """Every current definition with one of the names, in these documents if they are given."""
    return _select(db, workspace, "s.workspace = ?1 AND s.name", names, documents)


def definitions_inside(
    db: Database, workspace: Workspace, parents: Iterable[str], *, documents: Sequence[str] | None = None
) -> list[StoredDefinition]:
    """What stands directly inside one of the dotted paths, in these documents if they are given."""
    return _select(db, workspace, "s.workspace = ?1 AND s.parent", (one for one in parents if one), documents)


def definitions_in(db: Database, workspace: Workspace, documents: Iterable[str]) -> list[StoredDefinition]:
    """All definitions of some documents, in order of place."""
    return _select(db, workspace, "s.document", documents, None)


def _select(
    db: Database,
    workspace: Workspace,
    wanted: Literal["s.workspace = ?1 AND s.name", "s.workspace = ?1 AND s.parent", "s.document"],
    values: Iterable[str],
    documents: Sequence[str] | None,
) -> list[StoredDefinition]:
    found: list[StoredDefinition] = []
    if documents is not None and not documents:
        return found
    for some in _parts(values):
        for places in _parts(documents) if documents else [[]]:
            inside = f"AND s.document IN ({_marks(places)}) " if places else ""
            rows = db.read(
                f"SELECT {_SYMBOL} WHERE {_MINE} AND {wanted} IN ({_marks(some)}) {inside}ORDER BY s.rowid",
                (workspace.id, workspace.owner, *some, *places),
            )
            found += map(_stored, rows)
    return found


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Distinct values in runs: bound variables of one statement are limited."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), MAX_VALUES):
        yield distinct[start : start + MAX_VALUES]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _stored(row: Row) -> StoredDefinition:
    row_id, document, path, *definition = row
    return StoredDefinition(row_id, document, path, Definition._make(definition))


def imports_of(db: Database, workspace: Workspace, documents: Sequence[str]) -> list[tuple[str, Import]]:
    """What some documents import, each with the document's id."""
    rows = db.read(
        "SELECT i.document, i.module, i.name, i.alias, i.line FROM import AS i"
        " JOIN document AS d ON d.id = i.document AND d.version = i.version"
        f" WHERE i.document IN ({_marks(documents)}) AND d.workspace = ? AND d.owner = ? AND i.owner = d.owner",
        (*documents, workspace.id, workspace.owner),
    )
    return [(row["document"], Import(row["module"], row["name"], row["alias"], row["line"])) for row in rows]


def packages_of(db: Database, workspace: Workspace, documents: Iterable[str]) -> list[tuple[str, str]]:
    """The namespaces that documents say they are in, each with the document's id."""
    found: list[tuple[str, str]] = []
    for some in _parts(documents):
        rows = db.read(
            "SELECT s.document, s.name FROM symbol AS s CROSS JOIN document AS d ON d.id = s.document AND d.version = s.version"
            f" WHERE {_MINE} AND s.document IN ({_marks(some)}) AND s.kind = 'package'",
            (workspace.id, workspace.owner, *some),
        )
        found += [(document, name) for document, name in rows]
    return found


def chunks_at(db: Database, workspace: Workspace, ids: Sequence[int], chars: int) -> dict[int, tuple[StoredChunk, str]]:
    """For each definition, by its row's id, the chunk that holds its first line, and `chars` of text from there on."""
    rows = db.read(
        f"SELECT s.rowid AS symbol, s.start_char AS start, {CHUNK_COLUMNS} FROM symbol AS s"
        " CROSS JOIN document AS d ON d.id = s.document AND d.version = s.version"
        " CROSS JOIN chunk AS c ON c.document = s.document AND c.version = s.version"
        " AND c.start_char < s.start_char + ?3 AND c.end_char > s.start_char"
        f" WHERE {_MINE} AND s.rowid IN ({_marks(ids)}) ORDER BY c.ordinal",
        (workspace.id, workspace.owner, chars, *ids),
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
        " WHERE d.id = ? AND d.owner = ? AND s.kind NOT IN ('field', 'symbol', 'guess', 'package') ORDER BY s.start_char",
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
