"""One file -> its chunks and pages, then one outcome. `read_file` is the same as JSON, for a child process."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, BinaryIO

from ibidem.errors import Refused
from ibidem.ingest.blocks import Block, paragraphs
from ibidem.ingest.chunk import pack
from ibidem.ingest.lines import Piece, pieces
from ibidem.ingest.outcome import Outcome
from ibidem.ingest.parse import code, csv, html, json, markdown, notebook
from ibidem.ingest.secrets import HoldsPrivateKey
from ibidem.ingest.sniff import Kind, NotRead, sniff
from ibidem.ingest.source import Source
from ibidem.ingest.wire import chunk_to_json, outcome_to_json, outline_to_json, page_to_json
from ibidem.settings import MIB, IngestSettings
from ibidem.types import Chunk, Outline, Page

BATCH_CHUNKS = 100
BATCH_CHARS = 256 * 1024
SAMPLE_CHARS = 20_000  # read to see which language a text is in

_HANGUL = re.compile("[\uac00-\ud7a3]")
_LATIN = re.compile("[A-Za-z]")
_MARKDOWN_TITLE = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$|^(\S.*)\n=+[ \t]*$", re.MULTILINE)


def read_document(file: BinaryIO, name: str, limits: IngestSettings) -> Iterator[Chunk | Page | Outline | Outcome]:
    """Chunks (and pages, before their chunks) of an open file in order, at last exactly one Outcome.

    Of code, the Outline comes before the chunks.

    `name` is the file's name, for its suffix and as its title. `file` must be seekable if it is a PDF. After "failed" or
    "skipped" the chunks that came before are void. Foreseeable faults of the content are outcomes; others raise.
    """
    source = Source(file)
    outcome = Outcome("ok", title=name)
    if not source.head:
        yield replace(outcome, reason="empty", media_type="text/plain", encoding="utf-8", sha256=source.sha256)
        return
    size_bytes = _size(file, source)
    kind = sniff(source.head, name, size_bytes)
    if isinstance(kind, NotRead):
        yield replace(outcome, state=kind.state, reason=kind.reason)
        return
    outcome = replace(outcome, media_type=kind.media_type, encoding=kind.encoding, language=kind.language)
    try:
        reader = _pdf(file, source, size_bytes, limits) if kind.format == "pdf" else _text(source, kind, limits)
        sample: list[str] = []
        sampled = 0
        for item in reader:
            if isinstance(item, Outcome):
                language = kind.language or _language("".join(sample))
                title = item.title or _title(kind, sample) or name
                yield replace(
                    outcome, state=item.state, reason=item.reason, title=title, language=language, sha256=source.sha256
                )
                return
            if isinstance(item, Chunk) and sampled < SAMPLE_CHARS:
                sample.append(item.text)
                sampled += len(item.text)
            yield item
    except HoldsPrivateKey as error:
        yield replace(outcome, state="skipped", reason=error.message)
    except Refused as error:
        reason = f"{error.message}; {error.hint}" if error.hint else error.message
        yield replace(outcome, state="failed", reason=reason, sha256=source.sha256)


def _size(file: BinaryIO, source: Source) -> int:
    if not file.seekable():
        return len(source.head) + 1  # unknown: more may come
    here = file.tell()
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size_bytes


def _text(source: Source, kind: Kind, limits: IngestSettings) -> Iterator[Chunk | Outline | Outcome]:
    """Chunks of a text format, then an outcome with state, reason and title."""
    limit_bytes = min(limits.max_text_bytes, html.MAX_BYTES) if kind.format == "html" else limits.max_text_bytes
    lines = pieces(
        source.blocks(limit_bytes), kind.encoding, skip_bytes=kind.bom_bytes, json=kind.format in ("json", "notebook")
    )
    page = html.HtmlText()
    outlines: list[Outline] = []
    start_byte = None if kind.format in ("html", "notebook") else kind.bom_bytes
    blocks = page.parse(lines) if kind.format == "html" else _blocks(lines, kind, limits, outlines.append)
    blank: list[Chunk] = []  # nothing but white space so far
    empty = True
    for chunk in pack(blocks, start_byte=start_byte):
        if outlines:
            yield outlines.pop()
        if empty and chunk.text.isspace():
            blank.append(chunk)
            continue
        if empty:
            yield from blank
        empty = False
        yield chunk
    if source.cut:
        yield Outcome("partial", f"first {_megabytes(limit_bytes)} indexed", title=page.title)
    elif empty:
        yield Outcome("ok", "empty", title=page.title)
    else:
        yield Outcome("ok", "encoding is a guess" if kind.guess == "low" else "", title=page.title)


def _blocks(lines: Iterable[Piece], kind: Kind, limits: IngestSettings, tell: code.Tell) -> Iterator[Block]:
    match kind.format:
        case "markdown":
            return markdown.parse(lines)
        case "code":
            return code.parse(lines, kind.language, max_bytes=limits.max_code_bytes, tell=tell)
        case "csv":
            return csv.parse(lines)
        case "notebook":
            return notebook.parse(lines, max_code_bytes=limits.max_code_bytes, otherwise=json.parse)
        case "json":
            return json.parse(lines)
        case _:
            return paragraphs(lines)


def _pdf(file: BinaryIO, source: Source, size_bytes: int, limits: IngestSettings) -> Iterator[Chunk | Page | Outcome]:
    """Pages and chunks of a PDF, then an outcome. The file is read twice: hashed first, then opened where it lies."""
    from ibidem.ingest.parse.pdf import PdfText  # PDFium takes 40 ms to load

    if size_bytes > limits.max_pdf_bytes:
        yield Outcome("skipped", f"PDF over {_megabytes(limits.max_pdf_bytes)}")
        return
    for _ in source.blocks(limits.max_pdf_bytes):
        pass
    file.seek(0)
    text = PdfText()
    pages: list[Page] = []

    def blocks() -> Iterator[Block]:
        for item in text.parse(file):
            if isinstance(item, Page):
                pages.append(item)
            else:
                yield item

    empty = True
    for chunk in pack(blocks(), start_byte=None):
        while pages and pages[0].number <= (chunk.span.page or 0):
            yield pages.pop(0)
        yield chunk
        empty = False
    if text.unread:
        yield Outcome("partial", f"{_ranges(text.unread)}; run it through an OCR program", title=text.title)
    else:
        yield Outcome("ok", "empty" if empty else "", title=text.title)


def _ranges(numbers: list[int]) -> str:
    """ "page 7 is an image", "pages 3-5, 9 are images"."""
    if len(numbers) == 1:
        return f"page {numbers[0]} is an image"
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    shown = [str(low) if low == high else f"{low}-{high}" for low, high in ranges[:10]]
    return f"pages {', '.join(shown)}{' …' if len(ranges) > 10 else ''} are images"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MIB:.0f} MB" if size_bytes >= MIB else f"{size_bytes} bytes"


def _title(kind: Kind, sample: list[str]) -> str:
    if kind.format != "markdown" or not sample:
        return ""
    match = _MARKDOWN_TITLE.search(sample[0])
    return markdown.plain(match[1] or match[2]) if match else ""


def _language(text: str) -> str:
    """ "ko" where a fifth of the letters are Hangul, "en" where nearly all are plain Latin."""
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    if hangul > 0.2 * (hangul + latin):
        return "ko"
    letters = sum(map(str.isalpha, text)) if not text.isascii() else latin
    return "en" if latin and latin > 0.95 * letters else ""


# --- inside a child process ---------------------------------------------------------------------------------------


def read_file(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`{"outline": [...]}`, `{"chunks": [...]}`, `{"pages": [...]}` as they come, and `{"outcome": {...}}` once, at the end.

    `payload`: "path" (absolute, surrogateescape), "name", "limits" (fields of IngestSettings), and what is expected of
    the file: "size", "mtime_ns", "inode" (each may be absent). The outcome also tells these three as they are now.
    """
    path = os.fsencode(payload["path"])
    name = payload["name"]
    known = {item.name for item in fields(IngestSettings)}
    limits = IngestSettings(**{key: value for key, value in payload.get("limits", {}).items() if key in known})
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        yield _ended(_unopened(error, name), None)
        return
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        yield _ended(Outcome("skipped", "not a regular file", title=name), before)
        return
    with open(handle, "rb") as file:
        expected = (payload.get("size"), payload.get("mtime_ns"), payload.get("inode"))
        if any(want not in (None, found) for want, found in zip(expected, _version(before), strict=True)):
            yield _ended(Outcome("changed", "changed before it was read", title=name), before)
            return
        outcome = Outcome("failed", "cannot be read", title=name)
        batch = _Batch()
        try:
            for item in read_document(file, name, limits):
                if isinstance(item, Outcome):
                    outcome = item
                elif isinstance(item, Outline):
                    yield {"outline": outline_to_json(item)}
                else:
                    yield from batch.add(item)
        except OSError as error:
            outcome = Outcome("failed", f"cannot be read: {error.strerror}; check the disk and try again", title=name)
        yield from batch.rest()
        try:
            after = os.stat(path, follow_symlinks=False)
        except OSError:
            after = None
        if after is None or _version(after) != _version(before) or _version(os.fstat(handle)) != _version(before):
            outcome = Outcome("changed", "changed while it was read", title=name)
        yield _ended(outcome, after)


