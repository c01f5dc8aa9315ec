"""`ibidem evaluate`: how well questions with known answers find their places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, JsonOption, app, settings

if TYPE_CHECKING:
    from ibidem.evaluate.run import Evaluation


@app.command()
def evaluate(
    tasks: Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels.tsv.")],
    run_file: Annotated[
        Path | None, typer.Option(help="Write the ranked results of each question here, one JSON line each.")
    ] = None,
    by: Annotated[str, typer.Option(help="Figures by `kind`, `group` or `lang` as well.")] = "kind",
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Run tasks through reading, index and retrieval in a data directory that is thrown away, and print the figures."""
    from ibidem.cli.throwaway import throwaway
    from ibidem.errors import BadInput
    from ibidem.evaluate.run import evaluate as run
    from ibidem.evaluate.task import read_task

    if by not in ("kind", "group", "lang"):
        raise BadInput(f"unknown --by {by!r}", hint="kind, group or lang", field="by")
    loaded = settings(data_dir)
    lines: list[str] = []
    for folder in tasks:
        with throwaway(loaded) as engine:
            found = run(read_task(folder), engine.add, engine.search)
        lines += [json.dumps(line) for line in run_lines(found)]
        report = shown(found, by)
        print(json.dumps(report) if as_json else table(report))
    if run_file:
        run_file.write_text("\n".join(lines) + "\n", "utf-8")


def run_lines(found: Evaluation) -> list[dict[str, Any]]:
    return [
        {
            "query_id": question,
            "results": [{"doc_id": one.document_id, "start": one.start, "end": one.end} for one in results],
        }
        for question, results in found.results.items()
    ]


def shown(found: Evaluation, by: str) -> dict[str, Any]:
    from ibidem.evaluate.metrics import main_metric

    return {
        "task": found.task.name,
        "questions": len(found.task.questions),
        "main": main_metric(found.task.name),
        "all": found.figures()["all"],
        by: found.figures(lambda question: str(getattr(question, by))),
        "p50_ms": round(found.latency_ms(0.5), 1),
        "p95_ms": round(found.latency_ms(0.95), 1),
        "indexing_s": round(found.indexing_s, 1),
    }


def table(report: dict[str, Any]) -> str:
    main = report["main"]
    by = next(name for name in ("kind", "group", "lang") if name in report)
    lines = [
        f"{report['task']}: {main} {100 * report['all'][main]:.1f}   ({report['questions']} questions, "
        f"p50 {report['p50_ms']} ms, p95 {report['p95_ms']} ms, indexed in {report['indexing_s']} s)"
    ]
    for name, figures in {"all": report["all"], **report[by]}.items():
        lines.append(f"  {name or '-':28} " + "  ".join(f"{key} {100 * value:.1f}" for key, value in figures.items()))
    return "\n".join(lines)
