"""Text -> index tokens: code-aware words, light English stems, Hangul and Han bigrams. Deterministic and versioned.

A camelCase or snake_case name gives itself and its parts; a version gives itself and its first two numbers; `C++`, `C#`,
`--dry-run` and `.env` are words; accents and full-width letters are folded. Korean needs no dictionary here: every two
neighbouring syllables are a token, so particles cost little and compounds are found by their parts. Its morphemes, from
`index.korean`, come on top.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from itertools import chain

ANALYZER_VERSION = 4  # a position in an index holds for one version; another one re-indexes

# Signs that make a word, then runs of one script: decimal numbers, Hangul, kana and Han, names in any other letters.
_WORD = re.compile(
    r"(?<![A-Za-z0-9_])(?:[Cc]\+\+|[CFcf]\#)|(?<![\w-])--[A-Za-z][A-Za-z0-9_-]*"
    r"|(?<![\w.)\]])\.[A-Za-z][A-Za-z0-9_]*(?![A-Za-z0-9_(])"
    r"|[vV]?\d+(?:[.,]\d+)+|[\uac00-\ud7a3\u3131-\u318e]+|[\u3040-\u30ff\u3400-\u9fff]+"
    r"|[^\W\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]+"
)
_PARTS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_BIGRAM_SCRIPTS = re.compile(r"[\uac00-\ud7a3\u3131-\u318e\u3040-\u30ff\u3400-\u9fff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_JAMO = re.compile(r"[\u1100-\u1112][\u1161-\u1175]")  # a decomposed syllable, as in the file names of macOS
_HANGUL = re.compile(r"[\uac00-\ud7a3\u3131-\u318e]")
_MAX_WORD = 80  # longer runs are data (base64, hashes): their head is enough

STOP_WORDS = frozenset(files("ibidem.index").joinpath("stop_words.txt").read_text("utf-8").partition("\n")[2].split())


def normalize(text: str) -> str:
    """NFC, without lone surrogates (the index refuses them)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text))


def is_hangul(text: str) -> bool:
    """Whether any of it is written in Hangul, composed or not."""
    return not text.isascii() and bool(_HANGUL.search(text) or _JAMO.search(text))


def tokenize(text: str) -> list[str]:
    """The tokens of a text, in order; the same word always gives the same tokens."""
    return list(chain.from_iterable(map(_expand, _WORD.findall(normalize(text)))))


def query_tokens(question: str) -> list[str]:
    """The distinct tokens a question is searched by, stop words left out unless nothing else remains."""
    words = _WORD.findall(normalize(question))
    telling = [word for word in words if word.lower() not in STOP_WORDS]
    return list(dict.fromkeys(chain.from_iterable(map(_expand, telling or words))))


def path_tokens(path: str) -> list[str]:
    """The tokens of folders and file name; the suffix is one of them."""
    return tokenize(path.replace("_", " ").replace(".", " "))


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
    folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold())))
    if folded == word:
        return (word,)
    return tuple(chain.from_iterable(map(_expand, _WORD.findall(folded))))  # a ligature may hold several words


def _ascii_tokens(word: str) -> tuple[str, ...]:
    if word[-1] in "+#":
        return (word.lower(),)
    if word[0] in "-.":
        return (word.lower(), *map(_part, _PARTS.findall(word)))
    if "." in word or "," in word:
        number = word.lstrip("vV").replace(",", "")
        return (number, ".".join(number.split(".")[:2])) if number.count(".") > 1 else (number,)
    parts = _PARTS.findall(word)
    if not parts:  # underscores alone
        return ()
    if len(parts) == 1:
        return (_part(parts[0]),)
    whole = word.strip("_").lower()
    return (whole, *map(_part, parts))


def _part(part: str) -> str:
    if part[-1] == "s" and part[:-1].isupper():  # URLs, APIs
        return part[:-1].lower()
    return stem(part.lower())


def stem(word: str) -> str:
    """A light English stem: plural, -ing and -ed endings and a silent e. Short words stay as they are.

    Heavier ones (Porter's second steps, irregular verbs) find no more on our tasks (evals/LOG.md).
    """
    if len(word) < 4:
        return word
    if len(word) > 4 and word.endswith(("ies", "ied")):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) >= len(ending) + 3 and any(vowel in word[:-3] for vowel in "aeiouy"):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word
