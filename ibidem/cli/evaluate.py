"""`ibidem evaluate`: how well questions with known answers find their places."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, JsonOption, WorkspaceOption, app, settings

if TYPE_CHECKING:
    from ibidem.evaluate.questions import Find
    from ibidem.evaluate.run import Evaluation
    from ibidem.retrieve.budget import Ranked
    from ibidem.retrieve.followup import Turn
    from ibidem.settings import Settings


@app.command()
def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders with corpus.jsonl, queries.jsonl and qrels.tsv; with --questions, what the questions are about."
        ),
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Your own questions, one JSON object a line (docs/evaluate.md).")
    ] = None,
    git: Annotated[
        Path | None, typer.Option(help="A repository: do the subjects of its commits find the files they changed?")
    ] = None,
    workspace: WorkspaceOption = "home",
    log: Annotated[
        Path | None, typer.Option(help="Append the figures to this file, and compare with its last line of the task.")
    ] = None,
    run_file: Annotated[
        Path | None, typer.Option(help="Write the ranked results of each question here, one JSON line each.")
    ] = None,
    by: Annotated[str, typer.Option(help="Figures by `kind`, `group` or `lang` as well.")] = "kind",
    missed: Annotated[bool, typer.Option("--missed", help="List the questions whose place is not found.")] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Ask questions with known answers and print how many find their place.

    Tasks and repositories are read, indexed and searched in a data directory that is thrown away; so are the PATHS of
    --questions. Without PATHS, --questions asks the workspace as it is.
    """
    from ibidem.cli.throwaway import throwaway
    from ibidem.errors import BadInput
    from ibidem.evaluate.run import evaluate as run
    from ibidem.evaluate.task import Task, read_task

    if by not in ("kind", "group", "lang"):
        raise BadInput(f"unknown --by {by!r}", hint="kind, group or lang", field="by")
    if not (paths or questions or git):
        raise BadInput("nothing to evaluate", hint="name tasks, or use --questions FILE or --git REPO")
    if questions and (git or run_file):
        other = "--git" if git else "--run-file"
        raise BadInput(f"--questions does not go with {other}", hint="run the command twice", field=other)
    loaded = settings(data_dir)
    if questions:
        report = ask_questions(questions, paths or [], workspace, loaded)
        _print(report, log, as_json, report["missed"] if missed else [])
        return
    tasks: list[Task | Path] = [*(paths or [])]
    if git:
        from ibidem.evaluate.commits import history_task

        tasks.append(history_task(git))
    lines: list[str] = []
    for task in tasks:
        with throwaway(loaded) as engine:
            found = run(read_task(task) if isinstance(task, Path) else task, engine.add, engine.search)
        lines += [json.dumps(line) for line in run_lines(found)]
        _print(shown(found, by), log, as_json, [])
    if run_file:
        run_file.write_text("\n".join(lines) + "\n", "utf-8")


def ask_questions(file: Path, folders: list[Path], workspace: str, loaded: Settings) -> dict[str, Any]:
    """The report on a file of questions, over folders or else over a workspace."""
    from ibidem.cli.throwaway import find_in_folders
    from ibidem.evaluate.questions import ALONE, WRITTEN_OUT, ask, figures, read_questions
    from ibidem.evaluate.run import latency_ms

    asked = read_questions(file)
    began = time.perf_counter()
    with find_in_folders(loaded, folders) if folders else find_in_workspace(loaded, workspace) as find:
        indexing_s = time.perf_counter() - began if folders else 0.0
        answered = ask(asked, find)
    latencies = [one for each in answered for one in each.latencies_ms]
    rows = {}
    for lang in ("", *sorted({one.lang for one in asked if one.lang})):
        part = [one for one in answered if lang in ("", one.asked.lang)]
        for way in ("", ALONE, WRITTEN_OUT):
            if found := figures(part, way):
                rows[", ".join(filter(None, (lang or "all", way)))] = found
    return {
        "task": f"questions:{file.stem}",
        "questions": len(asked),
        "main": "hit@5",
        "all": rows.pop("all"),
        "lang": rows,
        "p50_ms": round(latency_ms(latencies, 0.5), 1),
        "p95_ms": round(latency_ms(latencies, 0.95), 1),
        "indexing_s": round(indexing_s, 1),
        "missed": [
            f"{one.asked.id}  {one.asked.question}  ({one.asked.path})" for one in answered if not one.ranks[""]
        ],
    }


@contextmanager
def find_in_workspace(loaded: Settings, slug: str) -> Iterator[Find]:
    """A search over a workspace of the data directory as it is; a server may be running on it.

    Raises NotFound, UnknownWorkspace.
    """
    from ibidem.index.indexes import Indexes
    from ibidem.retrieve.retrieve import retrieve
    from ibidem.store.database import Database
    from ibidem.store.datadir import DataDir
    from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

    data = DataDir(loaded.data_dir)
    data.need_store()
    db = Database(data.database, read_only=True)
    try:
        place = get_workspace(db, LOCAL_OWNER, slug)
        indexes = Indexes(data.index, db, None)

        def find(text: str, turns: Sequence[Turn], hits: int) -> Sequence[Ranked]:
            return retrieve(
                text, place, indexes=indexes, db=db, settings=loaded.retrieve, hits=hits, turns=turns
            ).ranked

        yield find
    finally:
        db.close()


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


def _print(report: dict[str, Any], log: Path | None, as_json: bool, missed: list[str]) -> None:
    """The report, the questions missed, and with a log what has changed since its last line of the task."""
    from ibidem.evaluate import log as logged

    before = logged.last_line(log, report["task"]) if log else None
    now = logged.append(log, report) if log else None
    if as_json:
        print(json.dumps({**report, "before": before} if log else report, ensure_ascii=False))
        return
    print(table(report))
    for line in missed:
        print(f"  missed: {line}")
    if now and before:
        print(f"  {logged.difference(now, before)}")
