"""A report <-> a row of a Markdown table, in a log that people write in as well; and what changed since the last row."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import BadInput
from ibidem.evaluate.report import Report, change

_HEAD = """\
## Runs of `ibidem evaluate`

| date, UTC | commit | task | questions | figures, the main one first | p50 / p95 ms | indexed s |
|---|---|---|---:|---|---:|---:|
"""
_ROW = re.compile(
    r"\| (?P<date>\d{4}-\d\d-\d\d \d\d:\d\d) \| (?P<commit>[^|]*) \| (?P<task>[^|]+) \| \d+ \| (?P<figures>[^|]+)"
    r" \| [\d.]+ / [\d.]+ \| [\d.]+ \|"
)
_FIGURE = re.compile(r"(\S+@\S+) (\d+\.\d)")


@dataclass(frozen=True, slots=True)
class Logged:
    """A row of the log. Figures are 0 to 1, to the tenth of a per cent."""

    date: str
    commit: str
    task: str
    figures: dict[str, float]


def last_row(log: Path, task: str) -> Logged | None:
    """The newest row of the task; None when there is none. Raises BadInput for a file that is no Markdown."""
    rows = [found for line in _lines(log) if (found := _ROW.fullmatch(line)) and found["task"] == _cell(task)]
    if not rows:
        return None
    figures = {name: float(value) / 100 for name, value in _FIGURE.findall(rows[-1]["figures"])}
    return Logged(rows[-1]["date"], rows[-1]["commit"], task, figures)


def append(log: Path, report: Report, *, clock: Callable[[], float] = time.time) -> None:
    """Write the report's row below the others; a file without any gets the table's head first, at its end."""
    names = [report.main, *(name for name in report.figures if name != report.main)]
    row = (
        f"| {time.strftime('%Y-%m-%d %H:%M', time.gmtime(clock()))} | {commit()} | {_cell(report.task)} | {report.questions}"
        f" | {', '.join(f'{name} {100 * report.figures[name]:.1f}' for name in names)}"
        f" | {report.p50_ms} / {report.p95_ms} | {report.indexing_s} |"
    )
    lines = _lines(log)
    rows = [number for number, line in enumerate(lines) if _ROW.fullmatch(line)]
    if rows:
        lines.insert(rows[-1] + 1, row)
    else:
        lines += [*([""] if lines else []), *_HEAD.splitlines(), row]
    log.write_text("\n".join(lines) + "\n", "utf-8")


def difference(report: Report, before: Logged) -> str:
    """`since 2026-11-20 16:48 (bdbc09e): hit@5 +2.5 (85.0 -> 87.5)`, in points; figures that only one has are left out."""
    shown = [
        f"{name} {change(value, before.figures[name])} ({100 * before.figures[name]:.1f} -> {100 * value:.1f})"
        for name, value in report.figures.items()
        if name in before.figures
    ]
    return f"since {before.date} ({before.commit or 'no commit'}): " + "  ".join(shown)


def commit() -> str:
    """The commit of this copy of Ibidem, with `+` where its code differs from it; "" outside a checkout."""
    here = str(Path(__file__).parents[1])

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", "-C", here, *words], capture_output=True, text=True, timeout=10)

    try:
        if git("cat-file", "-e", "HEAD:./__init__.py").returncode:  # installed beside somebody's own repository
            return ""
        return (
            git("rev-parse", "--short", "HEAD").stdout.strip()
            + "+" * git("diff", "--quiet", "HEAD", "--", ".").returncode
        )
    except (OSError, subprocess.SubprocessError):
        return ""


def _lines(log: Path) -> list[str]:
    if log.suffix != ".md":
        raise BadInput(f"the log {log} is no Markdown", hint="name a file that ends in .md", field="log")
    try:
        return log.read_text("utf-8").splitlines() if log.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the log {log} cannot be read: {error}", hint="name another file", field="log") from error


def _cell(name: str) -> str:
    return name.replace("|", "/").strip()
