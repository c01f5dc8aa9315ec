"""A sentence -> its content words, each with the keys by which it meets the same word in another wording or language.

A key is a stem, a run of syllables, a group of everyday words (wordings.txt) or the English that the bilingual table
(`retrieve.terms`) has for a Korean term. Two words say the same when they share a key. Nothing here knows a grammar: a
Korean word is its syllables without the particles and endings that `retrieve.terms` lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from ibidem.index.analyze import STOP_WORDS, is_hangul, normalize, stem, tokenize
from ibidem.retrieve.synonyms import synonyms
from ibidem.retrieve.terms import PARTICLES, expansions

_WORD = re.compile(
    r"[A-Za-z][A-Za-z0-9]*(?:[-_.'’/][A-Za-z0-9]+)*[+#]*|[\uac00-\ud7a3]+|[\u3040-\u30ff\u3400-\u9fff]+|[^\W\d_\uac00-\ud7a3]+"
)
_POSSESSIVE = re.compile(r"['’]s?$")
# Words that carry a sentence and tell nothing; what they may deny or turn round is read elsewhere.
_EMPTY = STOP_WORDS | frozenset(
    "also about above according across although among around because both during each either else even every few further "
    "he her here hers him his however just like made make makes many more most much neither nor now off once only other "
    "others otherwise out over own per rather same she since still such than then therefore though through thus too under "
    "until up upon us very via we well were whether while within without yet done does having been being get gets got "
    "takes take took taken one ones two called named known goes go went gone come comes used uses using use whose them "
    "themselves itself there's it's that's always never ever no not cannot can't don't doesn't isn't aren't wasn't say says "
    "said states stated according mentions thing things way set put kept keep keeps time times less "
    "must need needs needed have has had let lets means mean based due least each any all some none nothing nobody anyone "
    "everyone everything someone something before after".split()
)
_KOREAN_EMPTY = frozenset(
    "있다 있는 있으며 있고 있습니다 있었다 있어 없다 없는 없이 없습니다 없으며 한다 합니다 하는 하며 하고 했다 해야 하여 하지 하면 할 한 된다 됩니다 되는 되며 되고 "
    "됐다 되었다 되어 되면 이다 입니다 이며 이고 것 것이다 것은 것이 것을 것입니다 수 때 때문 때문에 등 및 또는 그리고 그러나 하지만 또한 따라서 그 이 저 각 매 약 "
    "위해 위한 위하여 통해 통한 대해 대한 관한 관해 의해 의한 따라 따르면 따른 따라서 경우 경우에는 경우에 중 더 가장 매우 다른 모두 모든 아니다 아니라 아닌 "
    "않는다 않는 않습니다 않고 않으며 않은 않아도 않았다 못한다 못하는 못합니다 안 못 만 위 같은 같이 그는 그녀는 이는 이것은 여러 어떤 다만 단 즉 후 전 뒤 동안 "
    "이후 이전 이상 이하 미만 초과 까지 부터 반드시 꼭 먼저 문서 따르면 때는 때에는 때에 대신 아니한다 말고 함께 바로 해당 중에서 가운데 이내 있으면 하루 이틀".split()
)
_ENDINGS = tuple(
    sorted(
        "습니다 합니다 입니다 됩니다 했습니다 되었습니다 됐습니다 였습니다 었습니다 았습니다 한다 된다 하는 되는 하며 되며 하고 되고 하여 되어 해서 하면 되면 했다 됐다 되었다 "
        "하지 되지 해야 돼야 되어야 하여야 하기 되기 하도록 되도록 하려면 하거나 되거나 하던 했던 됐던 되었던 한 된 할 될 함 됨 해 돼 하게 하자 했고 됐고 했으며 됐으며 되었으며 "
        "하였다 하였습니다 받는다 받습니다 받은 받고 시킨다 시키는 시켜 시킵니다 는다 은다 니다 었다 았다 였다 는데 어야 아야 으며 으면 어서 아서 려면 려고 도록 거나 지만 기에 "
        "는 은 을 다 고 며 면 지 던 ㄴ다 라고 라는 이라고 이라는 인데".split(),
        key=len,
        reverse=True,
    )
)
_PARTICLES = tuple(sorted([*PARTICLES, "에서는", "에서도", "으로는", "로는", "에게는", "까지는", "부터는", "까지만", "에서만", "보다는", "처럼", "인"], key=len, reverse=True))  # fmt: skip
_INFLECTED = re.compile(r".(?:다|려면|으면|하면|야|고|며|아서|어서|지|도록|자|니|되)$|^.자$")
_PREFIX = 6  # letters that forms of one English word share: approve, approval


@dataclass(frozen=True, slots=True)
class Word:
    """A content word with its place. `particle` is what follows it in Korean."""

    text: str
    start: int
    end: int
    keys: frozenset[str]
    pairs: frozenset[str] = frozenset()  # of syllables, of which a compound shares some
    particle: str = ""

    def meets(self, other: Word) -> bool:
        return not self.keys.isdisjoint(other.keys)


@lru_cache(maxsize=1 << 11)
def words(text: str) -> tuple[Word, ...]:
    """The content words of a text, in order."""
    text = normalize(text)
    pivots = _pivots(text)
    found = []
    for match in _WORD.finditer(text):
        shown = match[0]
        word = _korean(shown, match.start(), pivots) if is_hangul(shown) else _latin(shown, match.start())
        if word:
            found.append(word)
    return tuple(found)


def _latin(shown: str, start: int) -> Word | None:
    bare = _POSSESSIVE.sub("", shown)
    lower = bare.lower()
    if lower in _EMPTY or (len(bare) == 1 and not bare.isupper()):
        return None
    return Word(shown, start, start + len(shown), latin_keys(bare))


@lru_cache(maxsize=1 << 13)
def latin_keys(word: str) -> frozenset[str]:
    """A name in several parts meets its parts; an everyday word the others of its group."""
    keys: set[str] = set()
    for token in tokenize(word) or [word.lower()]:
        keys.add(token)
        keys.update(_groups().get(token, ()))
        if len(token) >= _PREFIX:
            keys.add(f"^{token[:_PREFIX]}")
        keys.update(synonyms(token)[:4])
    lower = word.lower()
    keys.update(_groups().get(lower, ()))
    return frozenset(keys)


def _korean(shown: str, start: int, pivots: list[tuple[int, int, frozenset[str]]]) -> Word | None:
    if shown in _KOREAN_EMPTY:
        return None
    base, particle = base_of(shown)
    if base in _KOREAN_EMPTY or shown[:-1] in _KOREAN_EMPTY:
        return None
    keys = set(_korean_keys(shown, base))
    end = start + len(shown)
    for low, high, found in pivots:
        if low < end and high > start:
            keys |= found
    pairs = frozenset(base[at : at + 2] for at in range(len(base) - 1))
    return Word(shown, start, end, frozenset(keys), pairs, particle)


@lru_cache(maxsize=1 << 13)
def base_of(word: str) -> tuple[str, str]:
    """A Korean word without its particle or its verbal ending, and the particle."""
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= (1 if len(particle) > 1 or len(word) == 2 else 2):
            if len(word) - len(particle) == 1 and len(word) > 3:
                continue
            return word[: -len(particle)], particle
    return _stem_of(word), ""


@lru_cache(maxsize=1 << 13)
def _korean_keys(shown: str, base: str) -> frozenset[str]:
    keys = {base, shown}
    keys.add(_stem_of(shown))
    if len(base) > 2:
        inner, particle = base_of(base)
        if particle or inner != base:
            keys.add(inner)
    for size in range(min(4, len(shown)), 1, -1):
        keys.update(_groups().get(shown[:size], ()))
    if len(shown) >= 2:  # 줄인다, 줄입니다: the second syllable without its final
        second = 0xAC00 + (ord(shown[1]) - 0xAC00) // 28 * 28
        keys.add(f"^{shown[0]}{chr(second)}")
    if (ord(shown[0]) - 0xAC00) % 28 and _INFLECTED.search(shown):
        keys.add(f"%{shown[0]}")  # 넘기려면, 넘겨야: a first syllable with a final is the stem
    return frozenset(key for key in keys if len(key) > 1 or key == base)


def _stem_of(word: str) -> str:
    """A verb without its ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)]
    return word


