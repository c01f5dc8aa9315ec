"""Chunks that count, with what is known of their documents: by id, by document, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ibidem.store.database import Database, Row
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, Span

CHUNK_COLUMNS = (
    "c.id, c.document AS document_id, d.path, d.title, d.media_type, c.ordinal, c.text, c.heading, c.symbols, c.tokens,"
    " c.start_char, c.end_char, c.start_line, c.end_line, c.start_byte, c.end_byte, c.page"
)


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with what is known of its document: enough to cite it."""

    id: int
    document_id: str
    path: str
    title: str
    media_type: str
    chunk: Chunk


def chunks_by_id(db: Database, workspace: Workspace, ids: Sequence[int]) -> dict[int, StoredChunk]:
    """The workspace's chunks that still count, by id; one whose document has changed or moved since is left out.

    An index that lags may name a chunk that was swept, and its row may be another workspace's by now.
    """
    marks = ",".join("?" * len(ids))
    rows = db.read(
        # CROSS: begin at the ids. Left to itself, the store walks through the workspace's documents, 9 ms of 28,000 chunks
        f"SELECT {CHUNK_COLUMNS} FROM chunk AS c CROSS JOIN document AS d ON d.id = c.document AND d.version = c.version"
        f" WHERE c.owner = ? AND d.workspace = ? AND c.id IN ({marks})",
        (workspace.owner, workspace.id, *ids),
    )
    return {row["id"]: stored_chunk(row) for row in rows}


def chunks_of(
    db: Database, owner: int, document_id: str, *, after: int = -1, limit: int = 1_000_000
) -> list[StoredChunk]:
    """A document's chunks in order, from the one behind ordinal `after` on."""
    rows = db.read(
        f"SELECT {CHUNK_COLUMNS} FROM chunk AS c JOIN document AS d ON d.id = c.document AND d.version = c.version"
        " WHERE c.owner = ? AND c.document = ? AND c.ordinal > ? ORDER BY c.ordinal LIMIT ?",
        (owner, document_id, after, limit),
    )
    return [stored_chunk(row) for row in rows]


def stored_chunk(row: Row) -> StoredChunk:
    span = Span(
        start_char=row["start_char"],
        end_char=row["end_char"],
        start_line=row["start_line"],
        end_line=row["end_line"],
        start_byte=row["start_byte"],
        end_byte=row["end_byte"],
        page=row["page"],
    )
    symbols = tuple(row["symbols"].split("\n")) if row["symbols"] else ()
    chunk = Chunk(row["ordinal"], row["text"], span, row["heading"], symbols, row["tokens"])
    return StoredChunk(row["id"], row["document_id"], row["path"], row["title"], row["media_type"], chunk)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of a document's text: whole chunks, so it may begin before what was asked for and end behind it."""

    text: str
    start_char: int
    first_line: int

    def lines(self, start_line: int, end_line: int) -> list[str]:
        """Both ends included."""
        lines = self.text.removesuffix("\n").split("\n")
        return lines[max(0, start_line - self.first_line) : max(0, end_line - self.first_line + 1)]


def stretch(db: Database, owner: int, document_id: str, start_line: int, end_line: int) -> Stretch | None:
    """The text that holds these lines, put together from its chunks; None where there is none."""
    rows = db.read(
        f"SELECT {CHUNK_COLUMNS} FROM chunk AS c JOIN document AS d ON d.id = c.document AND d.version = c.version"
        " WHERE c.owner = ?1 AND c.document = ?2 AND c.ordinal BETWEEN"
        " (SELECT coalesce(max(ordinal), 0) FROM chunk WHERE document = ?2 AND version = d.version AND end_line < ?3)"
        " AND (SELECT coalesce(min(ordinal), 1000000000) FROM chunk WHERE document = ?2 AND version = d.version AND end_line > ?4)"
        " ORDER BY c.ordinal",
        (owner, document_id, start_line, end_line),
    )
    chunks = [stored_chunk(row).chunk for row in rows]
    if not chunks:
        return None
    text, end = "", chunks[0].span.start_char
    for chunk in chunks:
        text += chunk.text[max(0, end - chunk.span.start_char) :]
        end = chunk.span.end_char
    head = chunks[0].text
    blank = len(head) - len(head.lstrip() or head)  # a chunk's lines are those of its text, without blank edges
    first_line = chunks[0].span.start_line - head.count("\n", 0, blank)
    return Stretch(text, chunks[0].span.start_char, first_line)


def text_lines(db: Database, owner: int, document_id: str, start_line: int, end_line: int) -> list[str]:
    """Lines of the document's text as indexed, both ends included."""
    found = stretch(db, owner, document_id, start_line, end_line)
    return found.lines(start_line, end_line) if found else []
