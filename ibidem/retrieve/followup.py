"""A question and the turns before it -> what to search with: a question that leans on them borrows their words.

No model is asked. A question that stands on its own is left as it is: rewriting every question finds less (evals/LOG.md).
What leans: pronouns and demonstratives, "and ...?" and "그럼 ...?", ordinals that point into a list of the last answer,
topics without a predicate ("취소는요?"), and questions without a subject ("why?", "얼마나 걸려요?").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import takewhile

from ibidem.index.analyze import STOP_WORDS, normalize

MAX_CHARS = 2000  # looked at of a question; a longer one is no follow-up
MAX_ANSWER_CHARS = 8000  # looked at of an answer, for its list
ANSWER_CHARS = 80  # looked at of an answer for what a pronoun may mean
MAX_TURNS = 3  # looked back
MAX_CARRIED = 16  # words borrowed

# Share of its weight that a borrowed word keeps. Source: evals/LOG.md, "follow-ups".
ASKED = 0.6  # it stood in the last question
ITEM = 0.8  # it stands in the item of the list that an ordinal names
ANSWER = 0.2  # it stands at the head of the last answer, and a pronoun may mean it
EARLIER = 0.5  # for each further turn back

LEANS_WITH_PRONOUN = 6  # at most so many telling words beside a pronoun; more make a question of its own
LEANS_WITH_CONNECTIVE = 3  # the same beside "and", "그럼"
KOREAN_NOUNS, KOREAN_WORDS = 1, 5  # a Korean question so short leaves its subject to the conversation


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and its answer."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class SearchText:
    """What is searched: `text`, and borrowed words with the share of their weight that they keep.

    `because` names what made the question lean; empty when `text` is the question as it was asked.
    """

    text: str
    carried: Mapping[str, float] = field(default_factory=dict)
    because: str = ""

    def __str__(self) -> str:
        """As a trace shows it: the question's own words, then those it borrowed."""
        return " ".join([self.text, *self.carried]).strip()


@dataclass(frozen=True, slots=True)
class _Leaning:
    because: str
    own: list[str]  # the words that say something themselves
    ordinal: int = 0  # the item named, from 1; -1 is the last


def with_references(question: str, turns: Sequence[Turn]) -> SearchText:
    """What to search for `question`, asked after `turns` (oldest first). Pure; well under a millisecond."""
    leaning = _leaning(_plain(question)) if turns and len(question) <= MAX_CHARS else None
    if leaning is None:
        return SearchText(question)
    carried: dict[str, float] = {}
    item = _item(_plain(turns[-1].answer[:MAX_ANSWER_CHARS]), leaning.ordinal) if leaning.ordinal else ""
    _borrow(carried, _telling(_words(item)), ITEM)
    share = ASKED
    for turn in reversed(turns[-MAX_TURNS:]):
        asked = _plain(turn.question[:MAX_CHARS])
        before = _leaning(asked)
        _borrow(carried, before.own if before else _telling(_words(asked)), share)
        if before is None:
            break
        share *= EARLIER
    if leaning.because.startswith("pronoun"):
        _borrow(carried, _telling(_words(_head(turns[-1].answer))), ANSWER)
    own = leaning.own
    shapes = {shape for word in own if (shape := _shape(word))}
    said = {word.lower() for word in own}
    kept = [(word, share) for word, share in carried.items() if word.lower() not in said and _shape(word) not in shapes]
    if not kept:
        return SearchText(question)
    return SearchText(" ".join(own), dict(kept[:MAX_CARRIED]), leaning.because)


def _plain(text: str) -> str:
    return normalize(text).strip()


def _borrow(carried: dict[str, float], words: Sequence[str], share: float) -> None:
    for word in words:
        carried.setdefault(word, share)


# --- does it lean? ---------------------------------------------------------------------------------------------------


def _lines(name: str) -> dict[str, frozenset[str]]:
    text = files("ibidem.retrieve").joinpath(name).read_text("utf-8")
    rows = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    found: dict[str, frozenset[str]] = {}
    for key, _, words in rows:
        found[key] = found.get(key, frozenset()) | {word.replace("_", " ") for word in words.split()}
    return found


_LISTS = _lines("leaning_words.txt")
_OPENERS, _SWITCHES, _WEAK_PRONOUNS = _LISTS["opener"], _LISTS["switch"], _LISTS["weak"]
_PRONOUNS = _LISTS["pronoun"] | _WEAK_PRONOUNS
_POSSESSIVES = _LISTS["possessive"]
_EMPTY = _LISTS["empty"] | STOP_WORDS | _PRONOUNS
_OPENER = re.compile(rf"(?:(?:{'|'.join(sorted(map(re.escape, _OPENERS), key=len, reverse=True))})[\s,.…]+)+", re.I)
_SWITCH = re.compile(rf"(?:{'|'.join(map(re.escape, _SWITCHES))})(?![\w])", re.I)

