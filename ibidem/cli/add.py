"""`ibidem add`: take folders or files in, and wait until they are searchable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, WorkspaceOption, app, settings

ENDED = ("ok", "partial", "skipped", "failed")


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files.", readable=False)],
    workspace: WorkspaceOption = "home",
    no_watch: Annotated[bool, typer.Option("--no-watch", help="Take them in once; do not follow changes.")] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Take folders or files in; returns when they are searchable. The last line counts documents by state."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ibidem.cli.engine import absolute, open_engine

    engine = open_engine(settings(data_dir))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scanning", total=None, rate="")

        def show(sources: list[dict[str, Any]]) -> None:
            counts = counted(sources)
            done = sum(counts[state] for state in ENDED)
            speed = bar.tasks[0].speed
            bar.update(
                task,
                description="reading"
                if counts["queued"] or counts["reading"]
                else "indexing"
                if counts["indexing"]
                else "scanning",
                completed=done,
                total=sum(counts.values()) or None,
                rate=f"{speed:.0f} files/s" if speed else "",
            )

        sources = engine.add(
            [absolute(path) for path in paths], workspace=workspace, watch=not no_watch, on_progress=show
        )
    for source in sources:
        if source["reason"]:
            print(source["reason"])
    print(summary(sources))


def counted(sources: list[dict[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source["counts"])
    return total


def summary(sources: list[dict[str, Any]]) -> str:
    """`12 ok, 0 partial, 1 skipped, 0 failed (3 ignored)`."""
    counts = counted(sources)
    ignored = sum(source["ignored"] for source in sources)
    return ", ".join(f"{counts[state]} {state}" for state in ENDED) + (f" ({ignored} ignored)" if ignored else "")
