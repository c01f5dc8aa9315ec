"""A Korean question's words -> those that may be foreign names, with the key they sound by (`index.sounds`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ibidem.index.analyze import STOP_WORDS, is_hangul, normalize, tokenize
from ibidem.index.sounds import hangul_key
from ibidem.retrieve.terms import is_particles

SHORTEST_NAME = 3  # syllables: two are a Korean word more often than a foreign name
NO_NAMES_END = frozenset("의을를은는")  # a particle, then, and no part of the name
NAME_SUFFIXES = frozenset("주시식인어계파호강산섬사교들족")  # of places, peoples, languages: 빅토리아주
_HANGUL_WORD = re.compile(r"[\uac00-\ud7a3]{2,}")
_QUESTION_WORDS = tuple(word for word in STOP_WORDS if len(word) > 1 and is_hangul(word))


def names(question: str, left: Mapping[str, None], frequency: Callable[[str], int]) -> Iterator[tuple[str, str]]:
    """Hangul words of which the table knows nothing and the index has a name that sounds alike, with its key.

    The longest reading counts: 캐롤라이나 ends in what may be a particle.
    """
    for word in dict.fromkeys(_HANGUL_WORD.findall(normalize(question))):
        if word.startswith(_QUESTION_WORDS) or any(token not in left for token in tokenize(word)):
            continue
        keys = ((word[:size], hangul_key(word[:size])) for size in _sizes(word))
        if found := next(((name, key) for name, key in keys if key and frequency(key)), None):
            yield found


def _sizes(word: str) -> Iterator[int]:
    """How long the name may be that the word begins with, the longest first: particles may follow it."""
    for size in range(len(word), SHORTEST_NAME - 1, -1):
        rest = word[size:]
        belongs = is_particles(rest) or (rest[0] in NAME_SUFFIXES and is_particles(rest[1:]))
        if belongs and word[size - 1] not in NO_NAMES_END:
            yield size
