"""`ibidem COMMAND`: options common to all, and errors as one line with the next step and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ibidem import __version__
from ibidem.errors import IbidemError
from ibidem.settings import Settings, load

EXIT_CODES = {
    "bad_input": 2,
    "too_large": 2,
    "model_unknown": 2,
    "data_dir_in_use": 3,
    "not_found": 4,
    "unknown_workspace": 4,
    "model_unreachable": 5,
    "model_timeout": 5,
}

app = typer.Typer(
    name="ibidem",
    help="A private assistant over your own documents and code: every claim footnoted to its source.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="Where everything is kept. [env: IBIDEM_DATA_DIR]", show_default=False, readable=False
    ),
]
WorkspaceOption = Annotated[str, typer.Option("--workspace", "-w", help="The workspace's slug.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def settings(data_dir: Path | None) -> Settings:
    """As the command is to have them; in offline mode the process is kept to this machine from here on."""
    loaded = load(data_dir)
    if loaded.models.offline:
        from ibidem.models.outbound import Outbound

        Outbound(offline=True).watch()
    return loaded


def fail(error: IbidemError) -> int:
    """One line for what went wrong, one for what to do; the exit code."""
    print(f"error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)
    return EXIT_CODES.get(error.code, 1)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ibidem {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def main() -> None:
    """Entry point: commands register themselves on import."""
    from ibidem.cli import (  # noqa: F401
        add,
        ask,
        connect,
        evaluate,
        fit,
        index,
        jobs,
        mcp,
        models,
        search,
        serve,
        status,
        users,
    )

    try:
        app()
    except IbidemError as error:
        sys.exit(fail(error))
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
