"""A sentence and what a passage says of the same -> what speaks against the sentence, and how surely.

Another number or name, one that belongs to something else, the opposite, parts exchanged, a word in another's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ibidem.chat.check import polarity
from ibidem.chat.check.amounts import Number, rivals, same
from ibidem.chat.check.names import Name, has, meets
from ibidem.chat.check.passages import Source, Statement
from ibidem.chat.check.roles import conversely, exchanged
from ibidem.chat.check.window import Window, told_words
from ibidem.chat.check.words import share

# Shares of a sentence's words. Source of the figures: evals/LOG.md, citations.
SAME_MATTER = 0.5  # from here on the passage speaks of the same, and what differs is a contradiction
CLEARLY = 0.8  # of a clause's words: the rest leaves no room for another way to say the same
ALL_BUT = 0.9  # of the words: no other way to say the same has been taken
ALIKE = 0.75  # of the words: one that differs has been put in another's place

_CLAUSE = re.compile(
    r"[,;]\s|\b(?:and|while|but|whereas)\b|(?:이고|하고|되고|이며|하며|되며|으며|지만|인데|고|며)[,\s]"
)


def against(claim: Statement, source: Source, window: Window) -> Iterator[tuple[int, str]]:
    """What speaks against the claim: 2 for a contradiction, 1 for a doubt, each with its kind."""
    same_matter = window.share >= SAME_MATTER
    yield from ((weight, "number") for weight in _numbers(claim, source, window))
    yield from ((weight, "name") for weight in _names(claim, source, window))
    if any(exchanged(claim, one) for one in window.statements):
        yield 2 if window.share >= ALL_BUT else 1, "swapped"
    if not conversely(claim, window.best) and (opposite := _opposite(claim, window)):
        yield opposite if same_matter else 1, "negation"
    if window.share >= ALIKE and claim.korean == window.best.korean and _replaced(claim, window):
        yield 1, "word"


# --- numbers ---------------------------------------------------------------------------------------------------------


def _numbers(claim: Statement, source: Source, window: Window) -> Iterator[int]:
    for number in claim.numbers:
        if number.worded and number.raw == 1 and not (number.dimension and number.exact):
            continue  # one of them; a day, as in "twice a day"
        here = [one for one in window.statements if _holds(one, number)]
        if window.best in here:
            if _bound_elsewhere(claim, window.best, number):
                yield 2
            continue
        if _rivalled(claim, window.best, number):
            yield 1 if any(_adds(claim, one, window.best) for one in here) else 2
        elif here or _holds(source.heading, number):
            continue
        elif any(_rivalled(claim, one, number) for one in window.statements):
            yield 2
        elif number.raw > 1 or not number.worded:  # nowhere, and nothing in its place: it may have been worked out
            yield 1


def _adds(claim: Statement, statement: Statement, best: Statement) -> bool:
    """Whether the claim has more from this sentence than the number."""
    return any(
        share(word, statement.keys, statement.pairs) > share(word, best.keys, best.pairs) for word in told_words(claim)
    )


def _holds(statement: Statement, number: Number) -> bool:
    return any(same(number, other) for other in statement.numbers)


def _rivalled(claim: Statement, statement: Statement, number: Number) -> bool:
    """Whether the statement has another number where the claim has this one."""
    return any(rivals(number, other) and not _holds(claim, other) for other in statement.numbers)


def _bound_elsewhere(claim: Statement, statement: Statement, number: Number) -> bool:
    """In "A at 3 bar and B at 4" B is not at 3: B stands only beside a number that the claim lacks, A is not named."""
    if not _rivalled(claim, statement, number):
        return False
    held = parts(statement)
    own = [part for part in held if _holds(part, number)]
    other = [part for part in held if part not in own and _rivalled(claim, part, number)]
    if not own or not other:
        return False

    return _only(claim, other, own) and not _only(claim, own, other)


def _only(claim: Statement, some: list[Statement], rest: list[Statement]) -> bool:
    """Whether a word of the claim stands in some clauses, and not in the rest."""
    return any(
        any(word.meets(held) for part in some for held in part.words)
        and not any(word.meets(held) for part in rest for held in part.words)
        for word in told_words(claim)
    )


def parts(statement: Statement) -> list[Statement]:
    """Its clauses and the members of its lists."""
    cuts = [0, *(match.end() for match in _CLAUSE.finditer(statement.text)), len(statement.text)]
    return [statement.part(start, end) for start, end in pairwise(cuts)]


# --- names -----------------------------------------------------------------------------------------------------------


def _names(claim: Statement, source: Source, window: Window) -> Iterator[int]:
    for name in claim.names:
        if _named_elsewhere(claim, window.best, name):
            yield 1
        if any(number.start < name.end and name.start < number.end for number in claim.numbers):
            continue  # the name of a month
        if has(name, window.best.text.lower(), window.best.keys, korean=window.best.korean):
            continue
        known = has(name, source.lower, _all_keys(source), korean=source.korean)
        rival = [other for other in window.best.names if not _named(other, claim)]
        if known:
            told = window.share >= SAME_MATTER
            if told and (
                _has_subject(claim, window.best) or (any(one.sure for one in rival) and not _among(name, window))
            ):
                yield 1
            continue
        if not name.code and any(word.keys & _all_keys(source) for word in claim.words if meets(name, word)):
            continue  # a word of another wording, not a name
        if claim.korean != source.korean and not name.code:
            if name.sure:
                yield 1
        elif name.sure or rival:
            yield 2 if name.sure or window.share >= SAME_MATTER else 1
        else:
            yield 1


def _named_elsewhere(claim: Statement, statement: Statement, name: Name) -> bool:
    """In "logs go to Loki, metrics to Prometheus" no metrics go to Loki; as with numbers."""
    held = [(part, [_in(one, part) for one in statement.names]) for part in parts(statement)]
    rivals_there = [not _named(one, claim) for one in statement.names]
    own = [part for part, _ in held if _in(name, part)]
    other = [part for part, there in held if part not in own and any(map(min, there, rivals_there))]
    if not own or not other:
        return False
    rest = Statement(claim.text[: name.start] + claim.text[name.end :])
    return _only(rest, other, own) and not _only(rest, own, other)


def _in(name: Name, statement: Statement) -> bool:
    return has(name, statement.text.lower(), statement.keys, korean=statement.korean)


def _named(name: Name, claim: Statement) -> bool:
    return has(name, claim.text.lower(), claim.keys, korean=claim.korean)


def _has_subject(claim: Statement, statement: Statement) -> bool:
    """Whether a Korean sentence names who does it, and it is nobody of the claim."""
    subjects = [word for word in statement.words if word.particle in ("이", "가", "은", "는")]
    return bool(subjects) and not any(share(word, claim.keys, claim.pairs) for word in subjects)


def _among(name: Name, window: Window) -> bool:
    return any(has(name, one.text.lower(), one.keys, korean=one.korean) for one in window.statements)


def _all_keys(source: Source) -> frozenset[str]:
    return source.heading.keys.union(*(one.keys for one in source.statements))


# --- denial ----------------------------------------------------------------------------------------------------------


def _opposite(claim: Statement, window: Window) -> int:
    """Whether a clause of the claim says the opposite of the clause that speaks of the same: 2 surely, 1 perhaps."""
    theirs = [one.part(start, end) for one in window.statements for start, end in polarity.clauses(one.text)]
    doubt = 0
    for start, end in polarity.clauses(claim.text):
        clause = claim.part(start, end)
        found = []
        for part in theirs:
            common = sum(
                share(word, part.keys, part.pairs) * (0.5 if polarity.sides(word.text) else 1) for word in clause.words
            )
            turns = polarity.turned(clause.text, part.text)
            odd = (polarity.denials(clause.text) + polarity.denials(part.text) + turns) % 2
            found.append((common + turns, -odd))
        if not found or not clause.words:
            continue
        common, odd = max(found)
        if odd and common >= min(2, 0.5 * len(clause.words)):
            alone = len(clause.words) < 2 <= len(claim.words)  # "he promised": of what, is told elsewhere
            doubt = max(doubt, 2 if common >= CLEARLY * len(clause.words) and not alone else 1)
    return doubt


# --- other words -----------------------------------------------------------------------------------------------------


def _replaced(claim: Statement, window: Window) -> bool:
    """Whether a word that the passage lacks stands where the passage has another: between the same two words."""
    theirs = [word for one in window.statements for word in one.words]
    places = [next((place for place, other in enumerate(theirs) if word.meets(other)), None) for word in claim.words]
    told = set(places)
    free = {
        place for place, other in enumerate(theirs) if place not in told and not share(other, claim.keys, claim.pairs)
    }
    own = set(told_words(claim))
    for at, (word, place) in enumerate(zip(claim.words, places, strict=True)):
        if place is not None or word not in own or share(word, window.best.keys, window.best.pairs):
            continue
        before = places[at - 1] if at else None
        after = places[at + 1] if at + 1 < len(places) else None
        slots = {before + 1 if before is not None else None, after - 1 if after is not None else None} & free
        if any(word.particle == theirs[slot].particle for slot in slots if slot is not None):
            return True
    return False
