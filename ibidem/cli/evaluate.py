"""`ibidem evaluate`: how well questions with known answers find their places."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, JsonOption, WorkspaceOption, app, settings

if TYPE_CHECKING:
    from ibidem.evaluate.questions import Find
    from ibidem.evaluate.report import Report
    from ibidem.evaluate.run import Evaluation
    from ibidem.retrieve.budget import Ranked
    from ibidem.retrieve.followup import Turn
    from ibidem.settings import Settings


@app.command()
def evaluate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Tasks, or folders of tasks; with --questions, what the questions are about."),
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(help="Your own questions, one JSON object a line (docs/evaluate.md).")
    ] = None,
    git: Annotated[
        Path | None, typer.Option(help="A repository: do the subjects of its commits find the files they changed?")
    ] = None,
    workspace: WorkspaceOption = "home",
    log: Annotated[
        Path | None,
        typer.Option(help="Add the figures to this Markdown file, and compare with its last row of the task."),
    ] = None,
    run_file: Annotated[
        Path | None, typer.Option(help="Write the ranked results of each question here, one JSON line each.")
    ] = None,
    missed: Annotated[bool, typer.Option("--missed", help="List the questions whose place is not found.")] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Ask questions with known answers and print how many find their place.

    Tasks and repositories are read, indexed and searched in a data directory that is thrown away; so are the PATHS of
    --questions. Without PATHS, --questions asks the workspace as it is.
    """
    from ibidem.errors import BadInput
    from ibidem.evaluate.log import append, difference, last_row
    from ibidem.evaluate.report import details, summary

    if not (paths or questions or git):
        raise BadInput("nothing to evaluate", hint="name tasks, or use --questions FILE or --git REPO")
    if questions and (git or run_file):
        other = "--git" if git else "--run-file"
        raise BadInput(f"--questions does not go with {other}", hint="run the command twice", field=other)
    if log:
        last_row(log, "")  # a file that cannot be a log is told before minutes are spent
    loaded = settings(data_dir)
    reports: list[Report] = []
    before: dict[str, float | None] = {}
    found = (
        ask_questions(questions, paths or [], workspace, loaded)
        if questions
        else run_tasks(paths or [], git, run_file, loaded)
    )
    for report in found:
        last = last_row(log, report.task) if log else None
        if log:
            append(log, report)
        reports.append(report)
        before[report.task] = last.figures.get(report.main) if last else None
        if as_json:
            print(json.dumps({**asdict(report), "last": asdict(last) if last else None}, ensure_ascii=False))
            continue
        print(details(report))
        if last:
            print(f"  {difference(report, last)}")
        for line in report.missed if missed else []:
            print(f"  missed: {line}")
    if not as_json:
        print(f"\n{summary(reports, before)}")


def run_tasks(paths: Sequence[Path], git: Path | None, run_file: Path | None, loaded: Settings) -> Iterator[Report]:
    """A report as soon as a task is done; the run file once all are."""
    from ibidem.cli.throwaway import throwaway
    from ibidem.evaluate.commits import history_task
    from ibidem.evaluate.report import task_report
    from ibidem.evaluate.run import evaluate as run
    from ibidem.evaluate.task import read_task, task_folders

    folders = [folder for path in paths for folder in task_folders(path)]
    lines: list[str] = []
    for task in chain(map(read_task, folders), map(history_task, [git] if git else [])):
        with throwaway(loaded) as engine:
            found = run(task, engine.add, engine.search)
        lines += [json.dumps(line) for line in run_lines(found)]
        yield task_report(found)
    if run_file:
        run_file.write_text("\n".join(lines) + "\n", "utf-8")


def ask_questions(file: Path, folders: list[Path], workspace: str, loaded: Settings) -> Iterator[Report]:
    """The report on a file of questions, over folders or else over a workspace."""
    from ibidem.cli.throwaway import find_in_folders
    from ibidem.evaluate.questions import ask, read_questions
    from ibidem.evaluate.report import questions_report

    asked = read_questions(file)
    began = time.perf_counter()
    with find_in_folders(loaded, folders) if folders else find_in_workspace(loaded, workspace) as find:
        indexing_s = time.perf_counter() - began if folders else 0.0
        answered = ask(asked, find)
    yield questions_report(file.stem, answered, indexing_s)


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
