"""An answer and the passages it may cite -> its footnotes, each with a verdict and the lines that bear it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ibidem.chat.check.against import parts
from ibidem.chat.check.passages import Source, Statement, stretches
from ibidem.chat.check.place import source
from ibidem.chat.check.verdict import Judgement, Similarity, bare, judge
from ibidem.chat.check.words import words
from ibidem.retrieve.cite import citation
from ibidem.types import Citation, Passage, Support

_MARK = re.compile(r"\[(\d{1,3})\](?!\()")
_MARKS = re.compile(r"(?:\[\d{1,3}\](?!\()[ \t]*)+")
_FENCED = re.compile(r"(?ms)^[ \t]*+(`{3,}|~{3,}).*?(?:^[ \t]*+\1|\Z)")
_CODE = re.compile(r"(?s)(`+)(?!`)(?:(?!\n\s*\n).)*?[^`]\1(?!`)")
_LEAST_WORDS = 2  # between two marks; a part with fewer is checked as the whole sentence


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence, or its part up to a mark, and the numbers that stand behind it."""

    text: str
    numbers: tuple[int, ...]


def cited(answer: str, passages: Sequence[Passage], similarity: Similarity | None = None) -> list[Citation]:
    """The passages whose numbers stand in the answer, in order of their first mention; unknown numbers are dropped.

    A passage has the worst verdict of the sentences that cite it, and the lines that were decisive there: who reads
    "supported" may rely on each of them.
    """
    by_number = {passage.number: passage for passage in passages}
    sources: dict[int, Source] = {}
    found: dict[int, Judgement] = {}
    for statement in dict.fromkeys(statements(answer)):
        known = [number for number in statement.numbers if number in by_number]
        for number in known:
            sources.setdefault(number, source(by_number[number]))
        for number, judgement in zip(
            known, _judged(statement.text, [sources[number] for number in known], similarity), strict=True
        ):
            if number not in found or judgement.rank < found[number].rank:
                found[number] = judgement
    return [_footnote(by_number[number], judgement) for number, judgement in found.items()]


def _judged(text: str, held: Sequence[Source], similarity: Similarity | None) -> list[Judgement]:
    """Each passage's verdict on a sentence. Where the sentence takes several, each bears its part of it."""
    judged = [judge(text, one, similarity) for one in held]
    if len(held) < 2:
        return judged
    pieces = [part.text for part in parts(Statement(text)) if len(part.words) + len(part.numbers) >= _LEAST_WORDS]
    shares = [[judge(piece, one, similarity) for piece in pieces] for one in held]
    if pieces and all(max(some, key=_rank).rank == 2 for some in zip(*shares, strict=True)):
        return [max([whole, *some], key=_rank) for whole, some in zip(judged, shares, strict=True)]
    if max(judged, key=_rank).rank == 2:  # the others add nothing, and say nothing against it
        return [replace(one, verdict="weak") if one.why == "words" else one for one in judged]
    return judged


def _rank(judgement: Judgement) -> int:
    return judgement.rank


def statements(answer: str) -> Iterator[Cited]:
    """What the answer's marks stand behind, in order; marks in code are none."""
    text = _FENCED.sub(lambda match: "\n" * match[0].count("\n"), answer)
    code = [match.span() for match in _CODE.finditer(text)]
    before = ""
    for start, end in stretches(text):
        marks = [
            match
            for match in _MARKS.finditer(text, start, end)
            if not any(low < match.start() < high for low, high in code)
        ]
        whole = bare(text[start:end])
        says = bool(marks and words(whole))
        for place, match in enumerate(marks):
            low = marks[place - 1].end() if place else start
            high = end if place == len(marks) - 1 else match.start()
            part = bare(text[low:high])
            if len(words(part)) < _LEAST_WORDS:
                part = whole if says else before
            if match.start() == start and before and (len(marks) == 1 or high == match.start()):
                part = before  # it stands behind the full stop
            yield Cited(part, tuple(dict.fromkeys(map(int, _MARK.findall(match[0])))))
        before = whole or before


def _footnote(passage: Passage, judgement: Judgement) -> Citation:
    text = passage.text[judgement.start : judgement.end]
    blank = len(passage.text) - len(passage.text.lstrip("\n"))  # lines at the top that are not among its lines
    first = passage.span.start_line + passage.text.count("\n", blank, max(blank, judgement.start))
    support = Support(first, first + text.count("\n"), text)
    return replace(citation(passage), verdict=judgement.verdict, support=support)
