"""Two sentences with the same words -> whether what they say of each other is turned round: A sued B, B sued A.

Without a grammar: in English three shared words in exactly the opposite order, where the voice is the same; in Korean two
words that have each other's particles. Across languages the Korean predicate, its last word, tells the English sides apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from ibidem.chat.check.amounts import Number, same
from ibidem.chat.check.passages import Statement
from ibidem.chat.check.polarity import clauses as clauses_of
from ibidem.chat.check.words import Word

_RELATION = re.compile(
    r"(?i)\b(?:before|after|than|because|from|to|by|causes?|into|over|above|below|against|for|of|without|with)\b"
)
_PASSIVE = re.compile(
    r"(?i)\b(?:is|are|was|were|be|been|being|get|gets|got)\s+(?:\w+\s+){0,2}?\w+(?:ed|en|wn|lt|nt|pt|ght|un|ung|de|ne|ld|um)\b(?=[^.;]{0,80}\bby\b)"
)
_KOREAN_PASSIVE = re.compile(
    r"에\s?의(?:해|하여|한)|(?:에게|에게서|한테|로부터|으로부터)\s.{0,40}(?:받|당하|당했|얻)|[가-힣](?:받은|받는|받았|받습|당한|당했|되었|된다|됩니다|됐)"
)
_ROLES = {
    "subject": "이 가 은 는 께서 에서는 도",
    "object": "을 를",
    "to": "에게 께 한테 에 로 으로 까지 에게는",
    "from": "에서 부터 로부터 에게서 으로부터",
    "than": "보다 보다는",
    "with": "와 과 랑 이랑 하고",
    "of": "의",
}
_ENDING_ROLES = {"려면": "aim", "야": "must", "면": "if", "자": "when", "다": "end"}
_BEFORE_NUMBER = re.compile(r"[\s:(]{0,2}\d")
_FLOATING = re.compile(
    r"(?i)\b(?:on|in|at|during|for|since|with|as|within|under|per|every|each|last|next)\s+(?:(?:the|a|an|its|his|her|their)\s+)?$"
)
_CONVERSE = [
    (re.compile(rf"(?i)\b(?:{one})\b|(?:{korean})"), re.compile(rf"(?i)\b(?:{other})\b|(?:{korean_other})"))
    for one, korean, other, korean_other in (
        (
            "before|prior to|precede[sd]?|until",
            "전에|이전|앞서",
            "after|once|follow(?:s|ed|ing)?",
            "후에|뒤에|이후|다음",
        ),
        (
            "more|higher|larger|greater|bigger|longer|faster|older|stronger|above|exceeds?",
            "보다 (?:크|많|높|길|빠|강)",
            "less|lower|smaller|fewer|shorter|slower|younger|weaker|below",
            "보다 (?:작|적|낮|짧|느|약)",
        ),
        ("buys?|bought|purchased?", "구매|구입|매입|인수", "sells?|sold", "판매|매각|팔"),
        ("causes?|caused|leads? to|led to", "일으|유발|초래", "caused by|because|due to|results? from", "때문|탓|인해"),
        (
            "gives?|gave|hands?|handed|teaches|taught|lends?|lent|sends?|sent",
            "주|가르|빌려주|보내",
            "gets?|got|receives?|received|learns?|learned|learnt|borrows?|borrowed",
            "받|배우|배운|빌리|빌린",
        ),
    )
]
_ROLE = {particle: role for role, particles in _ROLES.items() for particle in particles.split()}


@dataclass(frozen=True, slots=True)
class _Item:
    start: int
    word: Word | None = None
    number: Number | None = None
    relation: str = ""

    def meets(self, other: _Item) -> bool:
        if self.word and other.word:
            return self.word.meets(other.word)
        if self.number and other.number:
            return same(self.number, other.number)
        return bool(self.relation) and self.relation == other.relation


def exchanged(claim: Statement, source: Statement) -> bool:
    """Whether the claim has two arguments of the source in each other's place."""
    if _conversed(claim.text, source.text):
        return False
    ours, theirs = _items(claim), _items(source)
    clauses = list(clauses_of(source.text))
    parts = [[item for item in theirs if start <= item.start < end] for start, end in clauses if len(clauses) > 1]
    return any(_exchanged(claim, source, list(_shared(ours, some))) for some in (theirs, *parts))


def _exchanged(claim: Statement, source: Statement, pairs: list[tuple[_Item, _Item, int]]) -> bool:
    if len(pairs) < 2:
        return False
    texts = claim.text, source.text
    if claim.korean and source.korean:
        if _korean_voice(claim.text) != _korean_voice(source.text):
            return False
        return _by_particles(pairs) or _reversed(pairs, korean=True, texts=texts)
    if claim.korean != source.korean:
        return _across(claim, source, pairs)
    if _voice(claim.text) != _voice(source.text):
        return _wrong_voice(pairs, texts)
    return _reversed(pairs, korean=False, texts=texts)


