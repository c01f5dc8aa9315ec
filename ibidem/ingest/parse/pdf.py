"""PDF -> blocks and pages: text as PDFium orders it, one box for each character, page by page.

PDFium is not thread-safe: one document at a time in a process.
"""

from __future__ import annotations

import ctypes
import re
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterator
from typing import Any, BinaryIO

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from ibidem.errors import Refused
from ibidem.ingest.blocks import Block
from ibidem.ingest.lines import LONG_OTHER, Piece, cut, piece
from ibidem.ingest.secrets import KeyWatch
from ibidem.types import Page

BREAK_CHARS = 400  # a block ends at a sentence end after so many characters

_BOX = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
_CODE = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetUnicode, ctypes.c_void_p).value or 0
)
_CLUSTER = re.compile("[^\u0300-\u036f\u1160-\u11ff\u3099\u309a][\u0300-\u036f\u1160-\u11ff\u3099\u309a]+")
_SENTENCE_END = re.compile(r"[.!?。！？:][\"')\]”’]*\s*$")
_KEPT_CONTROLS = frozenset((9, 10))
_HYPHENS = frozenset((2, 0xFFFE, 0xAD))  # how PDFium marks a hyphen at a line end


class PdfText:
    """Blocks and pages of one PDF; `title` and `unread` are known when they are used up.

    `unread` are the numbers of pages that hold pictures and no text.
    """

    def __init__(self) -> None:
        self.title = ""
        self.unread: list[int] = []

    def parse(self, file: BinaryIO) -> Iterator[Block | Page]:
        """A page comes before its blocks. Raises Refused: it needs a password, is broken, or has no text at all."""
        document = open_pdf(file)
        try:
            self.title = " ".join((document.get_metadata_value("Title") or "").split())
            count = len(document)
            start_char, line = 0, 1
            keys = KeyWatch()
            for index in range(count):
                text, page, pictures = _page(document, index, start_char)
                if not text.strip():
                    if pictures:
                        self.unread.append(index + 1)
                    continue
                keys.check(text)
                yield page
                yield from _blocks(text, line, index + 1)
                start_char += len(text)
                line += text.count("\n")
            if start_char == 0 and self.unread:
                plural = "1 page is an image" if len(self.unread) == 1 else f"{len(self.unread)} pages are images"
                raise Refused(f"needs OCR: {plural}", hint="run it through an OCR program and add the result")
        finally:
            document.close()


def open_pdf(file: BinaryIO) -> pdfium.PdfDocument:
    """Raises Refused: it needs a password, is broken, or has no pages."""
    try:
        document = pdfium.PdfDocument(file)
        if len(document) == 0:
            document.close()
            raise Refused("broken PDF: it has no pages", hint="open it in a viewer and print it to a new PDF")
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Refused("needs a password", hint="save a copy without a password and add that") from error
        raise Refused(
            f"broken PDF: {str(error).rstrip(chr(46))}", hint="open it in a viewer and print it to a new PDF"
        ) from error
    return document


def open_page(document: pdfium.PdfDocument, index: int) -> pdfium.PdfPage:
    """The page, from 0. Raises Refused for a broken one."""
    try:
        return document[index]
    except pdfium.PdfiumError as error:
        raise Refused(f"broken PDF: page {index + 1}", hint="open it in a viewer and print it to a new PDF") from error


def _page(document: pdfium.PdfDocument, index: int, start_char: int) -> tuple[str, Page, bool]:
    """Text of a page (ends with a line break), its record, and whether a page without text shows pictures."""
    page = open_page(document, index)
    try:
        codes, floats = _characters(page)
        text, boxes = _normal(codes, _tenths(floats, page))
        width_pt, height_pt = page.get_size()
        shown = Page(
            number=index + 1,
            start_char=start_char,
            end_char=start_char + len(text),
            width_pt=width_pt,
            height_pt=height_pt,
            boxes=zlib.compress(_little_endian(boxes), 1),
        )
        return text, shown, not text.strip() and _has_pictures(page)
    finally:
        page.close()


def _characters(page: Any) -> tuple[list[int], array[float]]:
    """Code points of a page and, for each, left, top, right, bottom in points as PDF counts them (from below)."""
    text_page = page.get_textpage()
    try:
        count = max(text_page.count_chars(), 0)
        buffer = (ctypes.c_float * (4 * count))()
        handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value or 0
        address = ctypes.addressof(buffer)
        codes = [_CODE(handle, i) for i in range(count)]
        for i in range(count):
            _BOX(handle, i, address + 16 * i)  # struct FS_RECTF: four floats
        return codes, array("f", bytes(buffer))
    finally:
        text_page.close()


