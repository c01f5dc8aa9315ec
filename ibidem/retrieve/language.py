"""A question -> the language it must be understood in, as far as an embedder's own list can answer that."""

from __future__ import annotations

import re
from collections.abc import Set

from ibidem.models.embed import ANY_LANGUAGE

# A script that one language has to itself here; Han without kana is taken for Chinese.
SCRIPTS = {
    "ko": re.compile(r"[\uac00-\ud7a3\u3131-\u318e\u1100-\u11ff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "zh": re.compile(r"[\u3400-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
# Small words that tell languages of Latin letters apart. A question passes for English, as code does, unless it has
# more words of another language, two at least.
SMALL_WORDS = {
    "en": "the is are was of to in and how what where which does do for with when why who this that it",
    "de": "der die das ist sind ein eine und wie wo welche wird werden nicht mit für wann warum wer dem den",
    "fr": "le la les est sont un une des et comment où quel quelle dans pour avec quand pourquoi qui du que",
    "es": "el la los las es son un una de cómo dónde cuál qué en para con cuándo por quién como donde",
    "it": "il lo la gli sono un una di come dove quale che nel per con quando perché chi della",
    "pt": "os as são um uma de como onde qual que em para com quando por quem do da",
}
_SMALL = {language: frozenset(words.split()) for language, words in SMALL_WORDS.items()}
_LATIN = re.compile(r"[^\W\d_]+")


def language(question: str) -> str:
    """An ISO 639-1 code; "" for a question without letters. Korean with English names in it is Korean."""
    for code, script in SCRIPTS.items():
        if script.search(question):
            return code
    words = [word.lower() for word in _LATIN.findall(question)]
    if not words:
        return ""
    counts = {code: sum(word in small for word in words) for code, small in _SMALL.items()}
    best = max(counts, key=lambda code: (counts[code], code == "en"))
    return best if counts[best] > 1 else "en"


def knows(languages: Set[str], wanted: str) -> bool:
    return not wanted or ANY_LANGUAGE in languages or wanted in languages
