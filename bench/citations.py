"""How many altered sentences the citation check catches, how many true ones it wrongs, and what it costs.

The sentences are those of evals/citations.jsonl: `own` ones, on which the check was tuned, and `fresh` ones by somebody who
had seen only the passages. Caught: not called supported. Wronged: a true sentence called unsupported.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from ibidem.chat.check.citations import cited
from ibidem.chat.check.marks import Marks
from ibidem.chat.check.names import names
from ibidem.chat.check.numbers import numbers
from ibidem.chat.check.passages import Source
from ibidem.chat.check.place import Placer
from ibidem.chat.check.verdict import judge
from ibidem.chat.check.words import words
from ibidem.types import Passage, Span, Verdict

SENTENCES = Path(__file__).parents[1] / "evals" / "citations.jsonl"
AUTHORS = ("own", "fresh")
CAUGHT, WRONGED = 90.0, 5.0  # per cent, at least and at most
ANSWER_TOKENS = 500
ANSWER_SENTENCES = 25
ANSWER_MS = 50.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the file with the verdict it got."""

    sentence: str
    passage: str
    kind: str
    author: str
    true: bool
    verdict: Verdict

    @property
    def wrong(self) -> bool:
        return self.verdict == ("unsupported" if self.true else "supported")


def judged() -> list[Judged]:
    """All sentences of the file."""
    rows = map(json.loads, SENTENCES.read_text("utf-8").splitlines())
    return [
        Judged(
            row["sentence"],
            row["passage"],
            row["class"],
            row["author"],
            row["true"],
            judge(row["sentence"], Source(row["passage"])).verdict,
        )
        for row in rows
    ]


def caught(some: Sequence[Judged]) -> float:
    """Per cent of the altered sentences that are not called supported."""
    altered = [one for one in some if not one.true]
    return 100 - 100 * sum(one.wrong for one in altered) / len(altered)


def wronged(some: Sequence[Judged]) -> float:
    """Per cent of the true sentences that are called unsupported."""
    true = [one for one in some if one.true]
    return 100 * sum(one.wrong for one in true) / len(true)


def measure() -> Iterator[Figure]:
    found = judged()
    for author in (*AUTHORS, ""):
        some = [one for one in found if author in ("", one.author)]
        name = author or "all"
        yield Figure(f"citations: altered caught, {name}", caught(some), "%", CAUGHT, at_least=True)
        yield Figure(f"citations: true called unsupported, {name}", wronged(some), "%", WRONGED)
        for kind in sorted({one.kind for one in some}):
            yield _of_kind(name, [one for one in some if one.kind == kind], kind)
    yield from _cost(found)


def _of_kind(name: str, some: Sequence[Judged], kind: str) -> Figure:
    true = all(one.true for one in some)
    told = {verdict: sum(one.verdict == verdict for one in some) for verdict in ("supported", "weak", "unsupported")}
    note = ", ".join(f"{count} {verdict}" for verdict, count in told.items())
    if true:
        return Figure(f"  {kind}, {name}: true, called unsupported", wronged(some), "%", note=note)
    return Figure(f"  {kind}, {name}: caught", caught([one for one in some if not one.true]), "%", note=note)


def _cost(found: Sequence[Judged]) -> Iterator[Figure]:
    """Processor time of one answer: marks set while it comes, then all of it checked."""
    texts = list(dict.fromkeys(one.passage for one in found))[:12]
    passages = [
        Passage(number, f"d{number}", "p.md", "p.md", text, Span(0, len(text), 1, 1 + text.count("\n")), "", 1.0)
        for number, text in enumerate(texts, start=1)
    ]
    places = {text: number for number, text in enumerate(texts, start=1)}
    lines = [(one.sentence, places[one.passage]) for one in found if one.passage in places][:ANSWER_SENTENCES]
    marked = "\n".join(f"{sentence.rstrip('.')} [{number}]." for sentence, number in lines)
    tokens = [word + " " for word in " ".join(sentence for sentence, _ in lines).split(" ")][:ANSWER_TOKENS]
    for cached in (words, numbers, names):  # as for passages that were never read before
        cached.cache_clear()
    placer = Placer(passages)
    marks = Marks({passage.number for passage in passages}, placer.place)
    spent = []
    for token in tokens:
        began = time.process_time()
        marks.feed(token)
        spent.append((time.process_time() - began) * 1000)
    yield Figure("citations: a token, median", statistics.median(spent) * 1000, "us", 30)
    yield Figure("citations: a token, the slowest (a sentence's end)", max(spent), "ms", note=f"n {len(tokens)}")
    for cached in (words, numbers, names):
        cached.cache_clear()
    began = time.process_time()
    cited(marked, passages)
    yield Figure(
        f"citations: an answer of {len(lines)} cited sentences checked",
        (time.process_time() - began) * 1000,
        "ms",
        ANSWER_MS,
    )
