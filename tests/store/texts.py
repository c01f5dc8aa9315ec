"""Texts cut into chunks, and stored as a reading would store them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from ibidem.store.database import Database
from ibidem.store.readings import Reading, Waiting, add_chunks, begin_reading, finish_reading, waiting_upload
from ibidem.store.uploads import add_upload
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, Span, estimate_tokens


def tile(text: str, *, size: int = 200, overlap: int = 0) -> list[Chunk]:
    """Chunks of `size` characters that tile the text, each beginning `overlap` before the end of the last one."""
    chunks = []
    start = 0
    while start < len(text):
        end = min(len(text), start + size)
        piece = text[start:end]
        told = piece if piece.isspace() else piece.strip()  # lines without blank edges
        first = start + piece.index(told)
        lines = (1 + text.count("\n", 0, first), 1 + text.count("\n", 0, first + len(told) - 1))
        chunks.append(Chunk(len(chunks), piece, Span(start, end, *lines), tokens=estimate_tokens(piece)))
        start = end if end == len(text) else end - overlap
    return chunks


def begin(db: Database, workspace: Workspace, title: str = "notes.md") -> Waiting:
    """An upload whose reading has begun."""
    document_id = secrets.token_hex(8)
    db.write(lambda tx: add_upload(tx, workspace, document_id, title, 10, 0.0))
    return take(db, workspace.owner, document_id)


def take(db: Database, owner: int, document_id: str) -> Waiting:
    waiting = waiting_upload(db, owner, document_id)
    assert waiting is not None
    (taken,) = db.write(lambda tx: begin_reading(tx, [waiting]))
    return taken


def finish(
    db: Database, document: Waiting, chunks: Sequence[Chunk], state: str = "ok", *, reason: str = "", sha256: str = ""
) -> None:
    def write(tx: object) -> None:
        add_chunks(tx, document, chunks)  # type: ignore[arg-type]
        reading = Reading(state, reason, chunks=len(chunks), sha256=sha256)
        finish_reading(tx, document, reading, 1.0)  # type: ignore[arg-type]

    db.write(write)


def add(db: Database, workspace: Workspace, title: str, text: str, *, size: int = 200, overlap: int = 0) -> str:
    """A document that has been read; returns its id."""
    document = begin(db, workspace, title)
    finish(db, document, tile(text, size=size, overlap=overlap))
    return document.id


def rewrite(db: Database, owner: int, document_id: str, text: str) -> None:
    """A new version of the document."""
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued' WHERE id = ?", (document_id,)))
    finish(db, take(db, owner, document_id), tile(text))
