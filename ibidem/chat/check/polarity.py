"""A clause -> whether it denies; two clauses -> whether one says the opposite of the other.

Denials are counted, not understood: two in one clause cancel each other out, and so do a denial and an opposite ("not
allowed", "forbidden"). That is right for what documents and answers say far more often than not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files

from ibidem.index.analyze import is_hangul, stem

_ENGLISH = re.compile(
    r"(?i)\b(?:not|never|no|none|nobody|nothing|neither|nowhere|cannot|without|hardly|barely|unable|impossible|lacks?|lacking|"
    r"fail(?:s|ed|ing)? to|refus(?:e|es|ed|ing)|exempt(?:ed)?|absent|un(?:paid|available|changed|affected|necessary|limited|supported|"
    r"used|likely|able|authori[sz]ed|safe|supervised|tested|known|verified)|invalid|ineligible|prohibit(?:s|ed)?|forbid(?:s|den)?|ban(?:s|ned)?|disallow(?:s|ed)?|"
    r"denied|den(?:y|ies)|reject(?:s|ed)?|prevent(?:s|ed)?|avoid(?:s|ed)?|except|excluded?|excludes|no longer)\b"
    r"|n['’]t\b|\bfree of\b"
)
_NOT_ENGLISH = re.compile(
    r"(?i)\bnot only\b|\bno\. ?\d|\bno (?:more|less|fewer|later|earlier) than\b|\bno longer than\b|\bno matter\b|\bwhether or not\b|\bnot until\b|\bno sooner\b"
)
_KOREAN = re.compile(
    r"지\s?(?:않|못|말|아니)|(?<![가-힣])(?:안|못)\s(?=[가-힣])|(?:할|될|을|를|[가-힣])\s?수\s?(?:는|도)?\s?없|없(?:다|는|이|으|습|었|어|고|을|도)|아니(?:다|며|고|한|었|에)|아닌|아닙|금지|금한|금하|"
    r"불가|불허|못(?:한|하|합|했|해)|안\s?(?:된|됩|되)|(?<![가-힣])미(?:지원|지급|포함|사용|적용|완료|등록|제출)|(?<![가-힣])비(?:공개|활성|정상)|(?<![가-힣])무(?:효|관|급)|제외|면제|거절|거부|반려|부결|기각|방지|막는다|막아|않"
)
_NOT_KOREAN = re.compile(
    r"뿐(?:만)?\s?(?:만\s)?아니라|밖에\s?(?:없|못|안)|지\s?않으면\s?안|지\s?않으면\s?못|수밖에\s?없|틀림없|변함없|관계없이|상관없이|(?:하|되)지\s?않을\s?수\s?없|없앤|없애|없앴"
)
# Where one clause ends and another begins; the comma before a Korean clause is mostly an ending of the verb.
_CLAUSES = re.compile(
    r"[;:—]\s|,\s(?:but|and|while|whereas|although|though|which|who|so|or|then|unless|even)\b|\b(?:but|while|whereas|although|though|unless)\b"
    r"|(?:지만|으나|는데|은데|ㄴ데|하나|으며|하며|되며|이며|하고|되고|면서|니다만)[,\s]|(?<=[가-힣])(?:고|자|면|어서|아서|여서|므로|으니|니까|되),?\s|다만[,\s]|,\s"
)


def denials(text: str) -> int:
    """How often a text denies."""
    text = _NOT_KOREAN.sub(" ", _NOT_ENGLISH.sub(" ", text))
    return sum(1 for _ in _ENGLISH.finditer(text)) + sum(1 for _ in _KOREAN.finditer(text))


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Where its clauses stand."""
    start = 0
    for end in _CLAUSES.finditer(text):
        if end.start() - start >= 4:
            yield start, end.end()
            start = end.end()
    if text[start:].strip():
        yield start, len(text)


@cache
def _sides() -> dict[str, frozenset[tuple[int, int]]]:
    """A stem, or the beginning of a Korean word -> the pairs of opposites.txt that it stands in, and on which side."""
    table: dict[str, set[tuple[int, int]]] = {}
    lines = files("ibidem.chat.check").joinpath("opposites.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(line for line in lines if line and line[0] != "#"):
        for side, forms in enumerate(line.split(" / ")):
            for form in forms.split():
                table.setdefault(stem(form), set()).add((number, side))
                table.setdefault(form, set()).add((number, side))
    return {form: frozenset(sides) for form, sides in table.items()}


@lru_cache(maxsize=1 << 12)
def sides(word: str) -> frozenset[tuple[int, int]]:
    lower = word.lower()
    if is_hangul(word):
        return frozenset().union(*(_sides().get(word[:size], frozenset()) for size in range(2, min(4, len(word)) + 1)))
    return _sides().get(lower) or _sides().get(stem(lower), frozenset())


_PLAIN_WORD = re.compile(r"[A-Za-z]+|[\uac00-\ud7a3]+")


@lru_cache(maxsize=1 << 11)
def opposites_in(text: str) -> dict[tuple[int, int], str]:
    """The sides of opposites that a text takes, each with a word that does so."""
    return {side: word for word in _PLAIN_WORD.findall(text) for side in sides(word)}


def turned(claim: str, clause: str) -> int:
    """How many words of the claim stand against their opposite in the clause; those that deny are counted as denials."""
    ours, theirs = opposites_in(claim), opposites_in(clause)
    used: set[str] = set()
    for (pair, side), word in ours.items():
        other = theirs.get((pair, 1 - side))
        if not other or (pair, side) in theirs or (pair, 1 - side) in ours or {word, other} & used:
            continue
        if any(one in theirs for one in sides(word)) or denials(word) or denials(other):
            continue
        used |= {word, other}
    return len(used) // 2
