"""Chunks, pages and outcomes <-> JSON, as they cross the pipe from a child process: short lists, no keys."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import asdict
from typing import Any

from ibidem.ingest.outcome import Outcome
from ibidem.types import Chunk, Definition, Import, Outline, Page, Span


def chunk_to_json(chunk: Chunk) -> list[Any]:
    span = chunk.span
    place = [span.start_char, span.end_char, span.start_line, span.end_line, span.start_byte, span.end_byte, span.page]
    return [chunk.ordinal, chunk.text, place, chunk.heading, list(chunk.symbols), chunk.tokens]


def chunk_from_json(value: list[Any]) -> Chunk:
    ordinal, text, place, heading, symbols, tokens = value
    return Chunk(ordinal, text, Span(*place), heading, tuple(symbols), tokens)


def outline_to_json(outline: Outline) -> list[Any]:
    return [outline.definitions, outline.imports, outline.references]


def outline_from_json(value: list[Any]) -> Outline:
    definitions, imports, references = value
    return Outline(tuple(Definition(*one) for one in definitions), tuple(Import(*one) for one in imports), references)


def page_to_json(page: Page) -> list[Any]:
    boxes = b64encode(page.boxes).decode("ascii")
    return [page.number, page.start_char, page.end_char, page.width_pt, page.height_pt, boxes]


def page_from_json(value: list[Any]) -> Page:
    number, start_char, end_char, width_pt, height_pt, boxes = value
    return Page(number, start_char, end_char, width_pt, height_pt, b64decode(boxes))


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome)
