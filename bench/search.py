"""100,000 chunks -> how long a search takes, in this process and over HTTP, by kind of query."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from bench.corpus import MB, queries, write_mixed
from bench.figures import Figure, show, spread
from bench.server import run_cli, serving
from ibidem.app import build
from ibidem.settings import load
from ibidem.store.database import Database
from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

CHUNKS = 100_000
STEP_BYTES = 40 * MB
KOREAN_SHARE = 0.05
WARM, MEASURED = 30, 600


def measure(work: Path | None = None) -> Iterator[Figure]:
    """`work` may hold the data directory that `bench.load` left: less has to be added then."""
    if work is not None:
        yield from searches(work)
        return
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as own:
        yield from searches(Path(own))


def searches(work: Path) -> Iterator[Figure]:
    data_dir = work / "data"
    step = 0
    while (chunks := count_chunks(data_dir)) < CHUNKS:
        step += 1
        folder = work / f"more-{step}"
        write_mixed(folder, STEP_BYTES, seed=20 + step, korean_share=KOREAN_SHARE)
        run_cli("add", "--no-watch", str(folder), data_dir=data_dir)
    index_mb, store_mb = size_mb(data_dir / "index"), size_mb(data_dir) - size_mb(data_dir / "index")
    yield Figure("chunks", chunks, "", note=f"index {index_mb:.0f} MB, store {store_mb:.0f} MB")
    app = build(load(data_dir, environ={}))
    try:
        home = get_workspace(app.db, LOCAL_OWNER)
        in_process = timed(lambda query: app.search(query, home, judged=False))
    finally:
        app.close()
    yield from spread("search in process, all kinds", everything(in_process), 10)
    for kind, times in in_process.items():
        yield from spread(f"  {kind}", times)
    with serving(data_dir) as server:
        time.sleep(3)  # its sources are walked at the start
        over_http = timed(server.client().search)
    yield from spread("search over HTTP, all kinds", everything(over_http), 10)
    for kind, times in over_http.items():
        yield from spread(f"  {kind}", times)


def timed(search: Callable[[str], object]) -> dict[str, list[float]]:
    """Milliseconds by kind of query, each query put once, after a few to warm up."""
    times: dict[str, list[float]] = defaultdict(list)
    for number, (kind, query) in enumerate(queries(WARM + MEASURED, seed=13)):
        began = time.perf_counter()
        search(query)
        if number >= WARM:
            times[kind].append((time.perf_counter() - began) * 1000)
    return times


def everything(times: dict[str, list[float]]) -> list[float]:
    return [one for some in times.values() for one in some]


def count_chunks(data_dir: Path) -> int:
    if not (data_dir / "ibidem.db").exists():
        return 0
    with closing(Database(data_dir / "ibidem.db", read_only=True)) as db:
        row = db.read_one("SELECT sum(chunks) AS n FROM document")
    return row["n"] or 0 if row else 0


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB


if __name__ == "__main__":
    show(measure())
