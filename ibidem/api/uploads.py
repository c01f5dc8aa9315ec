"""What is uploaded or pasted becomes a document: its bytes first, then its row and the job that reads it."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ibidem.api.shapes import ShownDocument, shown
from ibidem.app import App
from ibidem.errors import BadInput, Conflict, IbidemError, Refused
from ibidem.ingest.secrets import is_secret_name
from ibidem.store.documents import get_document
from ibidem.store.uploads import add_upload, edit_upload, path_of, read_once_more, uploads_at
from ibidem.store.workspaces import Workspace, get_workspace, shown_path
from ibidem.tasks.reading import upload_path
from ibidem.tasks.uploads import put_in_place, same_bytes, save

BLOCK_BYTES = 1 << 18
MAX_FOLDER_CHARS = 2000


def add_text(app: App, user: int, title: str, content: str, workspace: str) -> ShownDocument:
    place = get_workspace(app.db, user, workspace, need="write")
    title = clean_title(title)
    document_id, size = save_text(app, content)
    return _add(app, user, place, document_id, title, size)


def add_file(app: App, user: int, workspace: str, folder: str, filename: str, file: BinaryIO) -> ShownDocument:
    """A file, or what is known of it already: a folder that is sent twice leaves no second copy."""
    place = get_workspace(app.db, user, workspace, need="write")
    title, folder = clean_title(filename.replace("\\", "/").rpartition("/")[2]), clean_folder(folder)
    document_id, size = _save(app, blocks(file))
    files, now = app.data.files, time.time()
    came = upload_path(files, document_id)
    known = uploads_at(app.db, place, path_of(folder, title))
    if same := next((one for one in known if same_bytes(upload_path(files, one), came)), None):
        came.unlink()
        with suppress(Conflict):  # nothing to do, unless its reading failed or was given up
            app.jobs.upload(place.owner, same, lambda tx: read_once_more(tx, place.owner, same, now))
        return shown(get_document(app.db, user, same))
    if not known or not folder:  # two files of one name and no folder may be of two places
        return _add(app, user, place, document_id, title, size, folder=folder)
    return change(app, user, place.owner, known[0], came=(document_id, size))


def save_text(app: App, content: str) -> tuple[str, int]:
    """As `_save`."""
    return _save(app, iter([content.encode("utf-8", "replace")]))


def _save(app: App, content: Iterator[bytes]) -> tuple[str, int]:
    """What it is saved as, and its bytes. They come before the row, durably: a document never lacks its content."""
    document_id = secrets.token_hex(8)
    return document_id, save(app.data.files, document_id, content)


def _add(
    app: App, user: int, place: Workspace, document_id: str, title: str, size: int, *, folder: str = ""
) -> ShownDocument:
    with _unless_refused(app, document_id):
        app.jobs.upload(
            place.owner,
            document_id,
            lambda tx: add_upload(tx, place, document_id, title, size, time.time(), folder=folder),
        )
    return shown(get_document(app.db, user, document_id))


@contextmanager
def _unless_refused(app: App, saved: str | None) -> Iterator[None]:
    """Bytes without a row are of no use."""
    try:
        yield
    except IbidemError:
        if saved:
            upload_path(app.data.files, saved).unlink(missing_ok=True)
        raise


def change(
    app: App,
    user: int,
    owner: int,
    document_id: str,
    *,
    came: tuple[str, int] | None = None,
    title: str | None = None,
    workspace: Workspace | None = None,
) -> ShownDocument:
    """`came`: as what its new content was saved, and its bytes. It takes its place with the row, or not at all."""
    saved, size = came or (None, None)

    def apply(tx: sqlite3.Connection) -> None:
        edit_upload(tx, owner, document_id, title=title, workspace=workspace, size=size, now=time.time())
        if saved:
            put_in_place(app.data.files, saved, document_id)

    with _unless_refused(app, saved):
        app.jobs.upload(owner, document_id, apply)
    app.upkeep.index_changed()
    return shown(get_document(app.db, user, document_id))


def clean_title(title: str) -> str:
    """NFC, one line, no control characters. Raises BadInput when nothing is left, Refused for a name of secrets."""
    shown_title = shown_path(os.fsencode(unicodedata.normalize("NFC", title).strip().encode("utf-8", "replace")))
    if not shown_title:
        raise BadInput("the document has no title", hint="give it a name, like notes.md", field="title")
    if is_secret_name(shown_title):
        raise Refused(
            f"{shown_title!r} is a name that holds secrets; it is not taken", hint="rename it if it holds none"
        )
    return shown_title[:500]


def clean_folder(folder: str) -> str:
    """Names with slashes between, to be shown and no more. Raises BadInput for a way up, Refused for names of secrets."""
    names = [name for name in folder.replace("\\", "/").split("/") if name.strip() not in ("", ".")]
    if any(name.strip() == ".." for name in names) or len(folder) > MAX_FOLDER_CHARS:
        raise BadInput(f"the folder {folder[:100]!r} is none", hint="name it as a/b/c", field="folder")
    return "/".join(clean_title(name) for name in names)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK_BYTES):
            yield block
