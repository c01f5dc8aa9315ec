"""Reads bytes as a document and checks what must hold for every document."""

from __future__ import annotations

import io
import re
import unicodedata

from ibidem.ingest.outcome import Outcome
from ibidem.ingest.read import read_document
from ibidem.settings import IngestSettings
from ibidem.types import Chunk, Page, estimate_tokens


def read(data: bytes, name: str = "a.txt", **limits: int) -> tuple[list[Chunk], list[Page], Outcome]:
    """The chunks, pages and outcome of a document; there must be exactly one outcome, at the end."""
    *items, outcome = read_document(io.BytesIO(data), name, IngestSettings(**limits))
    assert isinstance(outcome, Outcome)
    assert not any(isinstance(item, Outcome) for item in items)
    chunks = [item for item in items if isinstance(item, Chunk)]
    return chunks, [item for item in items if isinstance(item, Page)], outcome


def text_of(chunks: list[Chunk]) -> str:
    """The document's text put together again; fails where the chunks do not tile it."""
    text = ""
    for ordinal, chunk in enumerate(chunks):
        span = chunk.span
        assert chunk.ordinal == ordinal
        assert span.end_char - span.start_char == len(chunk.text) > 0
        assert span.start_char <= len(text) < span.end_char
        assert text[span.start_char :] == chunk.text[: len(text) - span.start_char]
        text += chunk.text[len(text) - span.start_char :]
        assert chunk.tokens == estimate_tokens(chunk.text) <= 480
    return text


def check(data: bytes, name: str, **limits: int) -> tuple[list[Chunk], Outcome]:
    """Chunks that tile, with true lines, and with bytes that decode to their text."""
    chunks, pages, outcome = read(data, name, **limits)
    text = text_of(chunks)
    assert unicodedata.is_normalized("NFC", text)
    first = text.count("\n", 0, 0) + 1
    for chunk in chunks:
        span = chunk.span
        before = len(chunk.text) - len(chunk.text.lstrip())
        after = len(chunk.text.rstrip())
        if after:
            assert span.start_line == first + text.count("\n", 0, span.start_char + before)
            assert span.end_line == first + text.count("\n", 0, span.start_char + after)
        if span.start_byte is not None and span.end_byte is not None:
            errors = "surrogatepass" if outcome.encoding.startswith("utf-16") else "surrogateescape"
            raw = data[span.start_byte : span.end_byte].decode(outcome.encoding, errors)
            assert unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", raw)) == chunk.text
    for page in pages:
        assert 0 <= page.start_char < page.end_char <= len(text)
    return chunks, outcome
