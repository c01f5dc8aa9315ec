"""A text's proper names and identifiers, and whether another text has them too, be it in the other script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ibidem.chat.check.words import Word, base_of, latin_keys
from ibidem.index.analyze import STOP_WORDS, is_hangul
from ibidem.index.sounds import hangul_key
from ibidem.index.sounds import latin_keys as sounds
from ibidem.retrieve.terms import expansions
from ibidem.store.slug import slugify

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*|(?<!\d)\d++(?:\.\d++){2,}[A-Za-z0-9_-]*")
_OPENING = re.compile(r"(?:^|[.!?:]\s+|[\n*\"“(|]\s*|[-*]\s+)$")
_CODE = re.compile(r"\d|_|[a-z][A-Z]|[A-Za-z]\.[A-Za-z]")
_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
_TITLES = "씨|님|팀장|부장|과장|대리|차장|사원|이사|대표|교수|박사|선생|의원|장관|기자|감독|소장|원장|회장|사장|대통령|왕|작가|선수|주임|책임|간호사|의사|연구원|매니저"
_TITLED = re.compile(
    rf"(?P<name>[\uac00-\ud7a3]{{2,4}})(?:\s(?:{_TITLES})|(?:씨|님)(?:[가-힣]|\b))|(?:{_TITLES})\s(?P<after>[\uac00-\ud7a3]{{2,4}})"
)
_PLACE = re.compile(r"[\uac00-\ud7a3]{2,4}(?:시|군|구|동|읍|면|리|역|산|강|도|섬|교|사|원|당)$")
_NOUN_PARTICLES = frozenset(
    "은 는 이 가 을 를 의 에게 께 께서 와 과 도 만 로 으로 에 에서 부터 까지 이다 입니다 이며 이고 였다 이었다 에는 에서는".split()
)
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_VOWELS = re.compile(r"[aeiouwy]+")
_NOT_NAMES = STOP_WORDS | frozenset(
    "also both each every all some many most only other such no not yes there here he she we you they it its his her our "
    "their your however therefore because since while although though until unless once after before during under over "
    "between within without about per via if as at by on in to of and or but so then than even just still yet one two three "
    "four five six seven eight nine ten first second third please note i am pm ok mr mrs ms dr".split()
)
_FOLD = str.maketrans({"b": "p", "g": "k", "d": "t", "l": "r", "v": "p", "f": "p", "z": "s", "c": "k", "q": "k", "j": "j", "x": "k"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """`sure`: a capital inside a sentence or an identifier, where nothing but a name stands."""

    text: str
    start: int
    end: int
    sure: bool
    code: bool = False


@lru_cache(maxsize=1 << 10)
def names(text: str) -> tuple[Name, ...]:
    """In the order of the text."""
    found = [*_latin(text), *_hangul(text)]
    return tuple(sorted(found, key=lambda name: name.start))


def _latin(text: str) -> Iterable[Name]:
    korean = is_hangul(text)
    matches = list(_LATIN.finditer(text))
    for place, match in enumerate(matches):
        word = match[0]
        if word.lower() in ("a.m", "p.m", "e.g", "i.e"):
            continue
        code = bool(_CODE.search(word)) or text[match.end() : match.end() + 2] == "()"
        lower = word.lower()
        if code:
            yield Name(word, match.start(), match.end(), sure=True, code=True)
        elif not word[0].isupper() or lower in _NOT_NAMES or len(word) == 1:
            continue
        elif korean or (word.isupper() and len(word) > 1) or not _OPENING.search(text, 0, match.start()):
            yield Name(word, match.start(), match.end(), sure=True)
        else:  # a sentence opens with a capital whatever it opens with
            following = matches[place + 1][0] if place + 1 < len(matches) else ""
            near = bool(following) and matches[place + 1].start() == match.end() + 1
            sure = near and following[0].isupper() and following.lower() not in _NOT_NAMES
            yield Name(word, match.start(), match.end(), sure=sure)


def _hangul(text: str) -> Iterable[Name]:
    """Words that look like a person's or a place's name: nothing tells them for certain."""
    titled = {match.start(group) for match in _TITLED.finditer(text) for group in ("name", "after") if match[group]}
    for match in _HANGUL.finditer(text):
        base, particle = base_of(match[0])
        if base != match[0] and particle not in _NOUN_PARTICLES:
            continue  # an ending: a verb
        if match.start() in titled and len(base) >= 2 and not _known(base):
            yield Name(base, match.start(), match.start() + len(base), sure=True)
        elif (len(base) == 3 and base[0] in _SURNAMES and not _known(base)) or (
            _PLACE.fullmatch(base) and not _known(base)
        ):
            yield Name(base, match.start(), match.start() + len(base), sure=False)


@lru_cache(maxsize=1 << 12)
def _known(base: str) -> bool:
    """A word of the bilingual table is no name."""
    return any(expansion.source[0] == base[0] and len(expansion.source) > 1 for expansion in expansions(base))


def has(name: Name, lower: str, keys: frozenset[str], *, korean: bool) -> bool:
    """Whether a text holds the name: itself, a word of its stem, or in the other script what sounds so.

    `lower` is the text in lower case, `keys` those of its words, `korean` whether any of it is Hangul.
    """
    text = name.text.lower()
    if is_hangul(name.text):
        return text in lower or (len(text) == 3 and text[1:] in lower) or _heard_in_latin(name.text, lower)
    if re.search(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", lower):
        return True
    if name.code:
        return text.replace("-", "").replace("_", "") in lower.replace("-", "").replace("_", "")
    if not latin_keys(name.text).isdisjoint(keys):
        return True
    if len(text) > 5 and text[:5] in lower:  # Germany, German
        return True
    if name.text.isupper() and _initials(text, lower):
        return True
    return korean and _heard_in_hangul(name.text, lower)


def _initials(acronym: str, lower: str) -> bool:
    gap = r"\w+\W+(?:(?:of|and|the|for)\W+)?"
    return bool(re.search(r"\b" + gap.join(map(re.escape, acronym[:-1])) + gap + re.escape(acronym[-1]), lower))


@lru_cache(maxsize=1 << 12)
def _skeleton(latin: str) -> str:
    """The consonants as both scripts spell them alike."""
    folded = latin.lower().replace("ch", "j").replace("sh", "s").replace("kk", "k").replace("-", "").translate(_FOLD)
    return re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", folded.replace("ng", "n").replace("h", "")))


def _heard_in_hangul(name: str, text: str) -> bool:
    wanted, keys = _skeleton(name), set(sounds(name.capitalize()))
    if len(wanted) < 2:
        return len(wanted) == 1  # too short to be told apart: no evidence against it
    for word in set(_HANGUL.findall(text)):
        for size in range(2, min(len(word), 8) + 1):
            if _romanized(word[:size]) == wanted or hangul_key(word[:size]) in keys - {""}:
                return True
        if _romanized(word).endswith(wanted):
            return True
    return False


def _heard_in_latin(name: str, text: str) -> bool:
    wanted, key = _romanized(name), hangul_key(name)
    found = re.findall(r"[a-z]{2,}", text)
    runs = [*found, *(one + other for one, other in pairwise(found))]
    return any(_skeleton(run) == wanted or (key and key in sounds(run)) for run in runs) if len(wanted) > 1 else False


@lru_cache(maxsize=1 << 12)
def _romanized(word: str) -> str:
    return _skeleton(slugify(word))


def meets(name: Name, word: Word) -> bool:
    """Whether the word is the name's."""
    return name.start < word.end and word.start < name.end
