"""Where the lines of a PDF stand on its pages."""

from __future__ import annotations

import sys
import zlib
from array import array
from dataclasses import dataclass

from ibidem.store.chunks import stretch
from ibidem.store.database import Database

MAX_SIDE_PT = 6553.5  # boxes are 16 bits of tenths of a point: on a larger page they end there and mean nothing


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of the document's text; `boxes` are left, top, right, bottom of each character on the page asked for.

    In tenths of a point from the page's top left corner; zeros for a character that is not drawn. Empty where the line is
    on another page.
    """

    line: int
    text: str
    boxes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileRead:
    """The file whose text counts: an upload has only its size, the rest is 0."""

    uploaded: bool
    size_bytes: int
    mtime_ns: int
    inode: int


def file_read(db: Database, owner: int, document_id: str) -> FileRead | None:
    """None while the text that counts is not that of the file seen last."""
    row = db.read_one(
        "SELECT source IS NULL AS uploaded, size_bytes, mtime_ns, inode FROM document"
        " WHERE id = ? AND owner = ? AND state IN ('ok', 'partial') AND version > 0",
        (document_id, owner),
    )
    return FileRead(bool(row["uploaded"]), row["size_bytes"], row["mtime_ns"], row["inode"]) if row else None


def lines_on_page(
    db: Database, owner: int, document_id: str, number: int, start_line: int, end_line: int
) -> list[PageLine]:
    """These lines, both ends included, with what of them is on page `number`; none of a page without text."""
    page = db.read_one(
        "SELECT p.start_char, p.end_char, p.width_pt, p.height_pt, p.boxes FROM page AS p"
        " JOIN document AS d ON d.id = p.document AND d.version = p.version"
        " WHERE p.document = ? AND p.number = ? AND p.owner = ?",
        (document_id, number, owner),
    )
    found = stretch(db, owner, document_id, start_line, end_line)
    if page is None or found is None or max(page["width_pt"], page["height_pt"]) > MAX_SIDE_PT:
        return []
    boxes = _boxes(page["boxes"])
    lines = []
    start = found.start_char + sum(len(line) + 1 for line in found.lines(found.first_line, start_line - 1))
    for number, text in enumerate(found.lines(start_line, end_line), max(start_line, found.first_line)):
        on_page = page["start_char"] <= start and start + len(text) <= page["end_char"]
        first = 4 * (start - page["start_char"])
        lines.append(PageLine(number, text, tuple(boxes[first : first + 4 * len(text)]) if on_page else ()))
        start += len(text) + 1
    return lines


def _boxes(packed: bytes) -> array[int]:
    boxes = array("H", zlib.decompress(packed))
    if sys.byteorder == "big":
        boxes.byteswap()
    return boxes
