"""Names -> keys of how they sound, the same in Hangul and in Latin letters: 브롱코스 and Broncos.

A key is the consonants, as Hangul tells them apart when it writes foreign words: p b f v are one, so are l and r; vowels are
spelled too differently to count, but for one that opens the word. English leaves several readings open (ch, th, an r that
is not heard), so a Latin name has a few keys and a Hangul one has one. Only words with a capital count as names: short
keys of common words would match by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

MARK = "~"  # opens a key, so that it cannot be taken for a word: no token has it
SHORTEST = 3  # letters of a key; two match by chance

_INITIALS = "K K N T T R M P P S S - J J J K T P H".split()
_FINALS = {0: "", 1: "K", 4: "N", 7: "T", 8: "R", 16: "M", 17: "P", 19: "T", 21: "N"}  # those of foreign words
# After another word: a sentence opens with a capital whatever it opens with.
_NAME = re.compile(r"(?<=[A-Za-z0-9,;)] )[A-Z][a-z]{2,19}(?![A-Za-z0-9_])")
_TWICE = re.compile(r"([A-Z])\1+")  # nothing between them: nn, ㄴㄴ
_NOT_A_KEY = re.compile(r"[^A-Z]")
_LATIN = [
    (re.compile(pattern), key)
    for pattern, key in (
        (r"^(?:k(?=n)|w(?=r)|p(?=s))", ""),
        (r"^x", "s"),
        (r"tch", "J"),
        (r"sch|sh", "S"),
        (r"ph", "P"),
        (r"gh(?=[aeiou])", "K"),
        (r"gh", ""),
        (r"ng(?![aeiouyr])", "N"),
        (r"c(?=[eiy])|t(?=ion|ia)", "S"),
        (r"[ckq]", "K"),
        (r"x", "KS"),
        (r"mb$", "M"),
        (r"[bpvf]", "P"),
        (r"[dt]", "T"),
        (r"[sz]", "S"),
        (r"j", "J"),
        (r"m", "M"),
        (r"n", "N"),
        (r"[lr]", "R"),
        (r"h(?=[aeiouyw])", "H"),
        (r"g", "K"),
    )
]


def name_keys(text: str) -> Iterator[tuple[str, str]]:
    """Each name of the text in Latin letters with each of its keys, once."""
    for name in dict.fromkeys(_NAME.findall(text)):
        for key in latin_keys(name):
            yield name, key


def hangul_key(word: str) -> str:
    """The key of a name in Hangul; nothing for what is too short, or spelled as no foreign word is."""
    parts = []
    for at, syllable in enumerate(word):
        initial, final = (ord(syllable) - 0xAC00) // 588, (ord(syllable) - 0xAC00) % 28
        if final not in _FINALS:
            return ""
        opening = _INITIALS[initial]
        parts.append(("" if at else "A") if opening == "-" else opening)
        parts.append("." + _FINALS[final])
    return _marked("".join(parts))


@lru_cache(maxsize=1 << 12)
def latin_keys(name: str) -> tuple[str, ...]:
    """The keys of a name in Latin letters, one for each way to read it."""
    word = name.lower()
    readings = []
    for ch, th, soft_g, silent_r in product("JK", "ST", "JK", (False, True)):
        read = re.sub(r"(?<=[aeiou])r(?![aeiouyr])", "", word) if silent_r else word
        read = read.replace("tch", "J").replace("sch", "S").replace("ch", ch).replace("th", th)
        read = re.sub(r"(?<!n)g(?=[eiy])", soft_g, read)
        for pattern, key in _LATIN:
            read = pattern.sub(key, read)
        opens = "A" if word[0] in "aeiouyw" else ""
        readings.append(_marked(opens + read))
    return tuple(filter(None, dict.fromkeys(readings)))


def _marked(key: str) -> str:
    key = _NOT_A_KEY.sub("", _TWICE.sub(r"\1", key))
    return MARK + key if len(key) >= SHORTEST else ""
