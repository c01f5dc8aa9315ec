"""A task through the product's own reading, index and retrieval: documents in, ranked spans out."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ibidem.app import App, build
from ibidem.errors import BadInput
from ibidem.evaluate.metrics import Result, mean, score
from ibidem.evaluate.task import Question, Task, TaskDocument
from ibidem.retrieve.budget import Ranked
from ibidem.settings import Settings
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, add_source, create_workspace

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

    def latency_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@contextmanager
def throwaway_app(settings: Settings) -> Iterator[App]:
    """An engine with the user's settings over a data directory that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="ibidem-evaluate-") as folder:
        data_dir = Path(folder, "data")
        app = build(
            Settings(data_dir, settings.serve, settings.ingest, settings.retrieve, settings.models, settings.jobs)
        )
        try:
            yield app
        finally:
            app.close()


def evaluate(task: Task, settings: Settings) -> Evaluation:
    """Index every group as a workspace of its own and search every question in its group's."""
    with throwaway_app(settings) as app, tempfile.TemporaryDirectory(prefix="ibidem-documents-") as folder:
        began = time.perf_counter()
        workspaces = {
            group: add_documents(
                app, Path(folder), group, [one for one in task.documents.values() if one.group == group]
            )
            for group in task.groups
        }
        indexing_s = time.perf_counter() - began
        ids = {(one.group, one.path): one.id for one in task.documents.values()}
        results, latencies = {}, []
        for question in task.questions:
            began = time.perf_counter()
            ranked = search(app, question, workspaces[question.group])
            latencies.append((time.perf_counter() - began) * 1000)
            results[question.id] = [result_of(one, ids, question.group) for one in ranked]
    return Evaluation(task, results, latencies, indexing_s)


def search(app: App, question: Question, workspace: Workspace) -> list[Ranked]:
    if question.prefix:  # code before a cursor; its text is the last lines of it
        return app.complete(f"{workspace.slug}/{question.path}", question.prefix, "", workspace).ranked
    text = question.text or "\n".join(question.prefix.splitlines()[-CURSOR_LINES:])
    return app.search(text, workspace, hits=HITS).ranked


def result_of(ranked: Ranked, ids: dict[tuple[str, str], str], group: str) -> Result:
    """The chunk in the task's words; its path begins with the folder that the group was written to."""
    span = ranked.stored.chunk.span
    path = ranked.stored.path.partition("/")[2]
    return Result(ids[group, path], span.start_char, span.end_char)


def add_documents(app: App, folder: Path, name: str, documents: list[TaskDocument]) -> Workspace:
    """A workspace with these documents, searchable when this returns."""
    root = folder / name
    for document in documents:
        path = root / document.path
        if not path.resolve().is_relative_to(root.resolve()):
            raise BadInput(f"the path {document.path!r} leaves its folder", hint="mend the task's corpus")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, "utf-8", newline="")
    workspace = create_workspace(app.db, LOCAL_OWNER, name, time.time())
    source = app.db.write(lambda tx: add_source(tx, workspace, bytes(root), watch=False, now=time.time()))
    app.sources.sync(source, {}, threading.Event())
    app.indexes.replay(workspace.id)
    return workspace
