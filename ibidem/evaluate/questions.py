"""A file of one's own questions -> how often the place that answers is found first, or among the first five.

One JSON object a line: `{"question", "path"}` and, where wanted, `contains`, `start_line` and `end_line`, or `page`, to
say which place of the file answers. With `first` (and `first_answer`) the question is a second turn and is asked three
ways: after the first, alone, and as `written_out`. `second` is another name for `question`.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibidem.errors import BadInput, NotFound
from ibidem.evaluate.metrics import mean
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.followup import Turn

MAX_QUESTIONS = 10_000
LOOKED_AT = 5  # hits judged
ALONE, WRITTEN_OUT = "alone", "written out"

Find = Callable[[str, Sequence[Turn], int], Sequence[Ranked]]  # question, turns before it, hits wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the place that answers it. Lines are 1-based, both included; 0 and "" leave a property open."""

    id: str
    question: str
    path: str
    lang: str = ""
    contains: str = ""
    start_line: int = 0
    end_line: int = 0
    page: int = 0
    first: str = ""
    first_answer: str = ""
    written_out: str = ""

    @property
    def ways(self) -> dict[str, tuple[str, list[Turn]]]:
        """The ways to ask it, by name: "" is the way it is asked in the product."""
        if not self.first:
            return {"": (self.question, [])}
        ways: dict[str, tuple[str, list[Turn]]] = {
            "": (self.question, [Turn(self.first, self.first_answer)]),
            ALONE: (self.question, []),
        }
        return {**ways, WRITTEN_OUT: (self.written_out, [])} if self.written_out else ways

    def answered_by(self, ranked: Ranked) -> bool:
        chunk = ranked.stored.chunk
        if not _same_path(ranked.stored.path, self.path):
            return False
        if self.page and chunk.span.page != self.page:
            return False
        if self.contains:
            return _squeezed(self.contains) in _squeezed(chunk.text)
        return not self.start_line or (
            chunk.span.start_line <= max(self.start_line, self.end_line) and self.start_line <= chunk.span.end_line
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """The rank of the first hit that answers, 0 for none, of every way of asking; latencies in milliseconds."""

    asked: Asked
    ranks: dict[str, int]
    latencies_ms: list[float]


def read_questions(path: Path) -> list[Asked]:
    """Raises NotFound, BadInput naming the line."""
    if not path.is_file():
        raise NotFound(f"no file of questions {path}", hint="one JSON object a line; docs/evaluate.md shows them")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}", hint="write it in UTF-8") from error
    found = [_asked(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not 0 < len(found) <= MAX_QUESTIONS:
        raise BadInput(f"{path} has {len(found)} questions", hint=f"between 1 and {MAX_QUESTIONS:,} are taken")
    return found


def ask(questions: Iterable[Asked], find: Find) -> list[Answered]:
    """Ask every question in all its ways, one after another."""
    answered = []
    for asked in questions:
        ranks, latencies = {}, []
        for name, (text, turns) in asked.ways.items():
            began = time.perf_counter()
            hits = find(text, turns, LOOKED_AT)
            latencies.append((time.perf_counter() - began) * 1000)
            ranks[name] = next((rank for rank, hit in enumerate(hits[:LOOKED_AT], 1) if asked.answered_by(hit)), 0)
        answered.append(Answered(asked, ranks, latencies))
    return answered


def figures(answered: Sequence[Answered], way: str = "") -> dict[str, float]:
    """Mean hit@1 and hit@5 of one way of asking, over the questions that were asked that way."""
    ranks = [one.ranks[way] for one in answered if way in one.ranks]
    return mean([{"hit@1": float(rank == 1), "hit@5": float(1 <= rank <= LOOKED_AT)} for rank in ranks])


def _asked(path: Path, number: int, line: str) -> Asked:
    def wrong(why: str) -> BadInput:
        return BadInput(f"{path}, line {number}: {why}", hint='write {"question": "...", "path": "..."}')

    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise wrong(f"no JSON: {error}") from error
    if not isinstance(row, dict):
        raise wrong("no JSON object")
    question, place = row.get("question") or row.get("second"), row.get("path")
    if not (isinstance(question, str) and question.strip() and isinstance(place, str) and place.strip()):
        raise wrong("`question` and `path` must be texts")
    texts: dict[str, Any] = {
        name: row.get(name) or "" for name in ("lang", "contains", "first", "first_answer", "written_out")
    }
    numbers: dict[str, Any] = {name: row.get(name) or 0 for name in ("start_line", "end_line", "page")}
    for name, value in {**texts, **numbers}.items():
        if type(value) is not (str if name in texts else int):
            raise wrong(f"`{name}` must be a {'text' if name in texts else 'whole number'}, not {value!r}")
    return Asked(str(row.get("id") or number), question, place, **texts, **numbers)


def _same_path(found: str, wanted: str) -> bool:
    """Equal, or one is the other seen from a folder further up."""
    found, wanted = (unicodedata.normalize("NFC", path).strip("/") for path in (found, wanted))
    return found == wanted or found.endswith(f"/{wanted}") or wanted.endswith(f"/{found}")


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
