"""A passage -> its sentences with their places, and what each holds, made once however many sentences are checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ibidem.chat.check.amounts import Number
from ibidem.chat.check.names import Name, names
from ibidem.chat.check.numbers import numbers
from ibidem.chat.check.words import Word, words
from ibidem.index.analyze import is_hangul
from ibidem.models.sentences import sentence_ends

_OPENS = re.compile(r"\s*(?:[-*+•·▪□■○●>]\s|\d{1,2}[.)]\s|\||#{1,6}\s|```|~~~)")
_LINE = re.compile(r"[^\n]*\n?")
_WRAPPED = 50  # columns from which a line without an end goes on in the next


@dataclass(frozen=True)
class Statement:
    """A sentence with its place in the text it stands in, and what it says. Its parts are read when they are asked for."""

    text: str
    start: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def part(self, start: int, end: int) -> Statement:
        """A stretch of it, whose words are not read again; their places stay those in the whole."""
        part = Statement(self.text[start:end], self.start + start)
        part.__dict__["words"] = tuple(word for word in self.words if start <= word.start < end)
        part.__dict__["numbers"] = tuple(number for number in self.numbers if start <= number.start < end)
        return part

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return words(self.text)

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        return numbers(self.text)

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return names(self.text)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset().union(*(word.keys for word in self.words))

    @cached_property
    def pairs(self) -> frozenset[str]:
        return frozenset().union(*(word.pairs for word in self.words))

    @cached_property
    def korean(self) -> bool:
        return is_hangul(self.text)


@dataclass(frozen=True)
class Source:
    """A passage's text with what stands above it (title, headings), which any of its sentences may rest on."""

    text: str
    above: str = ""

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(Statement(self.text[start:end], start) for start, end in stretches(self.text))

    @cached_property
    def heading(self) -> Statement:
        return Statement(self.above)

    @cached_property
    def lower(self) -> str:
        return f"{self.above}\n{self.text}".lower()

    @cached_property
    def korean(self) -> bool:
        return is_hangul(self.text)


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text stand: rows and items by themselves, wrapped lines together."""
    for start, end in _paragraphs(text):
        at = start
        for stop in [start + stop for stop in sentence_ends(text[start:end])] + [end]:
            piece = text[at:stop]
            if piece.strip():
                yield at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())
            at = stop


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start, last = 0, ""
    for line in _LINE.finditer(text):
        wide = sum(2 if char >= "\u1100" else 1 for char in last) >= _WRAPPED
        ended = last.rstrip().endswith((".", "!", "?", "。", ":"))
        goes_on = last.strip() and line[0].strip() and not _OPENS.match(line[0])
        if not (goes_on and not _OPENS.match(line[0]) and (wide or (line[0][:1].islower() and not ended))):
            if line.start() > start:
                yield start, line.start()
            start = line.start()
        last = line[0]
    if start < len(text):
        yield start, len(text)
