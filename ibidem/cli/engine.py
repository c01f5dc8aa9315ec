"""What a command needs done, by the running server or by this process alone: the same words either way."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from ibidem.cli.client import Answered, Client, find
from ibidem.errors import NotFound, StoreError, UnknownWorkspace
from ibidem.settings import Settings
from ibidem.store.datadir import DataDir
from ibidem.store.slug import slugify
from ibidem.types import TERMINAL_EVENTS

if TYPE_CHECKING:
    from ibidem.app import App

POLL_S = 0.1

OnEvent = Callable[[str, dict[str, Any]], None]
OnProgress = Callable[[list[dict[str, Any]]], None]  # the sources, each with its state and counts


class Engine(Protocol):
    def ask(self, question: str, *, workspace: str, model: str | None, mode: str, on_event: OnEvent) -> str:
        """Ask and follow to the end; returns the run's id."""
        ...

    def add(
        self, paths: Sequence[str], *, workspace: str, watch: bool, on_progress: OnProgress
    ) -> list[dict[str, Any]]:
        """Take the paths in and wait until they are searchable; returns the sources. A workspace that is not there is made."""
        ...

    def rebuild(self, workspace: str) -> None:
        """Build the workspace's index anew and wait for it."""
        ...


def open_engine(settings: Settings) -> Engine:
    client = find(settings.data_dir)
    return Remote(client) if client else Alone(settings)


class Remote:
    """By the running server."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ask(self, question: str, *, workspace: str, model: str | None, mode: str, on_event: OnEvent) -> str:
        body = {"question": question, "workspace": workspace, "model": model and whole_name(model), "mode": mode}
        run_id: str = self._client.call("POST", "/api/runs/", body)["run_id"]
        name = ""
        for name, data in self._client.events(f"/api/runs/{run_id}/events/"):
            on_event(name, data)
        if name not in TERMINAL_EVENTS and name != "snapshot":
            raise StoreError(
                "the server went away before the answer was complete", hint="ask again; see `ibidem status`"
            )
        return run_id

    def add(
        self, paths: Sequence[str], *, workspace: str, watch: bool, on_progress: OnProgress
    ) -> list[dict[str, Any]]:
        check_paths(paths)
        home = f"/api/workspaces/{quote(self._place(workspace), safe='')}/"
        place = f"{home}sources/"
        added = [self._client.call("POST", place, {"path": path, "watch": watch}) for path in paths]
        while True:
            sources = [self._client.call("GET", f"{place}{source['id']}/") for source in added]
            on_progress(sources)
            jobs = [self._client.call("GET", f"/api/jobs/{source['job']}/") for source in added if source["job"]]
            if ended(jobs):
                if all(map(searchable, sources)):
                    return sources
                if stuck := self._client.call("GET", home)["index_failure"]:
                    raise Answered(stuck)
            time.sleep(POLL_S)

    def _place(self, workspace: str) -> str:
        """The slug of the workspace, which is made if there is none."""
        try:
            slug = self._client.call("GET", f"/api/workspaces/{quote(workspace, safe='')}/")["slug"]
        except Answered as answer:
            if answer.code != UnknownWorkspace.code or not is_slug(workspace):
                raise
            slug = self._client.call("POST", "/api/workspaces/", {"name": workspace})["slug"]
        return str(slug)

    def rebuild(self, workspace: str) -> None:
        job = self._client.call("POST", f"/api/workspaces/{quote(workspace, safe='')}/index/rebuild/")["job"]
        while not ended([self._client.call("GET", f"/api/jobs/{job}/")]):
            time.sleep(POLL_S)


class Alone:
    """By this process, under the data directory's lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, question: str, *, workspace: str, model: str | None, mode: str, on_event: OnEvent) -> str:
        async def follow(app: Any) -> str:
            run = app.answers.start(LOCAL_OWNER, Ask(question, workspace=workspace, model=model, mode=mode))
            app.worker.wake("answer")
            async with aclosing(app.streams.follow(LOCAL_OWNER, run.id)) as events:
                async for _, event in events:
                    on_event(event.name, event.data)
            return str(run.id)

        from ibidem.store.workspaces import LOCAL_OWNER
        from ibidem.tasks.asking import Ask

        return str(self._run(follow, only=["answer"]))

    def add(
        self, paths: Sequence[str], *, workspace: str, watch: bool, on_progress: OnProgress
    ) -> list[dict[str, Any]]:
        from ibidem.store.documents import source_progress
        from ibidem.store.workspaces import LOCAL_OWNER, create_workspace, get_source, get_workspace

        async def bring_in(app: Any) -> list[dict[str, Any]]:
            check_paths(paths)
            try:
                place = get_workspace(app.db, LOCAL_OWNER, workspace, need="write")
            except UnknownWorkspace:
                if not is_slug(workspace):
                    raise
                place = create_workspace(app.db, LOCAL_OWNER, workspace, time.time())
            added = [app.jobs.add_source(place, path, watch=watch) for path in paths]
            while True:
                sources = [source_progress(app.db, get_source(app.db, place.owner, source.id)) for source, _ in added]
                on_progress(sources)
                jobs = [app.queue.get(job, place.owner).shown() for _, job in added]
                if ended(jobs):
                    if all(map(searchable, sources)):
                        return sources
                    if stuck := app.indexes.stuck(place.id):
                        raise stuck
                await asyncio.sleep(POLL_S)

        found: list[dict[str, Any]] = self._run(bring_in, only=["sync", "upload"])
        return found

    def rebuild(self, workspace: str) -> None:
        from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

        async def replay(app: Any) -> None:
            place = get_workspace(app.db, LOCAL_OWNER, workspace, need="own")
            await asyncio.to_thread(app.indexes.replay, place.id, fresh=True)
            if app.embedders.now:
                await asyncio.to_thread(app.embedders.now.rebuild, place.id)

        self._run(replay, only=["rebuild"])

    def _run(self, work: Callable[[Any], Any], *, only: Sequence[str]) -> Any:
        app = build_alone(self._settings)

        async def main() -> Any:
            async with app.running(watch=False, only=only):
                return await work(app)

        try:
            app.recover()
            return asyncio.run(main())
        finally:
            app.close()


