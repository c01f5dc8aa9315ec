"""The twenty questions of `examples/questions.jsonl` over this repository, as `make run` indexes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ibidem.app import App, build
from ibidem.chat.answer import Draft, answer
from ibidem.cli.engine import searchable
from ibidem.settings import load
from ibidem.store.documents import source_progress
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, get_source, get_workspace
from ibidem.types import Event, Passage

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "ibidem", "examples")
BEST_PASSAGES = 3
LEAST_RIGHT = 18
ADD_TIMEOUT_S = 60


@dataclass(frozen=True)
class Place:
    """Where the answer stands: a page, or a line as the file is now."""

    path: str
    page: int | None
    lines: range

    def overlaps(self, path: str, page: int | None, start_line: int, end_line: int) -> bool:
        if path != self.path:
            return False
        return page == self.page if self.page else start_line < self.lines.stop and self.lines.start <= end_line


@dataclass(frozen=True)
class Asked:
    """A question with what became of it."""

    id: str
    question: str
    place: Place
    rank: int | None  # of the first passage with the place in it, from 1; None: not given to the model
    cited: bool  # by `quotes`
    first: str  # the best passage, for the report

    @property
    def right(self) -> bool:
        return self.rank is not None and self.rank <= BEST_PASSAGES


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Asked]]:
    app = build(load(tmp_path_factory.mktemp("examples") / "data", environ={}))
    try:
        yield asyncio.run(ask_all(app))
    finally:
        app.close()


def test_the_place_of_the_answer_is_among_the_first_passages(asked: list[Asked]) -> None:
    print(f"\n{report(asked)}")  # `pytest -s` shows it
    right = [one for one in asked if one.right]
    assert len(asked) == 20
    assert len(right) >= LEAST_RIGHT, report(asked)


def test_quotes_cites_nothing_but_places_that_it_was_given(asked: list[Asked]) -> None:
    assert all(one.rank is not None for one in asked if one.cited), report(asked)


def test_every_question_names_a_place_that_is_there() -> None:
    assert {place(row).path for row in rows()} >= {"examples/product/HP-450.pdf", "docs/cli.md"}


def report(asked: list[Asked]) -> str:
    given = sum(one.rank is not None for one in asked)
    lines = [
        f"{sum(one.right for one in asked)} in the first {BEST_PASSAGES} passages, {given} in any,"
        f" {sum(one.cited for one in asked)} cited by quotes, of {len(asked)}"
    ]
    for one in asked:
        if not (one.right and one.cited):
            where = f"page {one.place.page}" if one.place.page else f"line {one.place.lines.start}"
            lines.append(
                f"{one.id}: passage {one.rank}, {'cited' if one.cited else 'not cited'}; {one.question}"
                f"\n    wanted {one.place.path} {where}; first {one.first}"
            )
    return "\n".join(lines)


async def ask_all(app: App) -> list[Asked]:
    home = get_workspace(app.db, LOCAL_OWNER)
    async with app.running(watch=False, only=["sync"]):
        added = [app.jobs.add_source(home, str(ROOT / folder), watch=False) for folder in FOLDERS]
        async with asyncio.timeout(ADD_TIMEOUT_S):
            while not all(is_in(app, source.id, job) for source, job in added):
                await asyncio.sleep(0.02)
        return [await ask(app, home, row) for row in rows()]


def is_in(app: App, source: str, job: str) -> bool:
    progress = source_progress(app.db, get_source(app.db, LOCAL_OWNER, source))
    return app.queue.get(job, LOCAL_OWNER).state == "done" and searchable(progress)


async def ask(app: App, home: Workspace, row: dict[str, Any]) -> Asked:
    draft, wanted = Draft(), place(row)
    await drained(
        answer(
            row["question"],
            draft,
            mode="chat",
            search=lambda question: app.search(question, home),
            model=app.open_model("quotes"),
            max_tokens=1024,
        )
    )
    passages = draft.context.passages
    ranks = [passage.number for passage in passages if holds(wanted, passage)]
    cited = any(
        wanted.overlaps(one["path"], one["page"], one["start_line"], one["end_line"]) for one in draft.citations()
    )
    best = passages[0] if passages else None
    first = f"{best.path}:{best.span.start_line}-{best.span.end_line}" if best else "none"
    return Asked(row["id"], row["question"], wanted, min(ranks, default=None), cited, first)


async def drained(events: AsyncIterator[Event]) -> None:
    async with aclosing(events):  # type: ignore[type-var]
        async for _ in events:
            pass


def holds(wanted: Place, passage: Passage) -> bool:
    span = passage.span
    return wanted.overlaps(passage.path, span.page, span.start_line, span.end_line)


def rows() -> list[dict[str, Any]]:
    lines = (ROOT / "examples" / "questions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def place(row: dict[str, Any]) -> Place:
    """Lines are taken from where `contains` stands now, nearest to where it stood; a PDF has its page."""
    if page := row.get("page"):
        return Place(row["path"], page, range(0))
    text, wanted = decoded(ROOT / row["path"]), row["contains"]
    found = [
        range(text.count("\n", 0, at) + 1, text.count("\n", 0, at + len(wanted)) + 2) for at in all_of(text, wanted)
    ]
    assert found, f"{row['id']}: {wanted!r} is no longer in {row['path']}; mend examples/questions.jsonl"
    return Place(row["path"], None, min(found, key=lambda lines: abs(lines.start - row["start_line"])))


def all_of(text: str, wanted: str) -> list[int]:
    found, at = [], text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp949")
