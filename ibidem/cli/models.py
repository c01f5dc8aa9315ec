"""`ibidem models`: what can be asked, fetch a model, test one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.client import find
from ibidem.cli.main import DataDirOption, JsonOption, app, settings
from ibidem.errors import BadInput
from ibidem.settings import Settings
from ibidem.store.datadir import DataDir

if TYPE_CHECKING:
    from ibidem.tasks.wanted import Wanted  # time that no other command waits for

MB, GB = 1e6, 1e9
USE = "ibidem models [list | pull NAME | test NAME]"
LINE_SHARE = 0.05  # of a download, for a line where no terminal is
EMBEDDING = {"embed": "embedder", "rerank": "reranker"}

OnStage = Callable[[str, int, int], None]  # what is done, bytes that are here, bytes in all (0: not told)


@app.command()
def models(
    action: Annotated[str, typer.Argument(help="list, pull or test.")] = "list",
    name: Annotated[
        str,
        typer.Argument(
            help="To pull: a name of the table, NAME:QUANTISATION, an https address or ollama:NAME. "
            "To test: provider:name.",
            show_default=False,
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="pull: the licence is agreed to; do not ask.")] = False,
    sha256: Annotated[str, typer.Option(help="pull: the hash that the file must have.", show_default=False)] = "",
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """List the models that can be asked, fetch one, or measure how fast one is on this machine."""
    loaded = settings(data_dir)
    match action, bool(name):
        case "list", False:
            found = _listed(loaded)
            print(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(_lines(found)))
        case "pull", True:
            fetched = _pulled(name, loaded, yes=yes, sha256=sha256)
            print(json.dumps(fetched, ensure_ascii=False) if as_json else "\n".join(_told(fetched)))
        case "test", True:
            measured = _tested(name, loaded)
            print(json.dumps(measured, ensure_ascii=False) if as_json else "\n".join(_figures(measured)))
        case _:
            raise BadInput(f"unknown use: models {action} {name}".rstrip(), hint=USE)


# --- list ----------------------------------------------------------------------------------------------------------------


def _listed(loaded: Settings) -> dict[str, Any]:
    if client := find(loaded.data_dir):
        found: dict[str, Any] = client.call("GET", "/api/models/")
        return found
    import asyncio

    from ibidem.tasks.models import list_models

    return asyncio.run(list_models(loaded.models, DataDir(loaded.data_dir).models))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    width = max(len(one["name"]) for one in found["items"])
    yield f"{'model':<{width}}  {'GB':>7}  {'context':>8}"
    for one in found["items"]:
        size = f"{one['size_bytes'] / GB:.2f}" if one["size_bytes"] else ""
        context = f"{one['context_tokens']:,}" if one["context_tokens"] else ""
        yield f"{one['name']:<{width}}  {size:>7}  {context:>8}  {one['detail']}{', loaded' if one['loaded'] else ''}".rstrip()
    for server in found["servers"]:
        if not server["reachable"]:
            yield f"\n{server['provider']}: {server['detail']}"
    yield "\n`ibidem ask --model NAME` asks one; `ibidem fit` says which to get, `ibidem models pull NAME` fetches it"


# --- pull ----------------------------------------------------------------------------------------------------------------


def _pulled(name: str, loaded: Settings, *, yes: bool, sha256: str) -> dict[str, Any]:
    if name.startswith("ollama:"):
        from ibidem.models.ollama_pull import ollama_pull

        if sha256:
            raise BadInput("Ollama checks its own hashes", hint="leave --sha256 out")
        with _progress(name) as show:
            ollama_pull(name.removeprefix("ollama:"), loaded.models, on_progress=show)
        return {"model": name, "role": "chat", "files": []}
    from ibidem.models.origin import parts
    from ibidem.tasks.wanted import find_wanted

    wanted = find_wanted(name)
    addresses = parts(wanted.address)
    if sha256 and len(addresses) > 1:
        raise BadInput(f"{name} is {len(addresses)} files, and --sha256 one hash", hint="leave --sha256 out")
    folder = DataDir(loaded.data_dir).models
    _agree(wanted, addresses, folder, yes=yes)
    DataDir(loaded.data_dir).prepare()
    files = [asdict(_fetched(address, folder, sha256)) for address in addresses]
    stem = Path(files[0]["path"]).stem
    return {
        "model": f"llama:{stem}",
        "role": wanted.role,
        "files": [{**one, "path": str(one["path"])} for one in files],
    }


def _agree(wanted: Wanted, addresses: list[str], folder: Path, *, yes: bool) -> None:
    """Show what is fetched under which licence, and ask, unless it was begun or fetched before. Raises BadInput."""
    from ibidem.models.origin import file_name, shown

    size = f", {wanted.size_gb:g} GB" if wanted.size_gb else ""
    print(f"{wanted.title}{size}\nlicence: {wanted.licence}\nfrom:    {shown(wanted.address)}", file=sys.stderr)
    first = folder / file_name(addresses[0])
    if yes or first.exists() or first.with_name(f"{first.name}.part").exists():
        return
    if not sys.stdin.isatty():
        raise BadInput("the licence was not agreed to", hint="read it, and run the same command with --yes")
    if not typer.confirm("Fetch it under this licence?", err=True):
        raise typer.Exit(1)


def _fetched(address: str, folder: Path, sha256: str) -> Any:
    from ibidem.models.origin import file_name
    from ibidem.models.pull import pull

    name = file_name(address)
    part = folder / f"{name}.part"
    if part.exists() and (size := part.stat().st_size):
        print(f"going on after {size / GB:.2f} GB, which are read once for their hash", file=sys.stderr)
    try:
        with _progress(name) as show:
            return pull(address, folder, sha256=sha256, on_progress=lambda have, size: show("", have, size))
    except KeyboardInterrupt:
        print(f"stopped; what has come is kept in {part}: the same command goes on", file=sys.stderr)
        raise


def _told(fetched: dict[str, Any]) -> Iterator[str]:
    for one in fetched["files"]:
        agreed = "as promised" if one["verified"] else "nobody states another to compare it with"
        yield f"{one['path']}\n  {one['size_bytes'] / GB:.2f} GB, SHA-256 {one['sha256']} ({agreed})"
    if use := EMBEDDING.get(fetched["role"]):
        yield f'use it: {use} = "{fetched["model"]}" under [models] in ibidem.toml'
    else:
        yield f'use it: ibidem ask --model "{fetched["model"]}" QUESTION; `ibidem models test` measures it'


@contextmanager
def _progress(title: str) -> Iterator[OnStage]:
    """A bar on a terminal, a line at each twentieth elsewhere."""
    if not sys.stderr.isatty():
        yield _by_lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda stage, have, size: bar.update(task, description=stage or title, completed=have, total=size or None)


def _by_lines(title: str) -> OnStage:
    told_stage, told_share = "", -1.0

    def show(stage: str, have: int, size: int) -> None:
        nonlocal told_stage, told_share
        share = have / size if size else 0.0
        if stage == told_stage and share < told_share + LINE_SHARE:
            return
        told_stage, told_share = stage, share
        unit, name = (GB, "GB") if max(have, size) >= GB else (MB, "MB")
        of = f" of {size / unit:.2f}" if size else ""
        print(f"{title}: {f'{stage}, ' if stage else ''}{have / unit:.2f}{of} {name}", file=sys.stderr, flush=True)

    return show


# --- test ----------------------------------------------------------------------------------------------------------------


def _tested(name: str, loaded: Settings) -> dict[str, Any]:
    from ibidem.cli.engine import build_alone, whole_name

    if client := find(loaded.data_dir):
        measured: dict[str, Any] = client.call("POST", "/api/models/test/", {"model": whole_name(name)})
        return measured
    engine = build_alone(loaded)
    import asyncio

    from ibidem.tasks.models import try_model

    async def measure() -> dict[str, Any]:
        model = engine.open_model(name)
        try:
            return await try_model(model, engine.engines, engine.data.root, loaded.models)
        finally:
            await model.close()
            await asyncio.to_thread(engine.engines.close)  # an interrupt does not wait for a model to load

    try:
        return asyncio.run(measure())
    finally:
        engine.close()


def _figures(measured: dict[str, Any]) -> Iterator[str]:
    yield f"{measured['model']} says: {measured['said'][:200] or '(nothing)'}"
    yield f"  first word, loading included     {measured['load_s']:8.2f} s"
    yield f"  first word after {measured['prompt_tokens']:>5} tokens      {measured['first_token_s']:8.2f} s"
    if measured["prompt_tokens_s"]:
        yield f"  reads                            {measured['prompt_tokens_s']:8.1f} tokens/s"
    if measured["written_tokens_s"]:
        yield f"  writes                           {measured['written_tokens_s']:8.1f} tokens/s"
    else:
        yield f"  it stopped after {measured['written_tokens']} tokens: too few to tell how fast it writes"
    if measured["memory_bytes"]:
        yield f"  memory of its process            {measured['memory_bytes'] / GB:8.2f} GB"
    if measured["calibrated"]:
        yield "  kept: `ibidem fit` predicts models of like size from it"
