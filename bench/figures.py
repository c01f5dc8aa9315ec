"""A measured value beside its goal -> one printed line; a run's lines -> a section of LOG.md."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LOG = Path(__file__).with_name("LOG.md")
NAME_WIDTH = 52


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` None: there is none, the value is printed for what it explains."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False  # the goal is a lower bound
    note: str = ""

    @property
    def reached(self) -> bool:
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def __str__(self) -> str:
        line = f"{self.name:<{NAME_WIDTH}} {_number(self.value):>9} {self.unit:<7}"
        if self.goal is not None:
            bound = ">=" if self.at_least else "<="
            goal = f"goal {bound} {_number(self.goal)} {self.unit}"
            line += f" {goal:<18} {'ok' if self.reached else 'SHORT'}"
        return f"{line}   {self.note}".rstrip() if self.note else line.rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def show(figures: Iterable[Figure]) -> list[Figure]:
    """Print each as soon as it is measured."""
    shown = []
    for figure in figures:
        print(figure, flush=True)
        shown.append(figure)
    return shown


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of all do not exceed (nearest rank). Raises ValueError for no values."""
    if not values:
        raise ValueError("no values: nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(percent) // 100) - 1)]


def spread(name: str, values_ms: Sequence[float], goal_ms: float | None = None, note: str = "") -> Iterator[Figure]:
    """A latency as its p95, with p50, the greatest and the number of samples beside it."""
    told = f"p50 {percentile(values_ms, 50):.1f}, max {max(values_ms):.0f}, n {len(values_ms)}"
    yield Figure(f"{name}, p95", percentile(values_ms, 95), "ms", goal_ms, note=f"{told}; {note}" if note else told)


def machine() -> str:
    """Cores this process may use, CPU model, load average of the last minute."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {_cpu_model()}, load {os.getloadavg()[0]:.2f}"


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        import platform

        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")


def commit() -> str:
    """Short hash of the working tree's commit, with `+` when tracked files differ from it."""
    root = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False).stdout.strip()

    dirty = "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{git('rev-parse', '--short', 'HEAD') or 'no commit'}{dirty}"


def log(figures: Sequence[Figure], *, began: float, machine_then: str) -> None:
    """Append the run to LOG.md. `machine_then` is `machine()` as it was before the run loaded it."""
    if not LOG.exists():
        LOG.write_text("# Figures by date\n\nAppended by `python -m bench.run --log`.\n", "utf-8")
    when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(began))
    lines = "\n".join(map(str, figures))
    with LOG.open("a", encoding="utf-8") as file:
        file.write(f"\n## {when} UTC, {commit()}\n\n{machine_then}\n\n```\n{lines}\n```\n")
