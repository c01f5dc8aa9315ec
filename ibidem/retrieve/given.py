"""A text given with the question -> its chunks, weighed by the question, and whether the workspace is asked as well.

"Summarise this post" says what is to be done with the text and nothing of what it is about: its words are searched for
nowhere. A question with words of its own is about them; where the text covers these, the text answers. Only what it does
not cover is looked for in the workspace.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from importlib.resources import files

from ibidem.errors import Conflict, Refused, TooLarge
from ibidem.index.analyze import STOP_WORDS, normalize, query_tokens, tokenize
from ibidem.ingest.blocks import paragraphs
from ibidem.ingest.chunk import pack
from ibidem.ingest.lines import pieces
from ibidem.ingest.parse import markdown
from ibidem.retrieve.budget import Ranked, merge
from ibidem.retrieve.cite import GIVEN_PREFIX
from ibidem.retrieve.evidence import ENOUGH, evidence
from ibidem.store.chunks import StoredChunk, chunks_of
from ibidem.store.database import Database
from ibidem.store.documents import get_document
from ibidem.store.sharing import document_owner
from ibidem.types import Chunk, Passage

MAX_CHARS = 100_000  # of all texts of a question, some 25,000 tokens; they are kept with it
MAX_CHUNKS = 2_000  # of one document, some 700,000 tokens: weighing them takes a second
UNRELATED = 0.001  # of a chunk without a word of the question: it was given all the same

FIELD, HINT = "attachments", "give a text, or a document that holds one"

_K1, _B = 1.2, 0.75  # BM25, as the index has them
_WORD = re.compile(r"\w+")
_ENGLISH, _KOREAN = (
    frozenset(part.split())
    for part in files("ibidem.retrieve").joinpath("task_words.txt").read_text("utf-8").partition("\n")[2].split("---")
)


@dataclass(frozen=True, slots=True)
class Given:
    """A text in its chunks, in order, each with what it weighs for the question. `rest` chunks of it are not among them."""

    title: str
    chunks: tuple[Ranked, ...]
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Weighed:
    """Texts weighed by a question; `more`: it asks for what they do not cover. `terms` as in `retrieve.Context`."""

    texts: tuple[Given, ...]
    terms: Mapping[str, float]
    evidence: float
    more: bool


def given_text(title: str, content: str) -> Given:
    """A text that is no document. Raises TooLarge, Refused for an empty one."""
    if len(content) > MAX_CHARS:
        raise TooLarge(
            f"the text {title!r} has {len(content):,} characters, at most {MAX_CHARS:,} are taken with a question",
            hint="add it as a document, and give its id",
            field=FIELD,
        )
    content = normalize(content)
    if not content.strip():
        raise Refused(f"the text {title!r} is empty", hint=HINT, field=FIELD)
    name = GIVEN_PREFIX + blake2b(f"{title}\0{content}".encode(), digest_size=8).hexdigest()
    lines = pieces([content.encode()], "utf-8")
    blocks = markdown.parse(lines) if title.lower().endswith((".md", ".markdown")) else paragraphs(lines)
    chunks = [StoredChunk(0, name, title, title, "text/plain", chunk) for chunk in pack(blocks, start_byte=None)]
    return Given(title, tuple(_plain(chunk) for chunk in chunks))


def given_document(db: Database, user: int, document_id: str) -> Given:
    """A document by its id, the user's own or one shared with him. Raises NotFound, Conflict while it is being read, Refused where it holds no text."""
    document = get_document(db, user, document_id)
    if document.state in ("queued", "reading") and not document.chunks:
        raise Conflict(f"{document.path!r} is still being read", hint="ask again when its state is `ok`", field=FIELD)
    if not document.chunks:
        raise Refused(f"{document.path!r} has no text: {document.reason or document.state}", hint=HINT, field=FIELD)
    chunks = chunks_of(db, document_owner(db, user, document_id), document_id, limit=MAX_CHUNKS)
    return Given(document.path, tuple(_plain(chunk) for chunk in chunks), rest=max(0, document.chunks - len(chunks)))


def given_before(passages: Sequence[Passage]) -> Given:
    """What was given with earlier questions and is no document, from the passages that were made of it."""
    chunks = [
        StoredChunk(
            0, one.document_id, one.path, one.title, "text/plain", Chunk(place, one.text, one.span, one.heading)
        )
        for place, one in enumerate(passages)
        if one.document_id.startswith(GIVEN_PREFIX)
    ]
    return Given("", tuple(map(_plain, chunks)))


def weigh(question: str, texts: Sequence[Given]) -> Weighed:
    """The texts with their chunks weighed: by the question's own words, else so that the heaviest are spread evenly."""
    tokens = query_tokens(" ".join(own_words(question)))
    if not tokens:
        return Weighed(tuple(map(_spread, texts)), {}, 1.0, more=False)
    held = [[Counter(_words_of(one)) for one in text.chunks] for text in texts]
    bags = [bag for each in held for bag in each]
    idf = {token: _idf(len(bags), sum(token in bag for bag in bags)) for token in tokens}
    mean = sum(bag.total() for bag in bags) / max(1, len(bags)) or 1.0
    weighed = tuple(
        replace(
            text,
            chunks=tuple(
                replace(one, score=max(UNRELATED, _bm25(bag, idf, mean)))
                for one, bag in zip(text.chunks, each, strict=True)
            ),
        )
        for text, each in zip(texts, held, strict=True)
    )
    covered = evidence(idf, _best(weighed), tokenize)
    return Weighed(weighed, idf, covered, more=covered < ENOUGH)


def own_words(question: str) -> list[str]:
    """What the question says of what it is about: without what is to be done, with which text, at what length."""
    words = [word for word in _WORD.findall(normalize(question)) if not _is_task(word.lower())]
    return [] if all(word.isdigit() for word in words) else words  # "in 3 sentences", but "station 3"


def _is_task(word: str) -> bool:
    if word in _ENGLISH or word in _KOREAN or word in STOP_WORDS:
        return True
    return any(len(stem) > 1 and word.startswith(stem) for stem in _KOREAN)  # one syllable begins too many words


def _plain(chunk: StoredChunk) -> Ranked:
    return Ranked(chunk, 1.0, {})


def _words_of(one: Ranked) -> list[str]:
    return tokenize(f"{one.stored.chunk.heading} {one.stored.chunk.text}")


def _idf(chunks: int, frequency: int) -> float:
    return math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5))


def _bm25(bag: Counter[str], idf: Mapping[str, float], mean: float) -> float:
    length = _K1 * (1 - _B + _B * bag.total() / mean)
    return sum(weight * bag[token] * (_K1 + 1) / (bag[token] + length) for token, weight in idf.items())


def _best(texts: Sequence[Given]) -> list[Passage]:
    """The heaviest chunks of all, each as it would be cited."""
    ranked = sorted((one for text in texts for one in text.chunks), key=lambda one: -one.score)
    return [merge([one])[0] for one in ranked[:3]]


def _spread(text: Given) -> Given:
    """The first weighs most, then the last, then those that halve what lies between them, and so on."""
    last = len(text.chunks) - 1
    order = list(dict.fromkeys([0, last]))
    step = last
    while len(order) < len(text.chunks) and step > 1:
        step = (step + 1) // 2
        order = list(dict.fromkeys([*order, *range(0, last, step)]))
    rank = {place: number for number, place in enumerate(dict.fromkeys([*order, *range(last + 1)]))}
    return replace(
        text, chunks=tuple(replace(one, score=1 / (1 + rank[place])) for place, one in enumerate(text.chunks))
    )
