"""`ibidem status` and `ibidem doctor`: what there is, and what is wrong."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from ibidem import __version__
from ibidem.cli.main import DataDirOption, JsonOption, app, settings
from ibidem.errors import StoreError
from ibidem.settings import Settings, exposed_key

if TYPE_CHECKING:
    from ibidem.types import Role


@app.command()
def status(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """Workspaces, sources and documents by state. Reads only; needs no server."""
    found = overview(settings(data_dir))
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"data:   {found['data_dir']}")
    print(f"server: {found['server'] or 'not running'}")
    for workspace in found["workspaces"]:
        print(f"\n{workspace['slug']}  ({workspace['name']})  {_counts(workspace['counts'])}")
        if vectors := workspace["vectors"]:
            print(f"  vectors of {vectors['embedder']}: {vectors['embedded']} of {vectors['chunks']} chunks")
            if failed := vectors["failure"]:
                print(f"    {failed['message']}; {failed['hint']}")
        for source in workspace["sources"]:
            watched = "watched" if source["watch"] else "not watched"
            print(f"  {source['path']}  {source['state']}, {watched}: {_counts(source['counts'])}")
            if source["reason"]:
                print(f"    {source['reason']}")


def overview(loaded: Settings) -> dict[str, Any]:
    from ibidem.models.families import stored_name
    from ibidem.store.database import Database
    from ibidem.store.datadir import DataDir
    from ibidem.store.documents import count_by_state, source_progress
    from ibidem.store.vectors import count_embedded, failure
    from ibidem.store.workspaces import LOCAL_OWNER, Workspace, list_sources, list_workspaces

    embedder = loaded.models.embedder

    def vectors(workspace: Workspace) -> dict[str, Any] | None:
        if not embedder:
            return None
        stored = stored_name(embedder, loaded.models)
        embedded, chunks = count_embedded(db, workspace.owner, stored, workspace=workspace.id)
        return {
            "embedder": embedder,
            "embedded": embedded,
            "chunks": chunks,
            "failure": failure(db, embedder),
        }

    data = DataDir(loaded.data_dir)
    server = data.server()
    found: dict[str, Any] = {"data_dir": str(data.root), "server": server.address if server else None, "workspaces": []}
    if not data.database.exists():
        return found
    db = Database(data.database, read_only=True)
    try:
        for workspace in list_workspaces(db, LOCAL_OWNER):
            found["workspaces"].append(
                {
                    "slug": workspace.slug,
                    "name": workspace.name,
                    "documents": workspace.documents,
                    "counts": count_by_state(db, workspace.owner, workspace=workspace.id),
                    "vectors": vectors(workspace),
                    "sources": [source_progress(db, source) for source in list_sources(db, workspace)],
                }
            )
    finally:
        db.close()
    return found


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "no documents"


@app.command()
def doctor(data_dir: DataDirOption = None) -> None:
    """Check the machine, the data directory, the store, the index and the models; list what may leave this machine."""
    loaded = settings(data_dir)
    wrong = 0
    for name, fine, said in checks(loaded):
        wrong += fine is False
        print(f"{'ok  ' if fine else 'note' if fine is None else 'BAD '}  {name}: {said}")
    print("\nwhat may leave this machine:")
    for line in outbound(loaded):
        print(f"  {line}")
    if wrong:
        raise typer.Exit(1)


def checks(loaded: Settings) -> Iterator[tuple[str, bool | None, str]]:
    """(what, fine or None for a note, what was seen)."""
    from ibidem.store.datadir import DataDir
    from ibidem.store.disk import LOW_DISK_BYTES, free_bytes

    yield "version", True, f"ibidem {__version__}, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    data = DataDir(loaded.data_dir)
    if not data.database.exists():
        yield "data directory", None, f"{data.root} holds no store yet; `ibidem add FOLDER` makes one"
    else:
        mode = data.root.stat().st_mode & 0o777
        yield "data directory", mode & 0o077 == 0, f"{data.root}, mode {mode:o}"
        free = free_bytes(data.root)
        yield "disk", free > LOW_DISK_BYTES, f"{free / 1e9:.1f} GB free"
        server = data.server()
        yield "server", True if server else None, server.address if server else "not running"
        yield from _store_checks(data)
        if loaded.models.embedder:
            yield _embedder_check(data, loaded.models.embedder)
    if exposed := exposed_key(loaded):
        yield "key", False, exposed
    yield _korean_check(loaded)
    yield from _model_checks(loaded)


def _store_checks(data: Any) -> Iterator[tuple[str, bool | None, str]]:
    from ibidem.index.indexes import Indexes
    from ibidem.store.database import Database
    from ibidem.store.workspaces import all_sources

    db = Database(data.database, read_only=True)
    try:
        found = db.read_one("PRAGMA quick_check(1)")
        yield (
            "store",
            bool(found and found[0] == "ok"),
            f"{data.database.stat().st_size / 1e6:.1f} MB, {found[0] if found else 'no answer'}",
        )
        behind = Indexes(data.index, db, None).behind()
        yield "index", None if behind else True, "catching up" if behind else "has every change"
        for source in all_sources(db):
            there = os.path.exists(source.root)
            yield f"source {source.path}", there, source.state if there else "is not there; its documents are kept"
    except StoreError as error:
        yield "store", False, f"{error.message}; restore the newest file from {data.backups}"
    finally:
        db.close()


def _korean_check(loaded: Settings) -> tuple[str, bool | None, str]:
    from ibidem.errors import ChildFailed
    from ibidem.index import korean
    from ibidem.ingest.children import Children

    if loaded.index.korean == "bigrams":
        return "Korean", True, "bigrams, as set"
    child = Children(1, memory_bytes=0, timeout_s=loaded.ingest.batch_timeout_s)
    try:
        list(child.call("ibidem.index.korean:query", {"question": "한국어"}))
    except ChildFailed as error:
        return "Korean", None, f"bigrams only: {error.message}"
    finally:
        child.close()
    return "Korean", True, f"bigrams, then morphemes by {korean.made_by()}"


def _embedder_check(data: Any, name: str) -> tuple[str, bool | None, str]:
    from ibidem.store.database import Database
    from ibidem.store.vectors import failure

    db = Database(data.database, read_only=True)
    try:
        failed = failure(db, name)
    finally:
        db.close()
    said = f"{failed['message']}; {failed['hint']}" if failed else "no failure noted"
    return f"embedder {name}", failed is None, said


def _model_checks(loaded: Settings) -> Iterator[tuple[str, bool | None, str]]:
    """The GGUF files that the settings name, and what both servers offer now."""
    import asyncio

    from ibidem.models.found import servers

    models = loaded.models
    yield "default model", True, models.default
    named: tuple[tuple[str, Role], ...] = (
        (models.default, "chat"),
        (models.embedder, "embed"),
        (models.reranker, "rerank"),
    )
    for name, role in named:
        if name.startswith("llama:"):
            yield _file_check(name, role, loaded)
    asked, offered = asyncio.run(servers(models))
    for server in asked:
        if not server.reachable:
            yield f"model {server.provider}", None, server.detail
        elif not any(one.provider == server.provider for one in offered):
            yield f"model {server.provider}", True, "answers, but has no model yet"
    for one in offered:
        yield f"model {one.name}", True, one.detail or "reachable"


def _file_check(name: str, role: Role, loaded: Settings) -> tuple[str, bool | None, str]:
    from ibidem.errors import ModelError, ModelTooLarge
    from ibidem.hardware.load import plan_file
    from ibidem.hardware.predict import Beside
    from ibidem.models.catalog import model_file
    from ibidem.store.datadir import DataDir

    try:
        path = model_file(name.removeprefix("llama:"), DataDir(loaded.data_dir).models)
        plan = plan_file(path, role, loaded.models, loaded.data_dir, Beside())
    except ModelError as error:  # memory may be short because it is loaded
        return f"model {name}", None if isinstance(error, ModelTooLarge) else False, f"{error.message}; {error.hint}"
    context = plan.context_tokens // plan.slots
    return f"model {name}", True, f"{plan.needs_bytes / 1e9:.1f} GB of memory, {context:,} tokens of context"


def outbound(loaded: Settings) -> list[str]:
    """Every address that Ibidem may speak to, and what for."""
    from ibidem.tasks.outbound import SENT, targets

    lines = []
    for target in targets(loaded.models):
        allowed = target.here or not loaded.models.offline
        sent = "; ".join(SENT[use].format(provider=target.provider) for use in target.uses)
        lines.append(f"{target.address}  ({sent if allowed else 'forbidden: offline mode is on'})")
    return lines