def build_alone(settings: Settings) -> App:
    """All the parts in this process. Raises DataDirInUse, told at once: loading the parts takes half a second."""
    DataDir(settings.data_dir).must_be_free()
    from ibidem.app import build

    return build(settings)


def ended(jobs: Sequence[dict[str, Any]]) -> bool:
    """Whether no job is under way any more. Raises what ended one before it was done."""
    if any(job["state"] in ("queued", "running") for job in jobs):
        return False
    for job in jobs:
        if job["state"] != "done":
            told = {"message": f"the work was {job['state']}", "hint": f"`ibidem jobs retry {job['id']}` runs it again"}
            raise Answered(job["error"] or told)
    return True


def searchable(source: dict[str, Any]) -> bool:
    """It has been walked, and all of its documents are in the index or have their reason not to be."""
    return source["state"] in ("ready", "missing") and not any(
        source["counts"].get(state) for state in ("queued", "reading", "indexing")
    )


def is_slug(workspace: str) -> bool:
    """Only what looks like one is made by its mere mention: anything else is a slip."""
    return slugify(workspace) == workspace


def check_paths(paths: Sequence[str]) -> None:
    """Before a workspace is made for them. Raises NotFound."""
    for path in paths:
        if not os.path.exists(path):
            raise NotFound(f"no file or folder {path!r}", hint="check the path", field="path")


def absolute(path: Path) -> str:
    """The path as the server, which has another working directory, must name it."""
    return os.path.abspath(path.expanduser())


def whole_name(model: str) -> str:
    """The model as the server must name it: a GGUF file of this directory by its whole path."""
    provider, _, file = model.strip().partition(":")
    path = Path(file).expanduser()
    return f"llama:{absolute(path)}" if provider == "llama" and path.is_file() else model