def _tenths(floats: array[float], page: Any) -> array[int]:
    """Boxes in tenths of a point from the top left corner of the page as it is shown, cropped and turned."""
    left, bottom, right, top = page.get_cropbox()
    x0, y1, x1, y0 = floats[0::4], floats[1::4], floats[2::4], floats[3::4]
    turned = page.get_rotation()
    if turned == 90:
        columns = (_scaled(y0, 1, bottom), _scaled(x0, 1, left), _scaled(y1, 1, bottom), _scaled(x1, 1, left))
    elif turned == 180:
        columns = (_scaled(x1, -1, right), _scaled(y0, 1, bottom), _scaled(x0, -1, right), _scaled(y1, 1, bottom))
    elif turned == 270:
        columns = (_scaled(y1, -1, top), _scaled(x1, -1, right), _scaled(y0, -1, top), _scaled(x0, -1, right))
    else:
        columns = (_scaled(x0, 1, left), _scaled(y1, -1, top), _scaled(x1, 1, left), _scaled(y0, -1, top))
    boxes = array("H", bytes(2 * len(floats)))
    for place, column in enumerate(columns):
        boxes[place::4] = column
    for i in range(0, len(floats), 4):
        if floats[i] == floats[i + 2]:
            boxes[i : i + 4] = _NO_BOX
    return boxes


_NO_BOX = array("H", (0, 0, 0, 0))


def _scaled(values: array[float], sign: int, origin: float) -> array[int]:
    """`(value - origin) * sign` in tenths, kept within 16 bits."""
    factor, shift = 10 * sign, 0.5 - 10 * sign * origin
    if values and (
        min(values) * factor + shift < 0 or max(values) * factor + shift < 0 or _over(values, factor, shift)
    ):
        return array("H", [min(max(int(value * factor + shift), 0), 65535) for value in values])
    return array("H", [int(value * factor + shift) for value in values])


def _over(values: array[float], factor: int, shift: float) -> bool:
    return max(min(values) * factor, max(values) * factor) + shift > 65535


def _normal(codes: list[int], boxes: array[int]) -> tuple[str, array[int]]:
    """Text in NFC with plain line breaks and one at the end, and the box of each of its characters."""
    if any(code < 32 or code in _HYPHENS or code > 0x10FFFF or 0xD800 <= code < 0xE000 for code in codes):
        codes = [45 if code in _HYPHENS else code for code in codes]
        kept = [i for i, code in enumerate(codes) if _is_text(code)]
        codes = [codes[i] for i in kept]
        boxes = array("H", b"".join(boxes[4 * i : 4 * i + 4].tobytes() for i in kept))
    text = "".join(map(chr, codes))
    if not unicodedata.is_normalized("NFC", text):
        text, boxes = _composed(text, boxes)
    end = len(text.rstrip())
    return text[:end] + "\n", boxes[: 4 * end] + _NO_BOX


def _is_text(code: int) -> bool:
    return (code >= 32 or code in _KEPT_CONTROLS) and code <= 0x10FFFF and not 0xD800 <= code < 0xE000


def _composed(text: str, boxes: array[int]) -> tuple[str, array[int]]:
    """NFC of each base character with its marks; what they become shares the box around them."""
    parts: list[str] = []
    made = array("H")
    at = 0
    for match in _CLUSTER.finditer(text):
        parts.append(_each(text[at : match.start()]))
        made += boxes[4 * at : 4 * match.start()]
        composed = unicodedata.normalize("NFC", match[0])
        box = boxes[4 * match.start() : 4 * match.end()]
        around = array("H", (min(box[0::4]), min(box[1::4]), max(box[2::4]), max(box[3::4])))
        parts.append(composed)
        made += around * len(composed)
        at = match.end()
    parts.append(_each(text[at:]))
    made += boxes[4 * at :]
    return "".join(parts), made


def _each(text: str) -> str:
    """Characters replaced one for one by their canonical form, where that is one character."""
    if unicodedata.is_normalized("NFC", text):
        return text
    forms = [unicodedata.normalize("NFC", char) for char in text]
    return "".join(form if len(form) == 1 else char for form, char in zip(forms, text, strict=True))


def _little_endian(boxes: array[int]) -> bytes:
    if sys.byteorder == "big":
        boxes = boxes[:]
        boxes.byteswap()
    return boxes.tobytes()


def _has_pictures(page: Any) -> bool:
    return any(thing.type == raw.FPDF_PAGEOBJ_IMAGE for thing in page.get_objects(max_depth=3))


def _blocks(text: str, line: int, number: int) -> Iterator[Block]:
    """Blocks of one page, each some lines long, ended by a sentence end where there is one."""
    held: list[Piece] = []
    size = 0
    for offset, row in enumerate(text.split("\n")[:-1]):
        whole = row + "\n"
        held += [piece(part, line + offset) for part in ([whole] if len(whole) <= LONG_OTHER else cut(whole))]
        size += len(whole)
        if size >= BREAK_CHARS and (_SENTENCE_END.search(whole[-20:]) or size > 3 * BREAK_CHARS):
            yield Block(held, page=number)
            held, size = [], 0
    if held:
        yield Block(held, page=number)
