"""Very large files and an idle server -> resident memory of every process, and how soon a server answers."""

from __future__ import annotations

import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.corpus import MB, queries, write_csv, write_log, write_small
from bench.figures import Figure, show
from bench.server import Server, serving, wait

SAMPLE_S = 0.05
STARTS = 5
SMALL_FILES = 50
SETTLE_S = 1.0
QUIET_S = 2.0
IDLE_S = 45.0  # longer than idle children live


@dataclass
class Peaks:
    """Greatest resident size by role, in MB; `own` leaves out pages of files, which the system can take back.

    Linux remembers the greatest resident size itself, so nothing between two samples is missed there.
    """

    resident: dict[str, float] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)

    def take(self, server: psutil.Process, *, since_start: bool = True) -> None:
        """Look at every process. Without `since_start` only at what they hold now."""
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                role = role_of(process, server)
                size = process.memory_info()
                greatest = max(size.rss, _high_water_bytes(process.pid) if since_start else 0) / MB
                self.resident[role] = max(self.resident.get(role, 0.0), greatest)
                self.own[role] = max(self.own.get(role, 0.0), (size.rss - size.shared) / MB)

    @contextmanager
    def sampled(self, server: psutil.Process) -> Iterator[None]:
        """Sample every process of the server meanwhile."""
        over = threading.Event()

        def sample() -> None:
            while not over.wait(SAMPLE_S):
                self.take(server)

        sampler = threading.Thread(target=sample)
        sampler.start()
        try:
            yield
        finally:
            over.set()
            sampler.join()


def _high_water_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # not Linux, or it has just ended
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def role_of(process: psutil.Process, server: psutil.Process) -> str:
    """A child tells its work by its limits: `... ibidem.ingest.child MEMORY_BYTES NICENESS`."""
    if process.pid == server.pid:
        return "server"
    words = process.cmdline()
    if "ibidem.ingest.child" not in words:
        return "starting child"
    memory_bytes, niceness = words[-2:]
    if memory_bytes == "0":
        return "index child"
    return "read child" if niceness == "10" else "quick child"


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        root = Path(work)
        yield from starts(root)
        yield from idle(root)
        yield from large(root, "1 GB log", "readings.log", lambda path: write_log(path, 1000 * MB))
        yield from large(root, "300 MB CSV", "readings.csv", lambda path: write_csv(path, 300 * MB))


def starts(root: Path) -> Iterator[Figure]:
    """The first start makes the store; the others find it."""
    seconds = []
    for _ in range(1 + STARTS):
        with serving(root / "started") as server:
            seconds.append(server.start_s)
    told = f"median of {STARTS}, max {max(seconds[1:]):.2f}; the very first {seconds[0]:.2f}"
    yield Figure("start: spawn -> /health answers", statistics.median(seconds[1:]), "s", 1, note=told)


def idle(root: Path) -> Iterator[Figure]:
    """Without work; then after it has added, searched and answered, once its children have gone."""
    write_small(root / "small", SMALL_FILES)
    with serving(root / "idle") as server:
        time.sleep(SETTLE_S)
        yield _idle("server idle, just started", server)
        client = server.client()
        client.wait_searchable(client.add(root / "small"))
        for _, query in queries(100):
            client.search(query)
        for _, query in queries(20):
            client.ask(query)
        time.sleep(IDLE_S)
        yield _idle("server idle, after 100 searches and 20 answers", server)


def _idle(name: str, server: Server) -> Figure:
    process = psutil.Process(server.process.pid)
    children = process.children(recursive=True)
    resident = sum(one.memory_info().rss for one in (process, *children)) / MB
    return Figure(f"{name}: resident", resident, "MB", 150, note=f"with {len(children)} children")


def large(root: Path, name: str, filename: str, make: Callable[[Path], object]) -> Iterator[Figure]:
    """Each process beside what it held when it had just done the same with a file of some lines."""
    folder, data_dir = root / "large", root / f"data-{filename}"
    path, first = folder / filename, root / "first" / f"first-{filename}"
    make(path)
    first.parent.mkdir(exist_ok=True)
    with path.open("rb") as file:
        first.write_bytes(file.read(20_000))
    with serving(data_dir) as server:
        client = server.client()
        client.wait_searchable(client.add(first))
        client.search("request")
        time.sleep(SETTLE_S)
        before = Peaks()
        before.take(psutil.Process(server.process.pid), since_start=False)
        began = time.perf_counter()
        source = client.add(folder)
        peaks = Peaks()
        with peaks.sampled(psutil.Process(server.process.pid)):
            client.wait_searchable(source)
            took = time.perf_counter() - began
            wait_quiet(server)  # segments are merged when everything is searchable already
        state = client.call("GET", f"/api/workspaces/home/sources/{source}/")["counts"]
    path.unlink()
    yield Figure(f"{name}: searchable", took, "s", note=", ".join(f"{n} {what}" for what, n in state.items()))
    for role in sorted(peaks.resident):
        base, peak = before.resident.get(role, 0.0), peaks.resident[role]
        told = f"{base:.0f} -> {peak:.0f} resident, {before.own.get(role, 0.0):.0f} -> {peaks.own[role]:.0f} without file pages"
        yield Figure(f"  {role} grows by", peak - base, "MB", 100, note=told)


def wait_quiet(server: Server) -> None:
    """Until no process of the server has used processor time for a while."""
    process = psutil.Process(server.process.pid)

    def used_s() -> float:
        total = 0.0
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                times = one.cpu_times()
                total += times.user + times.system
        return total

    def quiet() -> bool:
        before = used_s()
        time.sleep(QUIET_S)
        return used_s() - before < 0.1 * QUIET_S

    wait(quiet, poll_s=0)


if __name__ == "__main__":
    show(measure())
