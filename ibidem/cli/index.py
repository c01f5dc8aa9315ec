"""`ibidem index rebuild`: make the derived index anew from the store."""

from __future__ import annotations

import typer

from ibidem.cli.main import DataDirOption, WorkspaceOption, app, settings

index = typer.Typer(help="The search index, which can always be made anew.", no_args_is_help=True)
app.add_typer(index, name="index")


@index.callback()
def common() -> None:
    """The search index, which can always be made anew."""


@index.command()
def rebuild(workspace: WorkspaceOption = "home", data_dir: DataDirOption = None) -> None:
    """Build the workspace's index anew; the present one answers until the new one is complete."""
    from ibidem.cli.engine import open_engine

    open_engine(settings(data_dir)).rebuild(workspace)
    print(f"the index of {workspace} is rebuilt")
