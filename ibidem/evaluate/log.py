"""Figures of a run -> a line of a log, and what has changed since the last line of the same task."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ibidem.errors import BadInput
from ibidem.types import rfc3339

_TIMES = ("p50_ms", "p95_ms", "indexing_s")


def last_line(log: Path, task: str) -> dict[str, Any] | None:
    """The newest line of the task; None when there is none. Raises BadInput naming the line."""
    if not log.is_file():
        return None
    found = None
    for number, line in enumerate(log.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found = row if row["task"] == task and isinstance(row["figures"], dict) else found
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{log}, line {number} is no line of a log", hint="name another file with --log") from error
    return found


def append(log: Path, report: Mapping[str, Any], *, clock: Callable[[], float] = time.time) -> dict[str, Any]:
    """Write the report's line and return it."""
    row = {
        "date": rfc3339(clock()),
        "commit": commit(),
        "task": report["task"],
        "questions": report["questions"],
        "figures": {name: round(value, 4) for name, value in report["all"].items()},
        **{name: report[name] for name in _TIMES},
    }
    with log.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    return row


def difference(now: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """`hit@5 +2.5 (85.0 -> 87.5)  p50_ms -0.4 (2.1 -> 1.7)`: figures in points, times as they are."""
    shown = [
        f"{name} {100 * (value - before['figures'][name]):+.1f}"
        f" ({100 * before['figures'][name]:.1f} -> {100 * value:.1f})"
        for name, value in now["figures"].items()
        if name in before["figures"]
    ]
    shown += [f"{name} {now[name] - before[name]:+.1f}" for name in _TIMES if name in before]
    return f"since {before['date']} ({before.get('commit') or 'no commit'}): " + "  ".join(shown)


def commit() -> str:
    """The commit of this copy of Ibidem; "" outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD"],
            capture_output=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode().strip()
