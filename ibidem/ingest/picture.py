"""One page of a PDF -> a picture, in a child process.

PDFium is not thread-safe and reads what anybody may have written: this runs where memory and time are bounded.
"""

from __future__ import annotations

import math
import os
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from ibidem.errors import Refused
from ibidem.ingest.parse.pdf import open_page, open_pdf

MAX_PIXELS = 4_000_000  # 12 MB as RGB; an A4 page 1,600 pixels wide has 3.6 million
MAX_SIDE_PX = 8000
PNG_LEVEL = 3  # of zlib: a page of text takes 20 ms and 150 KB; level 9 takes ten times as long for a third less
CHANGED = ["the file has changed since it was looked at", "load the page again"]


def draw_page(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{"pages", "width_pt", "height_pt"}`, and for a `width_px` above 0 also `{"png"}` in base64; else `{"refused"}`.

    `payload`: "path" (absolute, surrogateescape), "version" (size, mtime_ns and inode that the file must have), "page" (from
    1), "width_px". The picture is smaller where it would have too many pixels. `refused` holds a message and a hint.
    """
    handle = os.open(os.fsencode(payload["path"]), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if [found.st_size, found.st_mtime_ns, found.st_ino] != payload["version"]:
            yield {"refused": CHANGED}
            return
        try:
            document = open_pdf(file)
            try:
                yield from _drawn(document, payload["page"], payload["width_px"])
            finally:
                document.close()
        except Refused as refused:
            yield {"refused": [refused.message, refused.hint]}


def _drawn(document: Any, number: int, width_px: int) -> Iterator[dict[str, Any]]:
    if number > len(document):
        yield {"pages": len(document), "width_pt": 0.0, "height_pt": 0.0}
        return
    page = open_page(document, number - 1)
    try:
        width_pt, height_pt = page.get_size()
        if not (0 < width_pt < math.inf and 0 < height_pt < math.inf):
            raise Refused(f"page {number} has no size", hint="read its text, or open the original")
        yield {"pages": len(document), "width_pt": width_pt, "height_pt": height_pt}
        if width_px:
            yield {"png": b64encode(_png(page, scale_of(width_pt, height_pt, width_px))).decode("ascii")}
    finally:
        page.close()


def scale_of(width_pt: float, height_pt: float, width_px: int) -> float:
    """Pixels a point for a picture so wide, or for the largest there may be."""
    most = math.sqrt(MAX_PIXELS / (width_pt * height_pt))
    return min(width_px / width_pt, most, MAX_SIDE_PX / max(width_pt, height_pt))


def _png(page: Any, scale: float) -> bytes:
    bitmap = page.render(scale=scale, rev_byteorder=True)  # RGB, rows padded to `stride`
    try:
        raw = memoryview(bitmap.buffer).cast("B")
        row = 3 * bitmap.width
        lines = b"".join(
            b"\0" + raw[y * bitmap.stride : y * bitmap.stride + row].tobytes() for y in range(bitmap.height)
        )
        head = bitmap.width.to_bytes(4) + bitmap.height.to_bytes(4) + bytes((8, 2, 0, 0, 0))  # 8 bits, true colour
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, PNG_LEVEL)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_png_part(kind, body) for kind, body in parts)
    finally:
        bitmap.close()


def _png_part(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