_ENGLISH_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1, "latter": -1}
_ENGLISH_ORDINALS |= {"former": 1, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "final": -1}
_KOREAN_ORDINALS = {"첫": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6}
_KOREAN_ORDINALS |= {"첫째": 1, "둘째": 2, "셋째": 3, "넷째": 4, "다섯째": 5, "마지막": -1}
_THING = r"ones?|items?|steps?|points?|options?|entry|entries|bullets?|reasons?|causes?|rules?|cases?|things?|of (?:them|these|those)"
_ENGLISH_ORDINAL = re.compile(
    rf"\b(?:the\s+)?(?:(?P<word>{'|'.join(_ENGLISH_ORDINALS)})\s+(?:{_THING})\b"
    rf"|\bthe\s+(?P<bare>{'|'.join(_ENGLISH_ORDINALS)})\s*(?=[?.!]|$)"
    r"|(?:number|step|item|point|option|no\.)\s+(?P<number>\d))",
    re.I,
)
_KOREAN_THING = r"\s*(?:것|거|건|게|걸|항목|단계|방법|이유|원인|조건|경우|규칙|줄)"
_PARTICLE = r"(?:은|는|이|가|을|를|도|의|에|에서|로|으로)"
_KOREAN_ORDINAL = re.compile(  # "두 번째 재시도" counts something else
    r"(?:(?:(?P<native>첫|두|세|네|다섯|여섯)\s*번\s*째|(?P<word>첫째|둘째|셋째|넷째|다섯째|마지막)|(?P<number>[1-9])\s*번\s*째)"
    rf"(?:{_KOREAN_THING}{_PARTICLE}?|{_PARTICLE}|(?=요?\s*[?.!]|요?$))"
    rf"|(?P<short>[1-9])\s*번{_PARTICLE})(?:요)?(?=[\s?.!,]|$)"
)
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_VERBAL = re.compile(r"[가-힣](?:고|면|서|게|야|려고|지만|는데|도록)$")  # a verb that another follows
_HALF = re.compile(r"[가-힣](?:면|는데|고)(?:요)?$")  # a clause whose main one is left out
_TOPIC = re.compile(r"(?:은|는|도|면|으로|로|에서|에)(?:요)?$")
_ENDING = re.compile(
    r"(?:입니까|습니까|합니까|됩니까|하나요|되나요|인가요|한가요|할까요|될까요|는가요|은가요|나요|까요|가요|어요|아요|해요|돼요|해야"
    r"|하려면|하면|되면|에서는|에서도|에서|에게|으로는|으로|까지|부터|에는|에도|이나|이란|이야|이라면|라면|은요|는요|이요|도요"
    r"|은|는|이|가|을|를|의|에|로|와|과|도|만|요|야)$"
)
_WORD = re.compile(r"[^\s,;:!?()\[\]{}<>|\"'“”‘’「」『』·…*`#=]+")
_EXPLETIVE = re.compile(
    r"\b(?:does|do|did|is|will|would|can)\s+it\s+(?:take|cost|possible|necessary|allowed|safe|required|matter|help)\b.*\b(?:to|until|before)\b",
    re.I,
)
_THERE_IS = re.compile(r"\b(?:is|are|was|were|be)\s+there\b|\bthere\s+(?:is|are|was|were)\b", re.I)
_NO_REFERENCE = re.compile(  # "the file that can be", "on this machine"
    r"\w\s+that\s+(?:is|are|was|were|can|could|may|must|will|would|should|has|have|had|do|does|did|\w+s)\b"
    r"|\bthis\s+(?:machine|computer|repository|project|workspace|program|server)\b",
    re.I,
)
_CLAUSE = re.compile(r"[,;]|\b(?:and|or|if|when|after|before|while|once|until)\b", re.I)
_QUESTION_WORD = re.compile(
    r"\b(?:what|which|who|whom|whose|where|when|why|how|is|are|does|do|did|can|could|should|must|will)\b", re.I
)
_DEFINITION = re.compile(r"^(?:what(?:'s| is| are)|who(?:'s| is| are)|define)\s+\S", re.I)
_KOREAN_DEFINITION = re.compile(r"(?:뭐|뭔|뭡|무엇|누구|무슨|어떤|뜻)[가-힣]*[\s?]*$")
_NAME = re.compile(r"[a-z]+[A-Z]|\w_\w|[A-Za-z]-?\d|\d[.\-]\d|\w\.\w|\w\(\)|/\w")


def _leaning(question: str) -> _Leaning | None:
    """What the question leans by; None when it stands on its own."""
    if _SWITCH.match(question):
        return None
    rest = question
    ordinal, rest = _ordinal(rest)
    opener = _OPENER.match(f"{rest} ")
    rest = rest[opener.end() :] if opener else rest
    words = _words(rest)
    own = _telling(words)
    if ordinal and len(own) <= LEANS_WITH_PRONOUN:
        return _Leaning("ordinal", own, ordinal)
    if pronoun := _pronoun(rest, words, len(own)):
        return _Leaning(f"pronoun: {pronoun}", own)
    if opener and len(own) <= LEANS_WITH_CONNECTIVE:
        return _Leaning(f"opener: {opener[0].strip()}", own)
    if _elliptic(rest, words, own):
        return _Leaning("ellipsis", own)
    return None


