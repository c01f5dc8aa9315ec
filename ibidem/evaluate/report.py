"""What came of a task -> its figures, by kind, language and group -> tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ibidem.evaluate.metrics import main_metric
from ibidem.evaluate.questions import ALONE, WRITTEN_OUT, Answered, figures
from ibidem.evaluate.run import Evaluation, latency_ms

Figures = dict[str, float]  # name of a metric -> 0 to 1


@dataclass(frozen=True, slots=True)
class Report:
    """`parts`: figures of some of the questions, by a property of theirs and its value. `main` names the metric to watch.

    Latencies are of whole searches.
    """

    task: str
    questions: int
    main: str
    figures: Figures
    parts: dict[str, dict[str, Figures]]
    p50_ms: float
    p95_ms: float
    indexing_s: float
    missed: list[str] = field(default_factory=list)


def task_report(found: Evaluation) -> Report:
    parts = {
        "kind": found.figures(lambda question: question.kind),
        "lang": found.figures(lambda question: question.lang),
        "group": found.figures(lambda question: question.group),
    }
    return Report(
        task=found.task.name,
        questions=len(found.task.questions),
        main=main_metric(found.task.name),
        figures=found.figures()["all"],
        parts={name: rows for name, rows in parts.items() if len(rows) > 1},
        p50_ms=round(latency_ms(found.latencies_ms, 0.5), 1),
        p95_ms=round(latency_ms(found.latencies_ms, 0.95), 1),
        indexing_s=round(found.indexing_s, 1),
    )


def questions_report(name: str, answered: Sequence[Answered], indexing_s: float) -> Report:
    latencies = [one for each in answered for one in each.latencies_ms]
    rows = {}
    for lang in ("", *sorted({one.asked.lang for one in answered if one.asked.lang})):
        part = [one for one in answered if lang in ("", one.asked.lang)]
        for way in ("", ALONE, WRITTEN_OUT):
            if lang or way:
                rows[", ".join(filter(None, (lang or "all", way)))] = figures(part, way)
    return Report(
        task=f"questions:{name}",
        questions=len(answered),
        main="hit@5",
        figures=figures(answered),
        parts={"lang": {row: found for row, found in rows.items() if found}},
        p50_ms=round(latency_ms(latencies, 0.5), 1),
        p95_ms=round(latency_ms(latencies, 0.95), 1),
        indexing_s=round(indexing_s, 1),
        missed=[f"{one.asked.id}  {one.asked.question}  ({one.asked.path})" for one in answered if not one.ranks[""]],
    )


def details(report: Report) -> str:
    """All figures of one task, a line for each part of its questions."""
    lines = [f"{report.task}: {report.questions} questions", _row("all", report.figures)]
    for property_, rows in report.parts.items():
        lines += [_row(f"{property_} {name or '-'}", found) for name, found in rows.items()]
    return "\n".join(lines)


def summary(reports: Sequence[Report], before: Mapping[str, float | None]) -> str:
    """The main figure of every task as a Markdown table; `before` has those that were logged last, by task."""
    lines = [
        "| task, metric | questions | figure | last | change | p50 / p95 ms | indexed s |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for report in reports:
        now, last = report.figures[report.main], before.get(report.task)
        since = f"{100 * last:.1f} | {change(now, last)}" if last is not None else "- | -"
        lines.append(
            f"| {report.task} {report.main} | {report.questions} | {100 * now:.1f} | {since}"
            f" | {report.p50_ms} / {report.p95_ms} | {report.indexing_s} |"
        )
    return "\n".join(lines)


def change(now: float, before: float) -> str:
    """In points, of figures as they are shown."""
    return f"{round(100 * now, 1) - round(100 * before, 1):+.1f}"


def _row(name: str, found: Mapping[str, float]) -> str:
    return f"  {name:28} " + "  ".join(f"{key} {100 * value:.1f}" for key, value in found.items())
