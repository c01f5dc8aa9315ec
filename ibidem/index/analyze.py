"""Text -> index tokens: code-aware words, light English stems, Hangul and Han bigrams. Deterministic and versioned.

A camelCase or snake_case name gives itself and its parts; a number keeps its decimals; Korean needs no dictionary here:
every two neighbouring syllables are a token, so particles cost little and compounds are found by their parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

ANALYZER_VERSION = 1  # a position in an index holds for one version; another one re-indexes

# Runs of one script: decimal numbers, Hangul, kana and Han, names in any other letters.
_WORD = re.compile(
    r"\d+(?:[.,]\d+)+|[\uac00-\ud7a3\u3131-\u318e]+|[\u3040-\u30ff\u3400-\u9fff]+"
    r"|[^\W\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]+"
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BIGRAM_SCRIPTS = re.compile(r"[\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]")
_MAX_WORD = 80  # longer runs are data (base64, hashes): their head is enough

_STOP_EN = (
    "a an and are as at be been but by can could did do does doing for from had has have how i if in into is it its me "
    "may might must my no not of on or our shall should so some such than that the their them then there these they "
    "this those to was we were what when where which while who whom whose why will with would you your about"
)
_STOP_KO = (
    "무엇 무엇인가 무엇인가요 무엇을 무엇이 어떤 어떻게 어디 어디에 어디서 언제 누구 누가 왜 얼마나 몇 어느 있나요 있는가 있는 있다 하나요 "
    "하는가 되나요 되는가 됩니까 합니까 입니까 인가요 인가 그리고 또는 및 대한 대해 위한 위해 경우 것은 것이 것을 수 할 한 이 그 저 때 중"
)
STOP_WORDS = frozenset(_STOP_EN.split()) | frozenset(_STOP_KO.split())


def normalize(text: str) -> str:
    """NFC, without lone surrogates (the index refuses them)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def tokenize(text: str) -> list[str]:
    """The tokens of a text, in order; the same word always gives the same tokens."""
    return list(chain.from_iterable(map(_expand, _WORD.findall(text))))


def query_tokens(question: str) -> list[str]:
    """The distinct tokens a question is searched by, stop words left out unless nothing else remains."""
    words = _WORD.findall(normalize(question))
    telling = [word for word in words if word.lower() not in STOP_WORDS]
    return list(dict.fromkeys(chain.from_iterable(map(_expand, telling or words))))


def path_tokens(path: str) -> list[str]:
    """The tokens of folders and file name; the suffix is one of them."""
    return tokenize(normalize(path).replace("_", " "))


def symbol_tokens(symbols: Iterable[str], heading: str) -> list[str]:
    """The tokens of defined names and of the heading path above a chunk."""
    return tokenize(" ".join([*symbols, heading]))


@lru_cache(maxsize=1 << 16)
def _expand(word: str) -> tuple[str, ...]:
    word = word[:_MAX_WORD]
    if word.isascii():
        return _ascii_tokens(word)
    if _BIGRAM_SCRIPTS.match(word):
        return tuple(word[i : i + 2] for i in range(len(word) - 1)) or (word,)
    return (word.lower(),)


def _ascii_tokens(word: str) -> tuple[str, ...]:
    if not word[0].isalpha() and word[-1].isdigit() and ("." in word or "," in word):
        return (word.replace(",", ""),)
    parts = _PARTS.findall(word)
    if not parts:  # underscores alone
        return ()
    if len(parts) == 1:
        return (stem(parts[0].lower()),)
    whole = word.strip("_").lower()
    return (whole, *(stem(part.lower()) for part in parts))


def stem(word: str) -> str:
    """A light English stem: plural, -ing and -ed endings and a silent e. Short words stay as they are."""
    if len(word) < 4:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 3 and any(vowel in word[:-3] for vowel in "aeiouy"):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word