def _elliptic(question: str, words: Sequence[str], own: Sequence[str]) -> bool:
    """No subject to search for: only question words and a predicate, or a topic alone."""
    if not own:
        return bool(words)
    if _HANGUL.search(question):
        if _KOREAN_DEFINITION.search(question):
            return False
        if _TOPIC.search(words[-1]) and len(words) <= 2:
            return True
        if _HALF.search(words[-1]) and len(words) <= KOREAN_WORDS:
            return True
        nouns = _telling([word for word in words[:-1] if not _VERBAL.search(word)])
        return len(nouns) <= KOREAN_NOUNS and len(words) <= KOREAN_WORDS and not any(map(_NAME.search, own))
    if _DEFINITION.match(question) or any(map(_NAME.search, own)):
        return False
    asks = bool(_QUESTION_WORD.search(question))
    fragment = not asks and question.endswith("?")
    return (asks and len(own) == 1 and len(words) <= 5) or (fragment and len(own) <= 2)


def _pronoun(question: str, words: Sequence[str], own: int) -> str:
    """A pronoun whose noun stands in an earlier turn, or ""."""
    if own > LEANS_WITH_PRONOUN or (own > 1 and _EXPLETIVE.search(question)):
        return ""
    for place, word in enumerate(words):
        low = word.lower()
        if low in _WEAK_PRONOUNS:
            if own <= LEANS_WITH_CONNECTIVE and not any(known.search(question) for known in (_THERE_IS, _NO_REFERENCE)):
                return word
        elif low in _PRONOUNS:
            before = question[: question.find(word)]
            said = len(_telling(words[:place]))  # its noun may stand before it in the question itself
            if low in _POSSESSIVES:
                if not said:
                    return word
            elif said < 2 or (said < 3 and not _CLAUSE.search(before)):
                return word
        elif _HANGUL.match(word) and _stripped(word) in _PRONOUNS:
            return word
    return ""


def _ordinal(question: str) -> tuple[int, str]:
    """The item that an ordinal names, and the question without it; 0 for none."""
    if found := _KOREAN_ORDINAL.search(question):
        number = (
            int(found["number"] or found["short"] or 0) or _KOREAN_ORDINALS[found["native"] or found["word"] or "첫"]
        )
    elif found := _ENGLISH_ORDINAL.search(question):
        number = int(found["number"] or 0) or _ENGLISH_ORDINALS[(found["word"] or found["bare"] or "first").lower()]
    else:
        return 0, question
    return number, (question[: found.start()] + " " + question[found.end() :]).strip()


# --- what it borrows -------------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"^[ \t]*(?:\d{1,2}[.)]|[①-⑳]|\(\d{1,2}\))[ \t]*(\S.*)$", re.M)
_BULLET = re.compile(r"^[ \t]*[-*•‣][ \t]+(\S.*)$", re.M)
_MARK = re.compile(r"\[\d{1,3}\]")
_PARAGRAPH = re.compile(r"\n\s*\n")


def _item(answer: str, ordinal: int) -> str:
    """The named item of the answer's list: numbered lines, else bullets, else its paragraphs. "" if there is none."""
    for items in (_NUMBERED.findall(answer), _BULLET.findall(answer), _PARAGRAPH.split(answer)):
        if len(items) > 1:
            place = len(items) - 1 if ordinal < 0 else ordinal - 1
            return _MARK.sub("", items[place])[:400] if place < len(items) else ""
    return ""


def _head(answer: str) -> str:
    """The first whole words of an answer, without marks."""
    plain = _MARK.sub("", _plain(answer[:MAX_ANSWER_CHARS]))
    return plain if len(plain) <= ANSWER_CHARS else plain[:ANSWER_CHARS].rpartition(" ")[0]


def _words(text: str) -> list[str]:
    return [word for found in _WORD.findall(text) if (word := found.strip(".-/~"))]


def _telling(words: Sequence[str]) -> list[str]:
    """The words that say what a question is about, without particles and endings, each once."""
    found = []
    for word in words:
        bare = _stripped(word)
        if not {word.lower(), bare.lower()} & _EMPTY and (len(bare) > 1 or not bare.isascii() or bare.isdigit()):
            found.append(bare)
    return list(dict.fromkeys(found))


def _stripped(word: str) -> str:
    """Without a Korean particle or ending, unless less than two syllables (or no letter of a name) were left."""
    if not _HANGUL.search(word):
        return word
    bare = _ENDING.sub("", word)
    hangul = len("".join(takewhile(lambda char: bool(_HANGUL.match(char)), reversed(bare))))
    return bare if bare and (hangul != 1 or len(bare) > 2) and len(bare) > 1 else word


def _shape(word: str) -> str:
    """The build of a code ("HP-450": A-0, "4.2.0": 0.0.0), "" for a word: the new one takes the place of the old."""
    if not any(char.isdigit() for char in word):
        return ""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "A", word))
