"""A sentence and a passage -> supported, weak or unsupported, with the stretch of the passage that bears it.

A sentence is unsupported when the passage speaks of the same and says otherwise (another number or name, the opposite, the
parts exchanged), when it has a number or a name that the passage lacks, or when the two share next to nothing. It is
supported when nothing speaks against it and most of its words stand together in the passage, in whatever wording. All
that lies between is weak: a reader should look.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from ibidem.chat.check.against import against
from ibidem.chat.check.passages import Source, Statement
from ibidem.chat.check.polarity import denials
from ibidem.chat.check.window import Window
from ibidem.types import Verdict

Similarity = Callable[[str, str], float]  # of two texts, by an embedder: -1 to 1

# Shares of a sentence's words. Source of the figures: evals/LOG.md, citations.
SUPPORTED = 0.62
SUPPORTED_ACROSS = 0.5  # between languages the tables lack words
UNSUPPORTED = 0.2
UNSUPPORTED_ACROSS = 0.12
MOST_CHARS = 4000  # of a sentence that are read; one that is longer is a list, or a model that goes round in circles
LEAST_QUOTED = 10  # letters of a quotation; fewer stand in any text
NEAR = 0.8  # similarity that stands for words that are missing

_MARK = re.compile(r"(?<!\s)\s*+\[\^?\d{1,3}\]")
_LAYOUT = re.compile(r"^\s*(?:[-*+•>]\s+|\d{1,2}[.)]\s+|#{1,6}\s+)+|\*\*|__|`")
_RANK: dict[Verdict, int] = {"unsupported": 0, "weak": 1, "supported": 2}


@dataclass(frozen=True, slots=True)
class Judgement:
    """`start` and `end` are characters of the passage; `why` names what speaks against the sentence."""

    verdict: Verdict
    start: int = 0
    end: int = 0
    share: float = 0.0
    why: str = ""

    @property
    def rank(self) -> int:
        return _RANK[self.verdict]


def bare(sentence: str) -> str:
    """Without marks and layout, as a passage's text is compared with."""
    return _LAYOUT.sub("", _MARK.sub("", sentence)).strip()


def judge(sentence: str, source: Source, similarity: Similarity | None = None) -> Judgement:
    """What the passage makes of the sentence. Pure; some tenths of a millisecond once the passage has been read."""
    claim = Statement(bare(sentence[:MOST_CHARS]))
    if not source.statements or not (claim.words or claim.numbers):
        return Judgement("unsupported", why="nothing to compare")
    if quoted := _quoted(claim.text, source):
        return Judgement("supported", quoted[0].start, quoted[-1].end, 1.0)
    window = Window.of(claim, source)
    weight, kind = max(against(claim, source, window), default=(0, ""))
    across = claim.korean != window.best.korean
    told = window.share
    if weight == 2:
        verdict: Verdict = "unsupported"
    elif told >= (SUPPORTED_ACROSS if across else SUPPORTED):
        verdict = "weak" if weight else "supported"
    elif told >= (UNSUPPORTED_ACROSS if across else UNSUPPORTED) or window.facts:
        near = similarity is not None and similarity(claim.text, source.text[window.start : window.end]) >= NEAR
        verdict = "supported" if near and not weight else "weak"
    else:
        verdict = "unsupported"
    why = kind or ("" if verdict == "supported" else "words")
    return Judgement(verdict, window.start, window.end, told, why)


def _quoted(text: str, source: Source) -> list[Statement]:
    """The sentences of the passage that the text repeats word for word, and no less than what they deny."""
    wanted = _letters(text).rstrip(".")
    if len(wanted) < LEAST_QUOTED:
        return []
    told = [_letters(one.text) for one in source.statements]
    first = "".join(told).find(wanted)
    if first < 0:
        return []
    ends = [*accumulate(map(len, told))]
    held = [
        one
        for one, letters, end in zip(source.statements, told, ends, strict=True)
        if end > first and end - len(letters) < first + len(wanted)
    ]
    return held if sum(denials(one.text) for one in held) == denials(text) else []


def _letters(text: str) -> str:
    return "".join(_LAYOUT.sub("", text).split())