class _Batch:
    """Chunks and pages gathered into messages of moderate size; pages go before the chunks that follow them."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []
        self._pages: list[Any] = []
        self._chars = 0

    def add(self, item: Chunk | Page) -> Iterator[dict[str, Any]]:
        if isinstance(item, Page):
            self._pages.append(page_to_json(item))
            self._chars += len(self._pages[-1][-1])
        else:
            self._chunks.append(chunk_to_json(item))
            self._chars += len(item.text)
        if len(self._chunks) >= BATCH_CHUNKS or self._chars >= BATCH_CHARS:
            yield from self.rest()

    def rest(self) -> Iterator[dict[str, Any]]:
        if self._pages:
            yield {"pages": self._pages}
        if self._chunks:
            yield {"chunks": self._chunks}
        self._chunks, self._pages, self._chars = [], [], 0


def _version(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _ended(outcome: Outcome, found: os.stat_result | None) -> dict[str, Any]:
    message = outcome_to_json(outcome)
    if found is not None:
        message["size"], message["mtime_ns"], message["inode"] = _version(found)
    return {"outcome": message}


def _unopened(error: OSError | ValueError, name: str) -> Outcome:
    code = getattr(error, "errno", None)
    if code in (errno.ENOENT, errno.ENOTDIR) or isinstance(error, ValueError):
        return Outcome("changed", "no longer there", title=name)
    if code == errno.ELOOP:
        return Outcome("skipped", "symlink", title=name)
    if code in (errno.ENXIO, errno.ENODEV, errno.EISDIR):
        return Outcome("skipped", "not a regular file", title=name)
    if code in (errno.EACCES, errno.EPERM):
        return Outcome("failed", "permission denied; give yourself the right to read it and add it again", title=name)
    return Outcome("failed", f"cannot be opened: {error}; check the disk and try again", title=name)
