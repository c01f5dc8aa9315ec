"""A sentence without a mark -> the passage that it clearly rests on, if there is one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ibidem.chat.check.passages import Source, Statement
from ibidem.chat.check.verdict import bare, judge
from ibidem.index.analyze import STOP_WORDS, tokenize
from ibidem.types import Passage

PLACED = 0.75  # of a sentence's words, at least, in one passage. Source: evals/LOG.md, citations
LEAST_WORDS = 3  # fewer rest on anything
SHARED = 0.5  # of its tokens: a passage with fewer is not read more closely, which costs milliseconds
CANDIDATES = 2  # passages that are looked at: those with most of the sentence's tokens

# What says that the documents do not answer, or speaks of the answer itself.
_REFUSAL = re.compile(
    r"(?i)\b(?:documents?|passages?|sources?|texts?|context|excerpts?|files?)\b[^.]{0,40}\b(?:do|does|did|is|are)(?:n['’]t| not)\b|"
    r"\b(?:no information|not (?:mentioned|specified|stated|provided|found|clear|covered)|could(?:n['’]t| not) find|cannot (?:find|answer|determine)|i (?:do not|don['’]t) know|i['’]m sorry|i am sorry|unable to (?:find|answer))\b|"
    r"(?:문서|자료|본문|구절|지문|내용|정보|답)[^.]{0,30}(?:없|않|못)|(?:언급|명시|나와|포함되어)[^.]{0,8}(?:없|않)|찾을 수 없|찾지 못|알 수 없|죄송"
)


def source(passage: Passage) -> Source:
    return Source(passage.text, f"{passage.title}\n{passage.path}\n{passage.heading}")


class Placer:
    """Reads the passages when the first sentence asks for them, and each more closely when one may rest on it."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = {passage.number: passage for passage in passages}
        self._tokens: dict[int, frozenset[str]] = {}
        self._sources: dict[int, Source] = {}

    def place(self, sentence: str) -> int | None:
        """The number of the passage that holds nearly all of it, and nothing against it."""
        text = bare(sentence)
        claim = Statement(text)
        if len(claim.words) + len(claim.numbers) < LEAST_WORDS or _REFUSAL.search(text):
            return None
        wanted = set(tokenize(text)) - STOP_WORDS
        if not self._tokens:
            self._tokens = {number: frozenset(tokenize(one.text)) for number, one in self._passages.items()}
        shared = {number: len(wanted & held) for number, held in self._tokens.items()}
        near = [number for number in shared if shared[number] >= SHARED * len(wanted)]
        ranked = sorted(near, key=lambda number: -shared[number])[:CANDIDATES]
        judged = [(judge(text, self._source(number)), number) for number in ranked]
        clear = [
            (one.share, -rank, number)
            for rank, (one, number) in enumerate(judged)
            if one.verdict == "supported" and one.share >= PLACED
        ]
        return max(clear)[2] if clear else None

    def _source(self, number: int) -> Source:
        if number not in self._sources:
            self._sources[number] = source(self._passages[number])
        return self._sources[number]
