"""A server that is taking in 100 MB -> how long searches and answers take meanwhile, and when it is idle again."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.corpus import MB, queries, write_mixed
from bench.figures import Figure, show, spread
from bench.server import Client, Server, serving

BASE_BYTES = 10 * MB  # there before, so that there is something to find
ADDED_BYTES = 100 * MB
KOREAN_SHARE = 0.05  # of the text's files
SEARCH_EVERY_S = 0.05
ASK_EVERY_S = 0.4
SETTLE_S = 5.0
IDLE_ANSWERS = 60


def measure(work: Path | None = None) -> Iterator[Figure]:
    """With `work`, what was added stays there for `bench.search`."""
    if work is not None:
        yield from under_load(work)
        return
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as own:
        yield from under_load(Path(own))


def under_load(work: Path) -> Iterator[Figure]:
    base, added = work / "base", work / "added"
    write_mixed(base, BASE_BYTES, seed=1, korean_share=KOREAN_SHARE)
    written = write_mixed(added, ADDED_BYTES, seed=9, korean_share=KOREAN_SHARE)
    with serving(work / "data") as server:
        client = server.client()
        client.wait_searchable(client.add(base))
        warm(client)
        began = time.perf_counter()
        source = client.add(added)
        searches, answers = during(server, source)
        took = time.perf_counter() - began
        told = f"{written.files:,} files, {written.size_bytes / MB / took:.1f} MB/s, searched and asked meanwhile"
        yield Figure("100 MB searchable, running server", took, "s", note=told)
        yield from spread("search over HTTP while 100 MB are added", searches, 50)
        yield from spread("POST run -> first event, meanwhile", [one["first"] for one in answers], 150)
        yield from spread("POST run -> `retrieved`, meanwhile", [one["retrieved"] for one in answers], 150)
        yield from spread("POST run -> `finished`, meanwhile", [one["finished"] for one in answers])
        time.sleep(SETTLE_S)
        idle = [client.ask(query) for _, query in queries(IDLE_ANSWERS, seed=8)]
    yield from spread("POST run -> first event, idle", [one["first"] for one in idle], 50)
    yield from spread("POST run -> `retrieved`, idle", [one["retrieved"] for one in idle])
    yield from spread("POST run -> `finished`, idle", [one["finished"] for one in idle])


def warm(client: Client) -> None:
    for _, query in queries(30, seed=6):
        client.search(query)
    client.ask("When is a name bound?")


def during(server: Server, source: str) -> tuple[list[float], list[dict[str, float]]]:
    """Milliseconds of searches and events of answers, until the source is searchable."""
    over = threading.Event()
    searches: list[float] = []
    answers: list[dict[str, float]] = []
    failures: list[Exception] = []

    def search() -> None:
        client = server.client()
        for _, query in queries(20_000, seed=11):
            if over.wait(SEARCH_EVERY_S):
                return
            began = time.perf_counter()
            client.search(query)
            searches.append((time.perf_counter() - began) * 1000)

    def ask() -> None:
        client = server.client()
        for _, query in queries(2_000, seed=12):
            if over.wait(ASK_EVERY_S):
                return
            answers.append(client.ask(query))

    def kept(work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=kept, args=(work,)) for work in (search, ask)]
    for thread in threads:
        thread.start()
    try:
        server.client().wait_searchable(source, poll_s=0.5)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    return searches, answers


if __name__ == "__main__":
    show(measure())
