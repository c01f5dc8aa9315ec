"""A task through an engine: documents in, ranked spans out. The engine is an argument; any will do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ibidem.evaluate.metrics import Result, mean, score
from ibidem.evaluate.task import Question, Task, TaskDocument
from ibidem.retrieve.budget import Ranked

Place = TypeVar("Place")  # where the engine keeps a group's documents

HITS = 50  # results a question
CURSOR_LINES = 15  # a question without text is code before the cursor: its last lines are searched with


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of a task. Latencies are of whole searches, in milliseconds, one after another."""

    task: Task
    results: dict[str, list[Result]]
    latencies_ms: list[float]
    indexing_s: float

    def figures(self, kind: Callable[[Question], str] = lambda question: "all") -> dict[str, dict[str, float]]:
        """Mean figures by a property of the question."""
        rows: dict[str, list[dict[str, float]]] = {}
        for question in self.task.questions:
            row = score(question, self.results[question.id], self.task.documents)
            rows.setdefault(kind(question), []).append(row)
        return {name: mean(found) for name, found in sorted(rows.items())}


def latency_ms(latencies_ms: Sequence[float], share: float) -> float:
    """The latency that this share of the searches stays under; 0 without any."""
    ordered = sorted(latencies_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def evaluate(
    task: Task,
    add: Callable[[str, Sequence[TaskDocument]], Place],
    search: Callable[[Question, Place], Sequence[Ranked]],
) -> Evaluation:
    """Give `add` each group's documents under the group's name, then `search` each question in its group's place."""
    began = time.perf_counter()
    places = {
        group: add(group, [one for one in task.documents.values() if one.group == group]) for group in task.groups
    }
    indexing_s = time.perf_counter() - began
    ids = {(one.group, one.path): one.id for one in task.documents.values()}
    results, latencies = {}, []
    for question in task.questions:
        began = time.perf_counter()
        ranked = search(question, places[question.group])
        latencies.append((time.perf_counter() - began) * 1000)
        results[question.id] = [result_of(one, ids, question.group) for one in ranked]
    return Evaluation(task, results, latencies, indexing_s)


def search_text(question: Question) -> str:
    """What the question is searched with."""
    return question.text or "\n".join(question.prefix.splitlines()[-CURSOR_LINES:])


def result_of(ranked: Ranked, ids: dict[tuple[str, str], str], group: str) -> Result:
    """The chunk in the task's words; its path begins with the folder that the group was written to."""
    span = ranked.stored.chunk.span
    path = ranked.stored.path.partition("/")[2]
    return Result(ids[group, path], span.start_char, span.end_char)
