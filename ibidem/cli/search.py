"""`ibidem search`: hits, by the running server or straight from the files, without a lock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.client import find
from ibidem.cli.main import DataDirOption, JsonOption, WorkspaceOption, app, settings
from ibidem.cli.trace import lines
from ibidem.settings import Settings

if TYPE_CHECKING:
    from ibidem.retrieve.dense import DenseChannel
    from ibidem.store.database import Database
    from ibidem.store.datadir import DataDir


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words, names, or a question.")],
    workspace: WorkspaceOption = "home",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most hits shown.")] = 10,
    trace: Annotated[bool, typer.Option("--trace", help="Show how the hits came about.")] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Find passages."""
    loaded = settings(data_dir)
    client = find(loaded.data_dir)
    if client:
        body = {"query": query, "workspace": workspace, "limit": limit, "trace": trace}
        found = client.call("POST", "/api/search/", body)
    else:
        found = search_files(loaded, query, workspace, limit, trace)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    _show(found["hits"])
    if trace:
        print("\n" + "\n".join(lines(found["trace"])))


def search_files(loaded: Settings, query: str, workspace: str, limit: int, trace: bool) -> dict[str, Any]:
    """Without a server: the store and the index are read where they lie."""
    from ibidem.index.indexes import Indexes
    from ibidem.retrieve.retrieve import retrieve
    from ibidem.store.database import Database
    from ibidem.store.datadir import DataDir
    from ibidem.store.workspaces import LOCAL_OWNER, get_workspace
    from ibidem.tasks.asking import check_question
    from ibidem.types import as_json

    check_question(query, loaded.serve.max_question_bytes)
    data = DataDir(loaded.data_dir)
    data.need_store()
    db = Database(data.database, read_only=True)
    try:
        place = get_workspace(db, LOCAL_OWNER, workspace)
        indexes = Indexes(data.index, db, None)
        dense = _dense(loaded, data, db)
        context = retrieve(
            query, place, indexes=indexes, db=db, settings=loaded.retrieve, hits=limit, dense=dense, judged=False
        )
    finally:
        db.close()
    found: dict[str, Any] = {
        "hits": [as_json(hit) for hit in context.hits(limit)],
        "timings": {"search_ms": context.search_ms},
    }
    return {**found, "trace": context.trace} if trace else found


def _dense(loaded: Settings, data: DataDir, db: Database) -> DenseChannel | None:
    if not loaded.models.embedder:
        return None
    from ibidem.index.vectors import Vectors
    from ibidem.models.catalog import open_embedder
    from ibidem.retrieve.dense import DenseChannel
    from ibidem.retrieve.timed import Timed

    return DenseChannel(
        Vectors(data.index, db, None),
        lambda name: open_embedder(name, loaded.models),
        Timed(),
        budget_ms=loaded.retrieve.dense_ms,
    )


def _show(hits: list[dict[str, Any]]) -> None:
    from ibidem.cli.ask import place

    if not hits:
        print("nothing found")
    for number, hit in enumerate(hits, 1):
        print(f"{number}. {place(hit)}  {hit['heading']}".rstrip())
        for line in [line for line in hit["text"].splitlines() if line.strip()][:3]:
            print(f"     {line[:150]}")
