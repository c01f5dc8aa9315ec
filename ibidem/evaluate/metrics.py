"""Ranked results and judgements -> figures between 0 and 1, averaged over questions.

Files: `R@k` (share of the gold files among the first k distinct ones). Spans: `span@k` (a result among the first k holds
60 % of a gold span, or 300 characters of a long one). Budget: `hit@4k` (the same within the first 4,000 estimated
tokens), `file@4k` where only files are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibidem.evaluate.task import Gold, Question, TaskDocument

BUDGETS = {"2k": 2000, "4k": 4000}
MAIN_METRIC = {"code_localize": "R@5", "code_context": "hit@4k", "code_qa": "hit@4k"}  # others: span@5


@dataclass(frozen=True, slots=True)
class Result:
    """A found span, best first in a list of them; half-open, in characters of the document's text."""

    document_id: str
    start: int
    end: int


def main_metric(task: str) -> str:
    return "R@5" if task.startswith("git:") else MAIN_METRIC.get(task, "span@5")


def score(question: Question, results: Sequence[Result], documents: Mapping[str, TaskDocument]) -> dict[str, float]:
    """All figures that the question's judgements allow."""
    found = [one for one in results if one.document_id not in question.exclude]
    gold_files = {gold.document_id for gold in question.gold}
    files = list(dict.fromkeys(one.document_id for one in found))
    figures = {f"R@{k}": len(gold_files & set(files[:k])) / len(gold_files) for k in (1, 5, 10)} if gold_files else {}
    spans = [gold for gold in question.gold if gold.start >= 0]
    if spans:
        hits = [any(covers(one, gold) for gold in spans) for one in found[:10]]
        figures["span@1"] = float(any(hits[:1]))
        figures["span@5"] = float(any(hits[:5]))
    for name, budget in BUDGETS.items():
        kept = cut(found, budget, documents)
        if spans:
            figures[f"hit@{name}"] = float(any(covers(one, gold) for one in kept for gold in spans))
        elif gold_files:
            figures[f"file@{name}"] = len(gold_files & {one.document_id for one in kept}) / len(gold_files)
    return figures


def covers(result: Result, gold: Gold) -> bool:
    """It holds 60 % of the span, or 300 characters of a long one."""
    overlap = min(result.end, gold.end) - max(result.start, gold.start)
    return result.document_id == gold.document_id and overlap >= max(1, min(0.6 * (gold.end - gold.start), 300))


def cut(results: Sequence[Result], budget: float, documents: Mapping[str, TaskDocument]) -> list[Result]:
    """Results in order until the budget of estimated tokens is full; the last one is cut."""
    kept = []
    for one in results:
        if budget <= 1:
            break
        text = documents[one.document_id].text[one.start : one.end]
        taken = prefix_within(text, budget)
        kept.append(Result(one.document_id, one.start, one.start + taken))
        budget -= tokens(text[:taken])
    return kept


def tokens(text: str) -> float:
    """4 ASCII characters, or 1.4 others, a token."""
    ascii_chars = len(text.encode("ascii", "ignore"))
    return ascii_chars / 4 + (len(text) - ascii_chars) / 1.4


def prefix_within(text: str, budget: float) -> int:
    """Characters of the longest prefix within the budget."""
    if tokens(text) <= budget:
        return len(text)
    spent = 0.0
    for index, char in enumerate(text):
        spent += 0.25 if char.isascii() else 1 / 1.4
        if spent > budget:
            return index
    return len(text)


def mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The average of each figure over the questions that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: sum(row[name] for row in rows if name in row) / sum(name in row for row in rows) for name in names}
