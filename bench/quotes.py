"""Measure `quotes`: python bench/quotes.py EVAL_DIR. How often it answers, how often rightly, how often it declines.

EVAL_DIR holds tasks as `docs_*/` and `code_*/`: `corpus.jsonl.gz`, `queries.jsonl.gz`, `qrels.tsv`. The documents go
through the product's own reading, index and retrieval, in a data directory that is thrown away.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibidem.app import App, build
from ibidem.index.analyze import tokenize
from ibidem.models.base import ChatRequest, TextDelta
from ibidem.models.quotes import QuotesModel
from ibidem.retrieve.retrieve import Context
from ibidem.settings import load
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, add_source, create_workspace

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """Documents by group, questions by kind, and where each question's answer stands: (document, start, end)."""

    name: str
    corpus: dict[str, Rows]
    questions: dict[tuple[str, str], Rows]  # (group, kind)
    gold: dict[str, list[tuple[str, int, int]]]


@dataclass
class Tally:
    """Counts over one kind of question."""

    asked: int = 0
    declined: int = 0
    found: int = 0  # a gold passage was in the context
    told: int = 0  # and a gold answer stood in the first two sentences

    def __str__(self) -> str:
        declined = f"{self.asked:4} asked, declined {self.declined / self.asked:6.1%}"
        if not self.found:
            return declined
        return (
            f"{declined}; with the passage {self.found}, answer in the first two sentences {self.told / self.found:.1%}"
        )


def main(folder: Path) -> None:
    tasks = [read_task(path) for path in sorted(folder.glob("*/")) if (path / "corpus.jsonl.gz").exists()]
    with tempfile.TemporaryDirectory() as work:
        app = build(load(Path(work, "data"), environ={}))
        try:
            measure(app, Path(work, "documents"), tasks)
        finally:
            app.close()


def measure(app: App, folder: Path, tasks: list[Task]) -> None:
    workspaces = {
        (task.name, group): add(app, folder, f"{task.name} {group}", documents)
        for task in tasks
        if task.name != "code_search"  # the same sort of documents as the other code
        for group, documents in task.corpus.items()
    }
    documentary = [task for task in tasks if task.name.startswith("docs_")]
    print("its own documents")
    for task in documentary:
        for (group, kind), questions in task.questions.items():
            tally = put(app, workspaces[task.name, group], questions, task.gold)
            print(f"  {task.name} {kind:24} {tally}")
    print("other documents")
    for task in documentary:
        for (group, kind), questions in task.questions.items():
            if not any("answers" in question for question in questions):
                continue
            near = [doc for doc in task.corpus[group] if top(doc["path"]) not in tops(questions, task)]
            others = {f"{name} {other}": space for (name, other), space in workspaces.items() if name != task.name}
            others["the rest of its own"] = add(app, folder, f"{task.name} without {kind}", near)
            for name, workspace in others.items():
                print(f"  {task.name} {kind:10} over {name:22} {put(app, workspace, questions, {})}")


def put(app: App, workspace: Workspace, questions: Rows, gold: dict[str, list[tuple[str, int, int]]]) -> Tally:
    tally = Tally()
    for question in questions:
        context = app.search(question["text"], workspace)
        said = asyncio.run(answer(question["text"], context)).split("\n\n")[:-1]
        declined = not said[0].endswith("]")
        tally.asked += 1
        tally.declined += declined
        if "answers" in question and holds(context, gold.get(question["id"], [])):
            tally.found += 1
            tally.told += not declined and any(plain(gold) in plain(" ".join(said[:2])) for gold in question["answers"])
    return tally


async def answer(question: str, context: Context) -> str:
    request = ChatRequest((), question, context.passages, context.terms, context.evidence)
    events = QuotesModel(tokenize).stream(request)
    return "".join([event.text async for event in events if isinstance(event, TextDelta)])


def holds(context: Context, gold: list[tuple[str, int, int]]) -> bool:
    return any(
        passage.path.endswith("/" + path) and passage.span.start_char <= start and end <= passage.span.end_char
        for passage in context.passages
        for path, start, end in gold
    )


def plain(text: str) -> str:
    return "".join(text.lower().split())


def add(app: App, folder: Path, name: str, documents: Rows) -> Workspace:
    """A workspace with these documents, searchable."""
    root = folder / name
    for document in documents:
        path = root / document["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document["text"], "utf-8", newline="")
    workspace = create_workspace(app.db, LOCAL_OWNER, name, time.time())
    source = app.db.write(lambda tx: add_source(tx, workspace, bytes(root), watch=False, now=time.time()))
    app.sources.sync(source, {}, threading.Event())
    app.indexes.replay_all()
    return workspace


def read_task(folder: Path) -> Task:
    corpus: dict[str, Rows] = defaultdict(list)
    for document in read_lines(folder / "corpus.jsonl.gz"):
        corpus[document["group"]].append(document)
    paths = {document["id"]: document["path"] for documents in corpus.values() for document in documents}
    questions: dict[tuple[str, str], Rows] = defaultdict(list)
    for question in read_lines(folder / "queries.jsonl.gz"):
        questions[question["group"], question["kind"]].append(question)
    gold: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document_id, relevant, start, end = line.split("\t")
        if int(relevant):
            gold[query].append((paths[document_id], int(start), int(end)))
    return Task(folder.name, corpus, questions, gold)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def tops(questions: Rows, task: Task) -> set[str]:
    """The folders in which the answers of these questions stand."""
    return {top(path) for question in questions for path, _, _ in task.gold[question["id"]]}


def top(path: str) -> str:
    return path.partition("/")[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
