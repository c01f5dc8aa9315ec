"""All figures, one printed line each: python -m bench.run [PART ...] [--eval DIR] [--chroma] [--log].

A figure that falls short is told, not failed: the exit code is 0 once everything was measured.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import (
    chroma,
    citations,
    complete,
    dialects,
    engine,
    errands,
    figures,
    fit,
    ingest,
    load,
    memory,
    page,
    query,
    search,
    sessions,
)
from bench.figures import Figure

Part = Callable[[], Iterator[Figure]]

# what bench/quotes.py prints of one kind of question
_TALLY = re.compile(
    r"^  (?P<name>\S.*?)\s+(?P<asked>\d+) asked, declined +(?P<declined>[\d.]+)%(?P<rest>.*)$", re.MULTILINE
)
_TOLD = re.compile(r"answer in the first two sentences (?P<told>[\d.]+)%")
_OTHER = "other documents"
_OTHER_LANGUAGE = ("xling", "ko-en")  # Korean questions over English documents: `quotes` has no common words to go by


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "part",
        nargs="*",
        help="ingest, load, search, query, sessions, citations, complete, dialects, memory, fit, engine, page, errands, quotes, chroma; all of them without",
    )
    parser.add_argument("--eval", type=Path, metavar="DIR", help="evaluation sets: adds the quality of quotes")
    parser.add_argument("--chroma", action="store_true", help="adds the comparison; installs chromadb in a temp folder")
    parser.add_argument(
        "--large", action="store_true", help="adds a 7B model on 8 GB to `engine`; makes a file of 4.7 GB"
    )
    parser.add_argument("--log", action="store_true", help="append the figures to bench/LOG.md")
    wanted = parser.parse_args()
    began, machine = time.time(), figures.machine()
    print(f"{figures.commit()}; {machine}\n")
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        parts: dict[str, Part] = {
            "ingest": ingest.measure,
            "load": lambda: load.measure(Path(work)),
            "search": lambda: search.measure(Path(work)),  # over what load has added
            "query": query.measure,
            "sessions": sessions.measure,
            "citations": citations.measure,
            "complete": lambda: complete.measure(Path(work), wanted.eval),
            "dialects": lambda: dialects.measure(Path(work)),
            "memory": memory.measure,
        }
        if fit.available():
            parts["fit"] = lambda: fit.measure(Path(work))
            parts["engine"] = lambda: engine.measure(Path(work), large=wanted.large)
        if page.available():
            parts["page"] = page.measure
            parts["errands"] = errands.measure
        if wanted.eval:
            parts["quotes"] = lambda: quotes(wanted.eval)
        if wanted.chroma:
            parts["chroma"] = chroma.measure
        if unknown := set(wanted.part) - set(parts):
            parser.error(
                f"unknown part {min(unknown)!r}; known: {', '.join(parts)} (quotes needs --eval, chroma --chroma, fit and engine gguf and xllamacpp, page and errands Chromium and the built page)"
            )
        measured = []
        for name, part in parts.items():
            if not wanted.part or name in wanted.part:
                print(f"--- {name}", flush=True)
                measured += figures.show(part())
    short = sum(not figure.reached for figure in measured)
    print(
        f"\n{time.time() - began:.0f} s; {short} short of their goal"
        if short
        else f"\n{time.time() - began:.0f} s; all reached"
    )
    if wanted.log:
        figures.log(measured, began=began, machine_then=machine)


def quotes(folder: Path) -> Iterator[Figure]:
    """The table of bench/quotes.py, which is printed whole, and the goals' share of it.

    Left out of the goals: questions in another language than their documents, which no word joins.
    """
    program = Path(__file__).with_name("quotes.py")
    words = [sys.executable, str(program), str(folder)]
    table = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(table, flush=True)
    own, _, other = table.partition(_OTHER)
    yield from _quoted(own)
    for task in ("docs_en", "docs_ko"):
        rows = [row for row in _TALLY.finditer(other) if _is_in(row, task)]
        for name, some in (
            ("other groups' documents", [row for row in rows if "rest of its own" not in row["name"]]),
            ("the rest of its own", [row for row in rows if "rest of its own" in row["name"]]),
        ):
            goal = 90.0 if name == "other groups' documents" else None
            worst = min(some, key=lambda row: float(row["declined"]))
            note = f"the lowest: {' '.join(worst['name'].split())} {worst['declined']} %"
            yield Figure(f"quotes: {task} declined over {name}", _share(some), "%", goal, at_least=True, note=note)


def _quoted(own: str) -> Iterator[Figure]:
    for task in ("docs_en", "docs_ko"):
        rows = [row for row in _TALLY.finditer(own) if _is_in(row, task)]
        told = [(row, found) for row in rows if (found := _TOLD.search(row["rest"]))]
        if not told:
            raise ValueError("bench/quotes.py prints another table than this reads")
        for row, found in told:
            name = " ".join(row["name"].split())
            yield Figure(f"quotes: {name} answer in two sentences", float(found["told"]), "%", 70, at_least=True)
        answered = [row for row, _ in told]
        yield Figure(
            f"quotes: {task} real questions declined", _share(answered), "%", 5, note=f"{_asked(answered)} asked"
        )


def _is_in(row: re.Match[str], task: str) -> bool:
    name = row["name"]
    return name.startswith(task) and not any(word in name.split(" over ")[0] for word in _OTHER_LANGUAGE)


def _asked(rows: list[re.Match[str]]) -> int:
    return sum(int(row["asked"]) for row in rows)


def _share(rows: list[re.Match[str]]) -> float:
    """Per cent declined of all that were asked."""
    return sum(float(row["declined"]) * int(row["asked"]) for row in rows) / _asked(rows)


if __name__ == "__main__":
    main()