def _wrong_voice(pairs: list[tuple[_Item, _Item, int]], texts: tuple[str, str]) -> bool:
    """Whether the one that does it in the passive sentence stands behind the verb of the active one too."""
    side = 0 if _voice(texts[0]) else 1
    match = _PASSIVE.search(texts[side])
    by = re.compile(r"(?i)\bby\b").search(texts[side], match.end()) if match else None
    if match is None or by is None:
        return False
    both = [(ours, theirs) if side == 0 else (theirs, ours) for ours, theirs, _ in pairs]
    verbs = [other for one, other in both if one.word and match.start() < one.start < match.end()]
    agents = [other for one, other in both if one.word and by.end() <= one.start]
    patients = [other for one, other in both if one.word and one.start < match.start()]
    if not verbs or not agents or not patients:
        return False
    return agents[0].start > verbs[0].start and patients[-1].start < verbs[0].start


def _conversed(one: str, other: str) -> bool:
    """Whether the relation itself is turned round, so that its parts have to be: before, after."""
    return any(
        bool(low.search(one)) != bool(low.search(other)) and bool(high.search(one)) != bool(high.search(other))
        for low, high in _CONVERSE
    )


def _voice(text: str) -> bool:
    return bool(_PASSIVE.search(text))


def _korean_voice(text: str) -> bool:
    return bool(_KOREAN_PASSIVE.search(text))


def _items(statement: Statement) -> list[_Item]:
    taken = [(number.start, number.end) for number in statement.numbers]
    items = [_Item(number.start, number=number) for number in statement.numbers]
    items += [
        _Item(word.start, word=word)
        for word in statement.words
        if not any(start <= word.start < end for start, end in taken)
    ]
    items += [_Item(match.start(), relation=match[0].lower()) for match in _RELATION.finditer(statement.text)]
    return sorted(items, key=lambda item: item.start)


def _shared(ours: list[_Item], theirs: list[_Item]) -> Iterator[tuple[_Item, _Item, int]]:
    """Items that meet exactly one of the other side, and the only ones to do so, in the claim's order."""
    for item in ours:
        met = [place for place, other in enumerate(theirs) if item.meets(other)]
        if len(met) == 1 and sum(other.meets(theirs[met[0]]) for other in ours) == 1:
            yield item, theirs[met[0]], met[0]


def _reversed(pairs: list[tuple[_Item, _Item, int]], *, korean: bool, texts: tuple[str, str]) -> bool:
    """Three in the opposite order. What moves freely is no end: in English an adverbial, in Korean unlike parts."""
    for first, middle, last in combinations(pairs, 3):
        if not first[2] > middle[2] > last[2] or first[0].relation or last[0].relation:
            continue
        if korean and not (_alike(first[0], last[0], texts[0]) and _alike(first[1], last[1], texts[1])):
            continue
        if not korean and any(_floats(end, texts) for end in (first, last)):
            continue
        return True
    return False


def _floats(pair: tuple[_Item, _Item, int], texts: tuple[str, str]) -> bool:
    """Whether it is part of an adverbial on either side: in 2016, on average."""
    return any(_FLOATING.search(text, 0, item.start) for text, item in zip(texts, pair[:2], strict=True))


def _alike(one: _Item, other: _Item, text: str) -> bool:
    """Two numbers of a kind, two words with the same particle, or each right before a number."""
    if one.number and other.number:
        return one.number.dimension == other.number.dimension
    if not (one.word and other.word):
        return False
    if _BEFORE_NUMBER.match(text, one.word.end) and _BEFORE_NUMBER.match(text, other.word.end):
        return True
    return bool(one.word.particle) and _role(one) == _role(other)


def _role(item: _Item) -> str:
    """What a particle, or the ending of a verb, makes of a Korean word."""
    if item.word is None:
        return ""
    ending = next((role for ending, role in _ENDING_ROLES.items() if item.word.text.endswith(ending)), "")
    return _ROLE.get(item.word.particle, ending)


def _by_particles(pairs: list[tuple[_Item, _Item, int]]) -> bool:
    roles = [(_role(ours), _role(theirs)) for ours, theirs, _ in pairs]
    changed = [(one, other) for one, other in roles if one and other and one != other]
    return any((other, one) in changed for one, other in changed)


def conversely(claim: Statement, source: Statement) -> bool:
    """Whether the claim has both the relation and its parts turned round: B after A for A before B."""
    if not _conversed(claim.text, source.text):
        return False
    pairs = list(_shared(_items(claim), _items(source)))
    places = [place for ours, _, place in pairs if not ours.relation]
    return any(one > other for one, other in combinations(places, 2))


def _across(claim: Statement, source: Statement, pairs: list[tuple[_Item, _Item, int]]) -> bool:
    """The Korean side has particles; the English one has what stands before the predicate, and what behind it."""
    found = []
    for ours, theirs, _ in pairs:
        korean, english = (ours, theirs) if claim.korean else (theirs, ours)
        if korean.word and english.word:
            found.append((korean, english))
    if len(found) < 3:
        return False
    found.sort(key=lambda pair: pair[0].start)
    predicate = found.pop()
    if predicate[0].word is None or predicate[0].word.particle:
        return False
    english_text, korean_text = (source.text, claim.text) if claim.korean else (claim.text, source.text)
    turned = _voice(english_text) != _korean_voice(korean_text)
    sides = []
    for korean, english in found:
        role = _ROLE.get(korean.word.particle, "") if korean.word else ""
        if role in ("subject", "object", "to"):
            before = english.start < predicate[1].start
            sides.append((role == "subject", before != turned))
    return (True, False) in sides and (False, True) in sides
