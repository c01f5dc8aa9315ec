"""A sentence and a passage -> the stretch of the passage that says most of it, and how much of it that is."""

from __future__ import annotations

from dataclasses import dataclass

from ibidem.chat.check.amounts import same
from ibidem.chat.check.names import has, meets
from ibidem.chat.check.passages import Source, Statement
from ibidem.chat.check.words import Word, share

ADDS = 0.5  # a neighbouring sentence belongs to the stretch when it says half a word more


@dataclass(frozen=True, slots=True)
class Window:
    """The sentences of the passage that say most of the claim: the best one, and neighbours that add to it."""

    best: Statement
    statements: tuple[Statement, ...]
    share: float  # of the claim's words
    facts: int  # numbers and names of the claim that stand there

    @property
    def start(self) -> int:
        return self.statements[0].start

    @property
    def end(self) -> int:
        return self.statements[-1].end

    @classmethod
    def of(cls, claim: Statement, source: Source) -> Window:
        told = told_words(claim)
        heading = [share(word, source.heading.keys, source.heading.pairs) for word in told]
        rows = [[_said(word, claim, one) for word in told] for one in source.statements]
        held = [
            sum(any(same(ours, theirs) for theirs in one.numbers) for ours in claim.numbers)
            for one in source.statements
        ]
        places = range(len(rows))
        best = max(
            places, key=lambda place: (sum(rows[place]) + 0.9 * held[place], -len(source.statements[place].text))
        )
        chosen = [best]
        covered = [max(pair) for pair in zip(rows[best], heading, strict=True)]
        for _ in range(2):
            near = [place for place in (chosen[0] - 1, chosen[-1] + 1) if place in places]
            gains = [
                (sum(max(0, new - old) for new, old in zip(rows[place], covered, strict=True)) + held[place], place)
                for place in near
            ]
            gain, place = max(gains, default=(0.0, 0))
            if gain < ADDS:
                break
            chosen = sorted([*chosen, place])
            covered = [max(pair) for pair in zip(covered, rows[place], strict=True)]
        header = _header(source, best)
        if header:
            covered = [
                max(old, share(word, header.keys, header.pairs)) for word, old in zip(told, covered, strict=True)
            ]
        facts = sum(held[place] for place in chosen)
        return cls(
            source.statements[best],
            tuple(source.statements[place] for place in chosen),
            (sum(covered) + facts * 0.5) / ((len(told) + min(facts, len(claim.numbers)) * 0.5) or 1),
            facts,
        )


def _said(word: Word, claim: Statement, one: Statement) -> float:
    """How much of a word the statement says; a name also by how it sounds."""
    told = share(word, one.keys, one.pairs)
    if told or claim.korean == one.korean:
        return told
    heard = (has(name, one.text.lower(), one.keys, korean=one.korean) for name in claim.names if meets(name, word))
    return float(any(heard))


def _header(source: Source, best: int) -> Statement | None:
    """The first row of the table that a row stands in."""
    found = None
    for one in reversed(source.statements[:best]):
        if not (one.text.startswith("|") and source.statements[best].text.startswith("|")):
            break
        found = one
    return found


def told_words(claim: Statement) -> list[Word]:
    """The claim's words that are no part of its numbers."""
    taken = [(number.start, number.end) for number in claim.numbers]
    return [word for word in claim.words if not any(start < word.end and word.start < end for start, end in taken)]
