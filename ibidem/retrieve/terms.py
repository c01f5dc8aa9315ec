"""A text's Korean terms -> their English words, its English terms -> their Korean words, by the table of terms.txt.

Korean is matched without a dictionary of endings: the longest term at the start of a word or next to another term,
when what follows is a particle, an ending, a suffix or one more term. English is matched by light stems. Cost is
linear in the text; the table is read on first use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from ibidem.index.analyze import normalize, stem

# Particles and forms of the copula, as they follow a noun; two may stand together (서버에서는, 캐시까지도).
PARTICLES = frozenset(
    "을 를 이 가 은 는 의 에 에서 에게 에는 에도 에만 께 께서 한테 로 으로 로서 으로서 로써 으로써 와 과 랑 이랑 하고 도 만 뿐 까지 "
    "부터 마저 조차 보다 처럼 같이 만큼 대로 마다 밖에 이나 나 이라도 라도 이든 든 이든지 든지 이란 란 이라는 라는 이라고 라고 이며 "
    "이고 이자 이다 다 이면 면 이라면 라면 인 일 인가 인가요 인지 인데 인데요 이야 야 이에요 예요 이죠 죠 입니다 입니까 이었다 였다 "
    "이었던 였던 이어야 여야 이지만 지만 요 들".split()
)
# First syllables of what makes a verb or another noun of a noun (취소하려면, 적용되는, 최적화, 호환성).
VERBAL = frozenset("하한할함합해했되된될됨됩돼됐시받당")
SUFFIXES = frozenset("적화성별용형식자률율량수중들명값간상측기권님내외후전")
# First syllables of verb endings after a stem (되돌리려면, 묶어서, 찾는).
ENDINGS = frozenset(
    "고기는니다던도든려러면며므서세셔시신실십지자죠게거겠구네나으은을음읍어아여었았였야히혀혔이인일임입져졌진질습주"
)

_PARTICLE_FIRST = frozenset(particle[0] for particle in PARTICLES)
_HANGUL = re.compile("[가-힣]")
_PHRASE = re.compile(r"[가-힣0-9]+(?:[\s-][가-힣0-9]+)*")
_LOOK_AHEAD = 12  # syllables after a term that can tell how its word goes on; particles have fewer
_ENGLISH_WORD = re.compile(r"[^\W\d_ㄱ-힣][^\W_ㄱ-힣]*[+#]*|(?<![^\W_])\d{1,4}[A-Za-z]+")
_CAMEL_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SEPARATORS = re.compile(r"[ ./-]")
_RANK = 10**6
_ENGLISH_GAP = re.compile(r"[\s_./-]?|[./-] ?")  # what may stand between the words of one English term

_Kind = Literal["noun", "stem", "form"]  # a verb stem waits for an ending, a form (되돌린) may stand alone


@dataclass(frozen=True, slots=True)
class Expansion:
    """Words of a text and what stands for them: `target` in the other language, `variants` in their own.

    Both keep the order of the table, the most common word first; verbs appear as their stem (되돌리).
    """

    source: str
    target: tuple[str, ...]
    variants: tuple[str, ...] = ()


class Entry(NamedTuple):
    """One line of the table: the words of both languages for one concept."""

    korean: tuple[str, ...]
    english: tuple[str, ...]


class _Korean(NamedTuple):
    """The Korean forms without their spaces, each with the number of its entry."""

    nouns: dict[str, int]
    stems: dict[str, int]  # of verbs: an ending follows
    forms: dict[str, int]  # of verbs: complete, as 되돌린
    breaks: dict[str, set[int]]  # where a space may stand, as offsets
    lengths: dict[str, list[int]]  # by the first two syllables: how long terms are, longest first

    def find(self, key: str) -> tuple[_Kind, int] | None:
        if (number := self.nouns.get(key)) is not None:
            return "noun", number
        if (number := self.stems.get(key)) is not None:
            return "stem", number
        return None if (number := self.forms.get(key)) is None else ("form", number)


def expansions(text: str) -> list[Expansion]:
    """What the table has for the terms of a text, both languages, in the order of the text, each source once."""
    text = normalize(text)
    found = [*_korean_terms(text), *_english_terms(text)]
    found.sort(key=lambda one: one[0])
    return list({(one.source.lower(), one.target): one for _, one in reversed(found)}.values())[::-1]


@cache
def entries() -> tuple[Entry, ...]:
    """The table, in the order of its file."""
    lines = files("ibidem.retrieve").joinpath("terms.txt").read_text("utf-8").splitlines()
    halves = (line.split(" = ") for line in lines if line and line[0] != "#")
    return tuple(Entry(tuple(korean.split(", ")), tuple(english.split(", "))) for korean, english in halves)


@cache
def _korean() -> _Korean:
    table = _Korean({}, {}, {}, {}, {})
    for number, entry in enumerate(entries()):
        for form in entry.korean:
            if form[-1] == "-":
                stem_key = _joined(form[:-1], table.breaks)
                table.stems.setdefault(stem_key, number)
                for key in _open_forms(stem_key):
                    table.stems.setdefault(key, number)
                for key in _closed_forms(stem_key):
                    table.forms.setdefault(key, number)
            else:
                table.nouns.setdefault(_joined(form, table.breaks), number)
    lengths: dict[str, set[int]] = {}
    for syllables in (*table.nouns, *table.stems, *table.forms):
        lengths.setdefault(syllables[:2], set()).add(len(syllables))
    table.lengths.update((first, sorted(sizes, reverse=True)) for first, sizes in lengths.items())
    return table


def _joined(form: str, breaks: dict[str, set[int]]) -> str:
    """The form without spaces and hyphens; where they stood is noted."""
    if " " not in form and "-" not in form:
        return form
    parts = form.replace("-", " ").split(" ")
    key, offset = "".join(parts), 0
    for part in parts[:-1]:
        offset += len(part)
        breaks.setdefault(key, set()).add(offset)
    return key


def _bare(form: str) -> str:
    """A form as text may hold it: a verb without the hyphen of its stem."""
    return form.rstrip("-")


def _parts(syllable: str) -> tuple[int, int, int]:
    """Initial, vowel and final of a Hangul syllable, as numbers of the Unicode formula."""
    code = ord(syllable) - 0xAC00
    return code // 588, code % 588 // 28, code % 28


def _syllable(initial: int, vowel: int, final: int = 0) -> str:
    return chr(0xAC00 + initial * 588 + vowel * 28 + final)


def _open_forms(verb: str) -> Iterator[str]:
    """What an ending follows beside the stem: 만들- gives 만드(는), 만든, 만듭(니다)."""
    initial, vowel, final = _parts(verb[-1])
    if final == 8:  # ㄹ falls away
        yield from (verb[:-1] + _syllable(initial, vowel, changed) for changed in (0, 4, 17))


def _closed_forms(verb: str) -> Iterator[str]:
    """Forms of a stem without final: 되돌리- gives 되돌린, 되돌릴, 되돌림, 되돌립(니다), 되돌려, 되돌렸."""
    head, (initial, vowel, final) = verb[:-1], _parts(verb[-1])
    if final:
        return
    yield from (head + _syllable(initial, vowel, added) for added in (4, 8, 16, 17))
    contracted = {20: 6, 8: 9, 13: 14}.get(vowel, vowel)  # ㅣ+ㅓ ㅕ, ㅗ+ㅏ ㅘ, ㅜ+ㅓ ㅝ
    if vowel == 18:  # ㅡ falls away: 모으- 모아, 따르- 따라; 르 may double its ㄹ: 부르- 불러
        dark = not head or _parts(head[-1])[1] not in (0, 8)
        contracted = 4 if dark else 0
        if head and initial == 5:
            before = _parts(head[-1])
            if not before[2]:
                head_doubled = head[:-1] + _syllable(before[0], before[1], 8)
                yield from (head_doubled + _syllable(5, contracted, added) for added in (0, 20))
    yield from (head + _syllable(initial, contracted, added) for added in (0, 20) if (contracted, added) != (vowel, 0))


def _korean_terms(text: str) -> Iterator[tuple[int, Expansion]]:
    """Terms in the Hangul of a text with their places."""
    for phrase in _PHRASE.finditer(text):
        if not _HANGUL.search(phrase[0]):
            continue
        origin: list[int] = []  # place in the text of each syllable
        starts: list[bool] = []  # it opens a word
        ends: list[int] = []  # where its word ends
        for word in re.finditer(r"[^\s-]+", phrase[0]):
            size = len(word[0])
            origin.extend(range(phrase.start() + word.start(), phrase.start() + word.end()))
            starts.extend([True, *[False] * (size - 1)])
            ends.extend([len(ends) + size] * size)
        syllables = "".join(text[place] for place in origin)
        for begin, end, entry in _scan(syllables, starts, ends):
            source = text[origin[begin] : origin[end - 1] + 1]
            variants = tuple(form for form in map(_bare, entry.korean) if form != source)
            yield origin[begin], Expansion(source, entry.english, variants)


def _scan(syllables: str, starts: Sequence[bool], ends: Sequence[int]) -> Iterator[tuple[int, int, Entry]]:
    """Left to right, the longest term first: where each begins and ends."""
    at, word, joined = 0, 0, -1  # place; where its word began; where the last term ended
    while at < len(syllables):
        if starts[at]:
            word = at
        fresh = starts[at] or syllables[at - 1].isdigit()
        rest = syllables[at : min(ends[at], at + _LOOK_AHEAD)]
        if at == joined and not starts[at] and is_particles(rest):
            at = ends[at]
            continue
        size, entry = _longest(syllables, at, starts, ends, near=fresh or at == joined, into=at - word)
        if entry:
            yield at, at + size, entry
            joined = at = at + size
        elif at == joined and not fresh and syllables[at] in VERBAL:
            at = ends[at]
        else:
            at += 1


def _longest(
    syllables: str, at: int, starts: Sequence[bool], ends: Sequence[int], *, near: bool, into: int
) -> tuple[int, Entry | None]:
    """The longest term here whose continuation fits; failing that, the longest of three syllables or more.

    `near`: a word, or the end of another term, is here. Else the place is `into` syllables inside a word: then two
    syllables need a word's end after them, and must not look like a particle.
    """
    table = _korean()
    loose: tuple[int, Entry | None] = (0, None)
    for size in (*table.lengths.get(syllables[at : at + 2], ()), *table.lengths.get(syllables[at], ())):
        key = syllables[at : at + size]
        found = table.find(key) if len(key) == size else None
        if found is None:
            continue
        kind, entry = found[0], entries()[found[1]]
        if any(starts[at + offset] and offset not in table.breaks.get(key, ()) for offset in range(1, size)):
            continue
        end = at + size
        rest = syllables[end : min(ends[end - 1], end + _LOOK_AHEAD)]
        if kind != "noun":
            if near and _continues_verb(kind, size, rest):
                return size, entry
            continue
        if near and size > 1:
            if _continues_noun(rest):
                return size, entry
        elif is_particles(rest):
            if near or size > 2 or (size == 2 and into > 1 and syllables[at] not in _PARTICLE_FIRST):
                return size, entry
            continue
        if size > 2 and not loose[0]:
            loose = size, entry
    return loose


def _continues_noun(rest: str) -> bool:
    """What follows a term in its word is a particle, an ending, a suffix, a number or the beginning of another term."""
    if not rest or rest[0] in VERBAL or rest[0] in SUFFIXES or rest[0].isdigit() or is_particles(rest):
        return True
    table = _korean()
    return any(rest[:size] in table.nouns for size in table.lengths.get(rest[:2], ())) or (
        rest[0] in table.nouns and is_particles(rest[1:])
    )


def _continues_verb(kind: _Kind, size: int, rest: str) -> bool:
    if not rest:
        return kind == "form" and size > 1
    return rest[0] in ENDINGS or (kind == "form" and size > 1 and is_particles(rest))


def is_particles(rest: str) -> bool:
    """One particle, or two in a row; nothing counts too."""
    return (
        not rest
        or rest in PARTICLES
        or (len(rest) < 8 and any(rest[:i] in PARTICLES and rest[i:] in PARTICLES for i in range(1, len(rest))))
    )


@cache
def _english() -> tuple[dict[str, list[int]], dict[str, int]]:
    """By stemmed words: where the form stands, as place in its line * 10^6 + number of the entry; and by first word
    the most words a term has.
    """
    places: dict[str, list[int]] = {}
    longest: dict[str, int] = {}
    stemmed: dict[str, str] = {}
    for number, entry in enumerate(entries()):
        for rank, form in enumerate(entry.english):
            key = stemmed.get(form)
            if key is None:
                words = (
                    [_stem(word) for word in _SEPARATORS.split(form) if word] if not form.isalpha() else [_stem(form)]
                )
                key = stemmed[form] = " ".join(words)
                if longest.get(words[0], 0) < len(words):
                    longest[words[0]] = len(words)
            if key in places:
                places[key].append(rank * _RANK + number)
            else:
                places[key] = [rank * _RANK + number]
    return places, longest


def _english_expansion(source: str, places: Sequence[int]) -> Expansion:
    """Where several lines hold the same English, those that name it first come first."""
    held = [entries()[place % _RANK] for place in sorted(places)]
    korean = dict.fromkeys(_bare(form) for entry in held for form in entry.korean)
    return Expansion(source, tuple(korean), tuple(form for form in held[0].english if form != source.lower()))


def _english_terms(text: str) -> Iterator[tuple[int, Expansion]]:
    """Terms in the English of a text, names in camelCase and snake_case included, with their places."""
    if not _ENGLISH_WORD.search(text):  # Korean alone does not pay for the English half of the table
        return
    words = list(_english_words(text))
    terms, longest = _english()
    at = 0
    while at < len(words):
        key, begin, _ = words[at]
        reach = 1
        while reach < longest.get(key, 0) and at + reach < len(words):
            gap = text[words[at + reach - 1][2] : words[at + reach][1]]
            if not _ENGLISH_GAP.fullmatch(gap):
                break
            reach += 1
        for size in range(reach, 0, -1):
            found = terms.get(" ".join(word for word, _, _ in words[at : at + size]))
            if found:
                yield begin, _english_expansion(text[begin : words[at + size - 1][2]], found)
                at += size - 1
                break
        at += 1


def _english_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Stemmed words with their places; a name of several parts gives its parts, unless the table knows it whole."""
    known = _english()[1]
    for word in _ENGLISH_WORD.finditer(text):
        whole = word[0]
        key = _stem(whole.lower())
        if whole[1:].islower() or whole.isupper() or key in known:
            yield key, word.start(), word.end()
        elif (key := _stem(whole.lower().rstrip("0123456789"))) in known:  # OAuth2
            yield key, word.start(), word.start() + len(whole.rstrip("0123456789"))
        else:
            for part in _CAMEL_PART.finditer(whole):
                yield _stem(part[0].lower()), word.start() + part.start(), word.start() + part.end()


def _stem(word: str) -> str:
    """The index's light stem, with retried as retry too."""
    stemmed = stem(word)
    return stemmed[:-1] + "y" if stemmed[-1:] == "i" and len(word) > 4 else stemmed
