"""`quotes`, the model that needs no language model: a request in, the passages' own sentences that answer it out."""

from __future__ import annotations

import re
from asyncio import to_thread
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice

from ibidem.errors import BadInput
from ibidem.models.base import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Done,
    ModelEvent,
    TextDelta,
)
from ibidem.models.sentences import sentences
from ibidem.types import Passage, Usage, estimate_tokens

Analyze = Callable[[str], list[str]]

# The least `retrieve.evidence` of an answer. On our development tasks it declines 1 to 5 % of the real questions that use
# the documents' words, 7 to 22 % of those that put it differently, and at least 94 % of those about other documents
# (bench/quotes.py).
ENOUGH_EVIDENCE = 0.25
NEAR_EVIDENCE = 0.08  # under it there is not even a nearest place worth showing
MOST_QUOTES = 4
ANY_CONTEXT = 1 << 20  # tokens; it weighs sentences one by one, and has no window
_LEAST_OF_BEST = 0.6  # share of the best quote's score below which a sentence is left out

_NEAR = 0.3  # weight of a term in the sentence before or after, or in the heading
_RANK = 0.2  # weight of the passage's own score
_FOREIGN = 0.7  # of a sentence in another language than the question
_NO_NEWS = 0.5  # of one that asks, or holds no word beyond the question and the heading

# they count half
_COMMON = files("ibidem.models").joinpath("common_words.txt").read_text("utf-8").partition("\n")[2]
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_MARK = re.compile(r"\[(\d{1,3})\]")
_DELTA = re.compile(r"(?s).{1,80}(?:\s+|$)|.{1,80}")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence and the number of the passage it stands in."""

    text: str
    number: int
    score: float

    def __str__(self) -> str:
        """With its mark; a [1] of the document's own, a footnote or an index, is set apart from those that cite."""
        return _MARK.sub(r"[ \1 ]", self.text) + f" [{self.number}]"


class QuotesModel:
    """Answers by quoting, declines where the evidence is thin, and says how to connect a language model."""

    name = "quotes"

    def __init__(self, analyze: Analyze) -> None:
        self._analyze = analyze

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        words = _KOREAN if _HANGUL.search(request.question) else _ENGLISH
        found: list[Quote] = []
        if not request.terms:  # the question only says what to do with the text that came with it
            found = opening(request.passages)
        elif request.evidence >= NEAR_EVIDENCE:
            found = await to_thread(quotes, request.question, request.terms, request.passages, self._analyze)
        answer = "\n\n".join([*_said(found, words, sure=request.evidence >= ENOUGH_EVIDENCE), words.connect])
        for piece in _DELTA.findall(answer):
            yield TextDelta(piece)
        read = sum(estimate_tokens(passage.text) for passage in request.passages)
        yield Done(Usage(prompt=read, completion=estimate_tokens(answer)))

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        raise BadInput(
            "quotes only quotes documents and completes no text",
            hint="name another model; `ibidem models` lists those that can be asked",
            field="model",
        )
        yield  # what makes it a generator, as the others are

    async def capabilities(self) -> Capabilities:
        return Capabilities(context_tokens=ANY_CONTEXT)

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        return None

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class _Words:
    declined: str
    nearest: str
    connect: str


_ENGLISH = _Words(
    declined="The documents do not clearly answer this.",
    nearest="The nearest place says:",
    connect="No language model is connected, so Ibidem only quotes. To connect one: Models on the page, or "
    "`ibidem models`, lists those that can be asked, `ibidem fit` says which to get; name it with "
    "`ibidem ask --model NAME`, or as `default` under `[models]` in ibidem.toml.",
)
_KOREAN = _Words(
    declined="문서에서 이 질문의 분명한 답을 찾지 못했습니다.",
    nearest="가장 가까운 곳의 내용입니다:",
    connect="언어 모델이 연결되어 있지 않아 문서의 문장만 인용합니다. 화면의 모델 메뉴나 `ibidem models`는 쓸 수 있는 모델을, "
    "`ibidem fit`은 이 컴퓨터에 맞는 모델을 알려 줍니다. `ibidem ask --model 이름`으로 쓰거나 ibidem.toml의 `[models]`에 "
    "`default`로 적으십시오.",
)


def _said(found: Sequence[Quote], words: _Words, *, sure: bool) -> list[str]:
    """The quotes; where the evidence is thin, first that the documents do not answer, then the nearest place alone."""
    if not found:
        return [words.declined]
    if not sure:
        return [words.declined, words.nearest, str(found[0])]
    return [str(quote) for quote in found]


def quotes(question: str, terms: Mapping[str, float], passages: Sequence[Passage], analyze: Analyze) -> list[Quote]:
    """The sentences that best answer the question, best first, at most MOST_QUOTES."""
    ranked = sorted(_scored(question, telling(terms, analyze), passages, analyze), key=lambda quote: -quote.score)
    chosen: list[Quote] = []
    for quote in ranked:
        if len(chosen) == MOST_QUOTES or quote.score < _LEAST_OF_BEST * ranked[0].score:
            break
        if not any(quote.text in other.text or other.text in quote.text for other in chosen):
            chosen.append(quote)
    return chosen


def opening(passages: Sequence[Passage]) -> list[Quote]:
    """The first sentences of what is to be read, at most MOST_QUOTES: where a summary mostly stands."""
    told = ((text, one.number) for one in passages for text in sentences(one.text, one.path))
    return [Quote(text, number, 1.0) for text, number in islice(told, MOST_QUOTES)]


def telling(terms: Mapping[str, float], analyze: Analyze) -> dict[str, float]:
    """What each term of a question tells: 2 + its inverse document frequency, half of it for a common word.

    The 2 keeps a workspace of a few documents from telling words apart by chance. The last of a Hangul word's bigrams
    counts a quarter: it is mostly a particle or an ending ("이월은" is 이월 and 월은).
    """
    common = set(analyze(_COMMON))
    bigrams = [term for term in terms if len(term) == 2 and _HANGUL.match(term)]
    first, last = {bigram[0] for bigram in bigrams}, {bigram[1] for bigram in bigrams}
    endings = {bigram for bigram in bigrams if bigram[0] in last and bigram[1] not in first}
    return {
        term: (2 + idf) * (0.25 if term in endings else 0.5 if term in common else 1) for term, idf in terms.items()
    }


def _scored(
    question: str, weights: Mapping[str, float], passages: Sequence[Passage], analyze: Analyze
) -> Iterator[Quote]:
    """Every sentence with a term of the question: the terms it holds, and in part those that stand around it."""
    korean = bool(_HANGUL.search(question))
    best = max((passage.score for passage in passages), default=0.0) or 1.0
    total = sum(weights.values()) or 1.0

    def weigh(terms: Set[str]) -> float:
        return sum(weights[term] for term in terms) / total

    asked = set(analyze(question))
    for passage in passages:
        heading = set(analyze(f"{passage.title} {passage.heading}"))
        texts = ["", *sentences(passage.text, passage.path), ""]
        words = [set(analyze(text)) for text in texts]
        held = [weights.keys() & each for each in words]
        for place, text in enumerate(texts):
            own = held[place] | held[place - 1] if texts[place - 1].endswith("?") else held[place]
            if not (text and own):
                continue
            near = (weights.keys() & heading | held[place - 1] | held[place + 1]) - own
            score = weigh(own) + _NEAR * weigh(near) + _RANK * passage.score / best
            score *= _FOREIGN if korean != bool(_HANGUL.search(text)) else 1.0
            score *= _NO_NEWS if text.endswith("?") or words[place] <= asked | heading else 1.0
            yield Quote(text, passage.number, score)
