"""Measure `quotes`: python bench/quotes.py EVAL_DIR. How often it answers, how often rightly, how often it declines.

EVAL_DIR holds tasks as `docs_*/` and `code_*/`: `corpus.jsonl.gz`, `queries.jsonl.gz`, `qrels.tsv`. The documents go
through the product's own reading, index and retrieval, in a data directory that is thrown away.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ibidem.app import App
from ibidem.cli.throwaway import Throwaway, throwaway
from ibidem.evaluate.metrics import Result, covers
from ibidem.evaluate.task import Question, Task, TaskDocument, read_task
from ibidem.index.analyze import tokenize
from ibidem.models.base import ChatRequest, TextDelta
from ibidem.models.quotes import QuotesModel
from ibidem.retrieve.retrieve import Context
from ibidem.settings import load
from ibidem.store.workspaces import Workspace


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
    with throwaway(load()) as engine:
        measure(engine, tasks)


def measure(engine: Throwaway, tasks: list[Task]) -> None:
    workspaces = {
        (task.name, group): engine.add(f"{task.name} {group}", of_group(task, group))
        for task in tasks
        if task.name != "code_search"  # the same sort of documents as the other code
        for group in task.groups
    }
    documentary = [task for task in tasks if task.name.startswith("docs_")]
    print("its own documents")
    for task in documentary:
        for (group, kind), questions in by_kind(task).items():
            print(f"  {task.name} {kind:24} {put(engine.app, workspaces[task.name, group], questions, task)}")
    print("other documents")
    for task in documentary:
        for (group, kind), questions in by_kind(task).items():
            if not any(question.answers for question in questions):
                continue
            tops = {top(task.documents[gold.document_id]) for question in questions for gold in question.gold}
            rest = [document for document in of_group(task, group) if top(document) not in tops]
            others = {f"{name} {other}": space for (name, other), space in workspaces.items() if name != task.name}
            others["the rest of its own"] = engine.add(f"{task.name} without {kind}", rest)
            for name, workspace in others.items():
                print(f"  {task.name} {kind:10} over {name:22} {put(engine.app, workspace, questions)}")


def put(app: App, workspace: Workspace, questions: list[Question], task: Task | None = None) -> Tally:
    """Ask all of them; with their own task, look for the answers too."""
    tally = Tally()
    for question in questions:
        context = app.search(question.text, workspace)
        said = asyncio.run(answer(question.text, context)).split("\n\n")[:-1]
        declined = not said[0].endswith("]")
        tally.asked += 1
        tally.declined += declined
        if task and question.answers and holds(context, question, task):
            tally.found += 1
            tally.told += not declined and any(plain(gold) in plain(" ".join(said[:2])) for gold in question.answers)
    return tally


async def answer(question: str, context: Context) -> str:
    request = ChatRequest((), question, context.passages, context.terms, context.evidence)
    events = QuotesModel(tokenize).stream(request)
    return "".join([event.text async for event in events if isinstance(event, TextDelta)])


def holds(context: Context, question: Question, task: Task) -> bool:
    """A gold passage is among those the model was given."""
    ids = {document.path: document.id for document in task.documents.values()}
    given = [
        Result(ids[passage.path.partition("/")[2]], passage.span.start_char, passage.span.end_char)
        for passage in context.passages
    ]
    return any(covers(one, gold) for one in given for gold in question.gold)


def by_kind(task: Task) -> dict[tuple[str, str], list[Question]]:
    found: dict[tuple[str, str], list[Question]] = defaultdict(list)
    for question in task.questions:
        found[question.group, question.kind].append(question)
    return found


def of_group(task: Task, group: str) -> list[TaskDocument]:
    return [document for document in task.documents.values() if document.group == group]


def top(document: TaskDocument) -> str:
    return document.path.partition("/")[0]


def plain(text: str) -> str:
    return "".join(text.lower().split())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
