"""A document -> the file that it was read from: in the data directory, or where its source lies."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ibidem.errors import NotFound
from ibidem.store.database import Database
from ibidem.store.documents import get_place
from ibidem.store.workspaces import get_source, shown_path
from ibidem.tasks.reading import upload_path


def open_original(db: Database, files: Path, owner: int, document_id: str) -> BinaryIO:
    """The document's file, opened to be read; `files` is the folder of uploads, its `name` the path. Raises NotFound.

    No link is followed at the end of the path or out of its folder, and a pipe is not waited for.
    """
    source, raw_path = get_place(db, owner, document_id)
    if source is None or raw_path is None:
        path = os.fsencode(upload_path(files, document_id))
        root = path
    else:
        root = get_source(db, owner, source).root
        path = root if os.path.isfile(root) else os.path.join(root, raw_path)
    try:
        if path != root and not _below(path, root):
            raise FileNotFoundError(errno.ENOENT, "a link leads out of its folder")
        return _open_regular(path)
    except OSError as error:
        name = shown_path(os.path.basename(path))
        raise NotFound(f"the original {name!r} cannot be opened: {error.strerror}", hint="is it still there?") from None


def _below(path: bytes, root: bytes) -> bool:
    """Whether no link on the way leads out of the folder."""
    top = os.path.realpath(root)
    return os.path.commonpath([top, os.path.realpath(os.path.dirname(path))]) == top


def _open_regular(path: bytes) -> BinaryIO:
    """Raises OSError."""
    file = open(path, "rb", opener=_opener)  # noqa: SIM115 - closed by the caller
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, "not a regular file")
    return file


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
