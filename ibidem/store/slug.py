"""A workspace's name -> its slug: Latin letters kept, Korean romanised, the rest dropped."""

from __future__ import annotations

import re
import unicodedata

RESERVED = frozenset({"plain", "latest"})
MAX_CHARS = 40

# Revised Romanization of Korean, letter by letter (no assimilation across syllables)
_INITIAL = "g kk n d tt r m b pp s ss  j jj ch k t p h".split(" ")
_VOWEL = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split(" ")
_FINAL = " k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split(" ")
_FIRST_SYLLABLE = 0xAC00


def slugify(name: str) -> str:
    """`[a-z0-9][a-z0-9-]{0,39}`, or "" when nothing of the name can be written so."""
    romanised = "".join(map(_romanise, unicodedata.normalize("NFC", name)))
    latin = unicodedata.normalize("NFKD", romanised).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[:MAX_CHARS].rstrip("-")


def _romanise(char: str) -> str:
    index = ord(char) - _FIRST_SYLLABLE
    if not 0 <= index < 11_172:
        return char
    initial, rest = divmod(index, 588)
    vowel, final = divmod(rest, 28)
    return _INITIAL[initial] + _VOWEL[vowel] + _FINAL[final]
