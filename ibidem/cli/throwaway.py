"""An engine over a data directory that is deleted afterwards: for measuring, never for a user's own documents."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ibidem.app import App, build
from ibidem.errors import BadInput, NotFound
from ibidem.evaluate.questions import Find
from ibidem.evaluate.run import HITS, search_text
from ibidem.evaluate.task import Question, TaskDocument
from ibidem.index.analyze import is_hangul
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.followup import Turn
from ibidem.settings import Settings
from ibidem.store.workspaces import LOCAL_OWNER, Source, Workspace, add_source, create_workspace

KOREAN_WAIT_S = 10.0  # for a question's morphemes: a busy machine changes no figure


class Throwaway:
    """Takes documents in and searches them, with the product's own reading, index and retrieval."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self._folder = folder
        self._korean_is_up = False

    def add(self, name: str, documents: Sequence[TaskDocument]) -> Workspace:
        """A workspace with these documents, searchable when this returns."""
        root = self._folder / name
        for document in documents:
            path = root / document.path
            if not path.resolve().is_relative_to(root.resolve()):
                raise BadInput(f"the path {document.path!r} leaves its folder", hint="mend the task's corpus")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(document.text, "utf-8", newline="")
        return add_folders(self.app, name, [root])

    def search(self, question: Question, workspace: Workspace) -> list[Ranked]:
        if question.prefix:  # code before a cursor; its text is the last lines of it
            return self.app.complete(f"{workspace.slug}/{question.path}", question.prefix, "", workspace).ranked
        return self.find(search_text(question), workspace, hits=HITS)

    def find(self, text: str, workspace: Workspace, turns: Sequence[Turn] = (), *, hits: int) -> list[Ranked]:
        if not self._korean_is_up and is_hangul(text) and self.app.settings.index.korean == "morphemes":
            self.app.korean.start(wait=True)
            self.app.korean.wait_s = KOREAN_WAIT_S
            self._korean_is_up = True
        return self.app.search(text, workspace, turns, hits=hits, judged=False).ranked


def add_folders(app: App, name: str, folders: Sequence[Path]) -> Workspace:
    """A workspace with these folders or files, searchable when this returns. Raises NotFound."""
    workspace = create_workspace(app.db, LOCAL_OWNER, name, time.time())
    for folder in folders:
        root = folder.resolve()
        if not root.exists():
            raise NotFound(f"no folder or file {folder}", hint="name what the questions are about")

        def insert(tx: sqlite3.Connection, root: Path = root) -> Source:
            return add_source(tx, workspace, bytes(root), watch=False, now=time.time())

        app.sources.sync(app.db.write(insert), {}, threading.Event())
    app.indexes.replay(workspace.id)
    app.indexes.add_morphemes(workspace.id)
    if app.embedders.now:
        app.embedders.now.fill()
    return workspace


@contextmanager
def find_in_folders(settings: Settings, folders: Sequence[Path]) -> Iterator[Find]:
    """A search over these folders, in a data directory that is deleted afterwards."""
    with throwaway(settings) as engine:
        workspace = add_folders(engine.app, "questions", folders)
        yield lambda text, turns, hits: engine.find(text, workspace, turns, hits=hits)


@contextmanager
def throwaway(settings: Settings) -> Iterator[Throwaway]:
    """With the user's settings, away from the user's data."""
    with tempfile.TemporaryDirectory(prefix="ibidem-evaluate-") as folder:
        app = build(replace(settings, data_dir=Path(folder, "data")))
        try:
            yield Throwaway(app, Path(folder, "documents"))
        finally:
            app.close()