def _pivots(text: str) -> list[tuple[int, int, frozenset[str]]]:
    """Where Korean terms of the bilingual table stand, with the English that stands for them."""
    if not is_hangul(text):
        return []
    found = []
    for expansion in expansions(text):
        if not is_hangul(expansion.source) or len(expansion.source) < 2:
            continue
        keys = frozenset(token for target in expansion.target[:4] for token in tokenize(target) if token not in _EMPTY)
        at = text.find(expansion.source)
        while at >= 0:
            found.append((at, at + len(expansion.source), keys))
            at = text.find(expansion.source, at + 1)
    return found


@cache
def _groups() -> dict[str, frozenset[str]]:
    """A stem, or the beginning of a Korean word -> the groups of wordings.txt that it stands in."""
    table: dict[str, set[str]] = {}
    lines = files("ibidem.chat.check").joinpath("wordings.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(line for line in lines if line and line[0] != "#"):
        for form in line.replace("=", " ").split():
            table.setdefault(stem(form.lower()), set()).add(f"={number}")
            table.setdefault(form.lower(), set()).add(f"={number}")
    return {form: frozenset(groups) for form, groups in table.items()}


def share(word: Word, keys: frozenset[str], pairs: frozenset[str]) -> float:
    """How much of a word a text says: all of it by a key, part of it by the syllables of a compound."""
    if not word.keys.isdisjoint(keys):
        return 1.0
    if word.pairs:
        part = len(word.pairs & pairs) / len(word.pairs)
        return part if part >= 0.5 else 0.0
    return 0.0
