"""Folders -> seconds until they are searchable: a first `add`, an unchanged one, a saved file."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import MB, Written, write_mixed, write_small
from bench.figures import Figure, percentile, show
from bench.server import Server, run_cli, serving, wait
from ibidem.app import App, build
from ibidem.cli.engine import searchable
from ibidem.settings import load
from ibidem.store.documents import source_progress
from ibidem.store.workspaces import LOCAL_OWNER, get_source, get_workspace

ROUNDS = 3
SMALL_FILES = 10_000
SAVES = 20
SAVED_AMONG = 300  # files in the watched folder


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        root = Path(work)
        yield from first_add(root)
        yield from rescan(root)
        yield from saves(root)


def first_add(root: Path) -> Iterator[Figure]:
    """10 MB, each time into an empty data directory: the command as a user runs it, and the engine inside it."""
    folder = root / "mixed"
    written = write_mixed(folder, 10 * MB)
    whole = [run_cli("add", "--no-watch", str(folder), data_dir=root / f"cli-{turn}") for turn in range(ROUNDS)]
    engine = [add_alone(root / f"engine-{turn}", folder) for turn in range(ROUNDS)]
    yield Figure("10 MB searchable, `ibidem add`", statistics.median(whole), "s", 5, note=_told(written, whole))
    yield Figure("10 MB searchable, engine alone", statistics.median(engine), "s", note=_told(written, engine))


def rescan(root: Path) -> Iterator[Figure]:
    """The folder has not changed since; both figures walk it and compare every file."""
    folder, data_dir = root / "small", root / "small-data"
    write_small(folder, SMALL_FILES)
    first = run_cli("add", "--no-watch", str(folder), data_dir=data_dir)
    again = [run_cli("add", "--no-watch", str(folder), data_dir=data_dir) for _ in range(ROUNDS)]
    engine = [add_alone(data_dir, folder) for _ in range(ROUNDS)]
    files = f"{SMALL_FILES:,} small files"
    yield Figure(f"{files} searchable, `ibidem add`", first, "s")
    yield Figure("the same unchanged, `ibidem add` again", statistics.median(again), "s", 2, note=_each(again))
    yield Figure("the same unchanged, engine alone", statistics.median(engine), "s", note=_each(engine))


def saves(root: Path) -> Iterator[Figure]:
    """From the end of the write to the first search that finds what was written, with a server that watches."""
    folder = root / "watched"
    write_small(folder, SAVED_AMONG)
    with serving(root / "watched-data", folder) as server:
        client = server.client()
        source = client.call("GET", "/api/workspaces/home/sources/")["items"][0]["id"]
        client.wait_searchable(source)
        time.sleep(1.0)  # the watcher takes its first look
        took = [_save(server, folder, turn) for turn in range(SAVES)]
    told = f"p50 {percentile(took, 50):.2f}, max {max(took):.2f}, n {len(took)}; half new files, half changed ones"
    yield Figure("a saved file searchable, p95", percentile(took, 95), "s", 1.5, note=told)


def _save(server: Server, folder: Path, turn: int) -> float:
    client = server.client()
    word = f"qx{turn:02}zwv{random.Random(turn).randrange(1 << 32):08x}"
    path = folder / "000" / (f"note-{turn:05}.md" if turn % 2 else f"new-{turn:05}.md")
    path.write_text(f"# Saved\n\nThe word {word} stands here alone.\n", "utf-8")
    began = time.perf_counter()
    wait(lambda: any(word in hit["text"] for hit in client.search(word)), poll_s=0.01, timeout_s=30)
    took = time.perf_counter() - began
    time.sleep(0.2 + 0.05 * turn)  # another phase of whatever polls
    return took


def add_alone(data_dir: Path, folder: Path) -> float:
    """Seconds from `add_source` until all is searchable, in this process: no start, no imports."""
    app = build(load(data_dir, environ={}))
    try:
        return asyncio.run(_add(app, folder))
    finally:
        app.close()


async def _add(app: App, folder: Path) -> float:
    home = get_workspace(app.db, LOCAL_OWNER)
    async with app.running(watch=False, only=["sync"]):
        began = time.perf_counter()
        source, job = app.jobs.add_source(home, str(folder), watch=False)
        while True:
            ended = app.queue.get(job, LOCAL_OWNER).state not in ("queued", "running")
            if ended and searchable(source_progress(app.db, get_source(app.db, LOCAL_OWNER, source.id))):
                return time.perf_counter() - began
            await asyncio.sleep(0.02)


def _told(written: Written, seconds: list[float]) -> str:
    rate = written.size_bytes / MB / statistics.median(seconds)
    return f"{written.files} files, {rate:.1f} MB/s; {_each(seconds)}"


def _each(seconds: list[float]) -> str:
    return "median of " + ", ".join(f"{one:.2f}" for one in seconds)


if __name__ == "__main__":
    show(measure())
