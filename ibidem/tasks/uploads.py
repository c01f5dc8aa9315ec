"""Uploaded bytes, stored whole or not at all."""

from __future__ import annotations

import errno
import filecmp
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ibidem.errors import DiskFull
from ibidem.tasks.reading import upload_path


def save(files: Path, document_id: str, blocks: Iterable[bytes]) -> int:
    """Write, sync and rename; returns the size. Raises DiskFull; a half file never stays."""
    target = upload_path(files, document_id)
    half = target.with_suffix(".part")
    try:
        size = _write(half, blocks)
        half.rename(target)
        _sync(files)
    except OSError as error:
        half.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("no room for the upload", hint="free some space, then upload it again") from error
        raise
    return size


def put_in_place(files: Path, came: str, document_id: str) -> None:
    """What was saved as `came` becomes the document's content, durably."""
    upload_path(files, came).replace(upload_path(files, document_id))
    _sync(files)


def same_bytes(one: Path, other: Path) -> bool:
    with suppress(FileNotFoundError):  # it has just been deleted
        return filecmp.cmp(one, other, shallow=False)
    return False


def _sync(folder: Path) -> None:
    """A name that was given lasts."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write(path: Path, blocks: Iterable[bytes]) -> int:
    size = 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for block in blocks:
            file.write(block)
            size += len(block)
        file.flush()
        os.fsync(file.fileno())
    return size
