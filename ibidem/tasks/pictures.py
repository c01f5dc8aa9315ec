"""Pages of a PDF as pictures: drawn by a child, a few at a time."""

from __future__ import annotations

import os
import threading
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibidem.errors import Busy, ChildFailed, Refused
from ibidem.ingest.children import Children
from ibidem.store.database import Database
from ibidem.store.pages import file_read
from ibidem.tasks.originals import open_original

MAX_WAITING = 8  # calls that wait for the child hold a thread each: later ones are sent away
TIMEOUT_S = 15.0  # for one page; an ordinary one takes 50 ms


@dataclass(frozen=True, slots=True)
class Original:
    """A document's file as it is now. `read`: the text that is indexed is this file's."""

    path: str
    version: tuple[int, int, int]  # size, mtime_ns, inode
    read: bool

    @property
    def tag(self) -> str:
        return "-".join(f"{number:x}" for number in self.version)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: how many there are, its size in points (0 behind the last one), and its picture where it was asked for."""

    pages: int
    width_pt: float
    height_pt: float
    png: bytes = b""


class Pictures:
    """`children` draw; what they are told is checked against the file that was looked at."""

    def __init__(self, db: Database, files: Path, children: Children) -> None:
        self._db = db
        self._files = files
        self._children = children
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    def original(self, owner: int, document_id: str) -> Original:
        """Raises NotFound when the file is no longer there."""
        with open_original(self._db, self._files, owner, document_id) as file:
            found = os.fstat(file.fileno())
            path = os.fsdecode(file.name)
        version = (found.st_size, found.st_mtime_ns, found.st_ino)
        known = file_read(self._db, owner, document_id)
        read = known is not None and (
            known.size_bytes == found.st_size
            if known.uploaded
            else (known.size_bytes, known.mtime_ns, known.inode) == version
        )
        return Original(path, version, read)

    def draw(self, original: Original, number: int, *, width_px: int = 0) -> Sheet:
        """Page `number`, from 1; its picture for a `width_px` above 0. Raises Refused, and Busy when too many wait."""
        if not self._places.acquire(blocking=False):
            raise Busy("too many pages are being drawn", retry_after_s=1, hint="ask again in a moment")
        try:
            return _sheet(self._ask(original, number, width_px), number)
        except ChildFailed as failure:
            raise Refused(
                f"page {number} cannot be shown as a picture: {failure.message}",
                hint="read its text, or open the original",
            ) from failure
        finally:
            self._places.release()

    def _ask(self, original: Original, number: int, width_px: int) -> dict[str, Any]:
        payload = {"path": original.path, "version": original.version, "page": number, "width_px": width_px}
        told: dict[str, Any] = {}
        for part in self._children.call("ibidem.ingest.picture:draw_page", payload):
            told.update(part)
        return told


def _sheet(told: dict[str, Any], number: int) -> Sheet:
    if refused := told.get("refused"):
        message, hint = refused
        raise Refused(f"page {number} cannot be shown as a picture: {message}", hint=hint)
    return Sheet(told["pages"], told["width_pt"], told["height_pt"], b64decode(told.get("png", "")))
