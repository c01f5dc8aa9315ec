"""A folder of documents and judged questions, as evaluation sets are laid out.

`corpus.jsonl[.gz]`: `{"id", "group", "path", "text"}`; `queries.jsonl[.gz]`: `{"id", "group", "text", ...}`;
`qrels.tsv`: `query, document, relevance, start, end` in characters, -1 where the whole file is the answer. `meta.json` may
point at another task's `corpus`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibidem.errors import BadInput, NotFound


@dataclass(frozen=True, slots=True)
class TaskDocument:
    id: str
    group: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Gold:
    """Where an answer stands; `start` is -1 when only the file is judged."""

    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """What may be searched with: `text`, `path`, `prefix`, and the documents to leave out. The rest is for reports."""

    id: str
    group: str
    text: str
    path: str
    prefix: str
    exclude: frozenset[str]
    kind: str
    lang: str
    gold: tuple[Gold, ...]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    documents: dict[str, TaskDocument]
    questions: list[Question]

    @property
    def groups(self) -> list[str]:
        return sorted({document.group for document in self.documents.values()})


def task_folders(path: Path) -> list[Path]:
    """The folder itself when it is a task, else the tasks in it, by name. Raises NotFound when there are none."""
    if _has_queries(path):
        return [path]
    found = sorted(folder for folder in path.glob("*") if _has_queries(folder))
    if not found:
        raise NotFound(f"no task in {path}", hint="a task has corpus.jsonl, queries.jsonl and qrels.tsv")
    return found


def _has_queries(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("queries.jsonl", "queries.jsonl.gz"))


def read_task(folder: Path) -> Task:
    """Raises NotFound, BadInput naming the file."""
    meta_file = folder / "meta.json"
    meta = json.loads(meta_file.read_text("utf-8")) if meta_file.is_file() else {}
    corpus = folder / meta["corpus"] if meta.get("corpus") else _file(folder, "corpus.jsonl")
    rows = {row["id"]: TaskDocument(row["id"], row["group"], row["path"], row["text"]) for row in _lines(corpus)}
    gold = _gold(folder / "qrels.tsv")
    questions = [_question(row, gold.get(row["id"], ())) for row in _lines(_file(folder, "queries.jsonl"))]
    return Task(folder.resolve().name, rows, questions)


def _question(row: dict[str, Any], gold: tuple[Gold, ...]) -> Question:
    return Question(
        id=row["id"],
        group=row["group"],
        text=row.get("text") or "",
        path=row.get("path") or "",
        prefix=row.get("prefix") or "",
        exclude=frozenset(row.get("exclude") or ()),
        kind=row.get("kind") or "",
        lang=row.get("lang") or "",
        gold=gold,
        answers=tuple(row.get("answers") or ()),
    )


def _gold(path: Path) -> dict[str, tuple[Gold, ...]]:
    found: dict[str, tuple[Gold, ...]] = {}
    if not path.is_file():
        raise NotFound(f"no judgements {path}", hint="a task has corpus.jsonl, queries.jsonl and qrels.tsv")
    for line in path.read_text("utf-8").splitlines()[1:]:
        query, document, relevance, start, end = line.split("\t")
        if int(relevance) > 0:
            found[query] = (*found.get(query, ()), Gold(document, int(start), int(end)))
    return found


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise NotFound(f"no {name} in {folder}", hint="a task has corpus.jsonl, queries.jsonl and qrels.tsv")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}", hint="one JSON object a line, gzipped or not") from error
