"""Texts given with a question, and tokens -> the chunks that are read: whole where they fit, else the best parts in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ibidem.chat.turns import Count
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.given import Given

PLACE_TOKENS = 24  # number, path and lines above a passage


def tokens_shown(count: Count) -> Callable[[Ranked], int]:
    """What a chunk takes in a prompt, with the line above it."""
    return lambda one: PLACE_TOKENS + count(one.stored.chunk.text)


def read_given(texts: Sequence[Given], room_tokens: int, count: Count) -> tuple[list[Ranked], list[dict[str, Any]]]:
    """The chunks read, text by text and in their order, and the lines left out.

    Each text has an even share of the room; what a short one leaves goes to the longer ones.
    """
    cost = tokens_shown(count)
    sizes = [sum(map(cost, text.chunks)) for text in texts]
    kept: dict[int, list[Ranked]] = {}
    left = max(0, room_tokens)
    for done, place in enumerate(sorted(range(len(texts)), key=sizes.__getitem__)):
        share = left // (len(texts) - done)
        kept[place] = list(texts[place].chunks) if sizes[place] <= share else _best(texts[place], share, cost)
        left -= sum(map(cost, kept[place]))
    read = [one for place in range(len(texts)) for one in kept[place]]
    return read, [hole for place, text in enumerate(texts) for hole in _holes(text, kept[place])]


def _best(text: Given, room_tokens: int, cost: Callable[[Ranked], int]) -> list[Ranked]:
    """The heaviest chunks that fit together, in the text's order."""
    chosen: set[int] = set()
    for place, one in sorted(enumerate(text.chunks), key=lambda item: -item[1].score):
        tokens = cost(one)
        if tokens <= room_tokens:
            chosen.add(place)
            room_tokens -= tokens
    return [text.chunks[place] for place in sorted(chosen)]


def _holes(text: Given, kept: Sequence[Ranked]) -> list[dict[str, Any]]:
    """The parts that are not read, each from its first line to its last."""
    ordinals = {one.stored.chunk.ordinal for one in kept}
    holes = []
    for missing, run in groupby(text.chunks, lambda one: one.stored.chunk.ordinal not in ordinals):
        if missing:
            first, *_ = parts = list(run)
            lines = {"start_line": first.stored.chunk.span.start_line, "end_line": parts[-1].stored.chunk.span.end_line}
            holes.append({"path": text.title, **lines, "reason": "window"})
    if text.rest:
        holes.append({"path": text.title, "chunks": text.rest, "reason": "window"})
    return holes


def texts_of(read: Sequence[Ranked]) -> list[tuple[str, str]]:
    """Title and text of each text that is read, what neighbouring chunks share once, and gaps marked."""
    texts = []
    for _, run in groupby(read, lambda one: one.stored.document_id):
        chunks = list(run)
        text, end = "", chunks[0].stored.chunk.span.start_char
        for one in chunks:
            span = one.stored.chunk.span
            text += "\n[…]\n" if span.start_char > end else ""
            text += one.stored.chunk.text[max(0, end - span.start_char) :]
            end = span.end_char
        texts.append((chunks[0].stored.title, text))
    return texts
