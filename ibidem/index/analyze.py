"""Text -> index tokens: code-aware words, light English stems, Hangul and Han bigrams. Deterministic and versioned.

A camelCase or snake_case name gives itself and its parts; a number keeps its decimals; Korean needs no dictionary here:
every two neighbouring syllables are a token, so particles cost little and compounds are found by their parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from itertools import chain

ANALYZER_VERSION = 2  # a position in an index holds for one version; another one re-indexes

# Runs of one script: decimal numbers, Hangul, kana and Han, names in any other letters.
_WORD = re.compile(
    r"\d+(?:[.,]\d+)+|[\uac00-\ud7a3\u3131-\u318e]+|[\u3040-\u30ff\u3400-\u9fff]+"
    r"|[^\W\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]+"
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BIGRAM_SCRIPTS = re.compile(r"[\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]")
_MAX_WORD = 80  # longer runs are data (base64, hashes): their head is enough

STOP_WORDS = frozenset(files("ibidem.index").joinpath("stop_words.txt").read_text("utf-8").partition("\n")[2].split())


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


@lru_cache(maxsize=1 << 13)  # most words of a text; a larger one costs 40 MB and saves nothing measurable
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
