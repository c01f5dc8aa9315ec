"""What a command needs done, by the running server or by this process alone: the same words either way."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Protocol

from ibidem.cli.client import Client, find
from ibidem.settings import Settings

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
        """Take the paths in and wait until they are searchable; returns the sources."""
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
        body = {"question": question, "workspace": workspace, "model": model, "mode": mode}
        run_id: str = self._client.call("POST", "/api/runs/", body)["run_id"]
        for name, data in self._client.events(f"/api/runs/{run_id}/events/"):
            on_event(name, data)
        return run_id

    def add(
        self, paths: Sequence[str], *, workspace: str, watch: bool, on_progress: OnProgress
    ) -> list[dict[str, Any]]:
        place = f"/api/workspaces/{workspace}/sources/"
        added = [self._client.call("POST", place, {"path": path, "watch": watch}) for path in paths]
        while True:
            sources = [self._client.call("GET", f"{place}{source['id']}/") for source in added]
            on_progress(sources)
            ended = [
                self._client.call("GET", f"/api/jobs/{source['job']}/")["state"] not in ("queued", "running")
                for source in added
            ]
            if all(ended) and all(map(searchable, sources)):
                return sources
            time.sleep(POLL_S)

    def rebuild(self, workspace: str) -> None:
        job = self._client.call("POST", f"/api/workspaces/{workspace}/index/rebuild/")["job"]
        while self._client.call("GET", f"/api/jobs/{job}/")["state"] in ("queued", "running"):
            time.sleep(POLL_S)


class Alone:
    """By this process, under the data directory's lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, question: str, *, workspace: str, model: str | None, mode: str, on_event: OnEvent) -> str:
        async def follow(app: Any) -> str:
            run = app.answers.start(LOCAL_OWNER, question, workspace=workspace, model=model, mode=mode)
            app.worker.wake()
            async with aclosing(app.streams.follow(LOCAL_OWNER, run.id)) as events:
                async for _, event in events:
                    on_event(event.name, event.data)
            return str(run.id)

        from ibidem.store.workspaces import LOCAL_OWNER

        return str(self._run(follow, only=["answer"]))

    def add(
        self, paths: Sequence[str], *, workspace: str, watch: bool, on_progress: OnProgress
    ) -> list[dict[str, Any]]:
        from ibidem.store.documents import source_progress
        from ibidem.store.workspaces import LOCAL_OWNER, get_source, get_workspace

        async def bring_in(app: Any) -> list[dict[str, Any]]:
            place = get_workspace(app.db, LOCAL_OWNER, workspace)
            added = [app.add_source(place, path, watch=watch) for path in paths]
            while True:
                sources = [source_progress(app.db, get_source(app.db, LOCAL_OWNER, source.id)) for source, _ in added]
                on_progress(sources)
                ended = [app.queue.get(job, LOCAL_OWNER).state not in ("queued", "running") for _, job in added]
                if all(ended) and all(map(searchable, sources)):
                    return sources
                await asyncio.sleep(POLL_S)

        found: list[dict[str, Any]] = self._run(bring_in, only=["sync", "upload"])
        return found

    def rebuild(self, workspace: str) -> None:
        from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

        async def replay(app: Any) -> None:
            place = get_workspace(app.db, LOCAL_OWNER, workspace)
            await asyncio.to_thread(app.indexes.replay, place.id, fresh=True)
            if app.embedding:
                await asyncio.to_thread(app.embedding.rebuild, place.id)

        self._run(replay, only=["rebuild"])

    def _run(self, work: Callable[[Any], Any], *, only: Sequence[str]) -> Any:
        from ibidem.app import build

        app = build(self._settings)

        async def main() -> Any:
            async with app.running(watch=False, only=only):
                return await work(app)

        try:
            app.recover()
            return asyncio.run(main())
        finally:
            app.close()


def searchable(source: dict[str, Any]) -> bool:
    """All of its documents are in the index or have their reason not to be."""
    return not any(source["counts"].get(state) for state in ("queued", "reading", "indexing"))


def absolute(path: Path) -> str:
    """The path as the server, which has another working directory, must name it."""
    return os.path.abspath(path.expanduser())
