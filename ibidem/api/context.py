"""/context: what an editor's question needs, for Continue's HTTP context provider. Keyless where the dialects are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from ibidem.api.access import Engine
from ibidem.api.dialects.access import client_owner
from ibidem.api.dialects.body import Body, read_body
from ibidem.api.dialects.sources import with_addresses
from ibidem.app import App
from ibidem.retrieve.cite import citation
from ibidem.store.documents import get_place
from ibidem.store.workspaces import HOME, Workspace, get_source, get_workspace, list_sources, list_workspaces
from ibidem.tasks.asking import check_question
from ibidem.types import Passage, as_json

router = APIRouter(tags=["context"])

MOST_ITEMS = 50
NO_QUERY = ("", "null")


@router.post("/context")
async def context(
    request: Request, app: Engine, owner: Annotated[int, Depends(client_owner)], workspace: str = ""
) -> list[dict[str, Any]]:
    """`{"query", "fullInput", "options", "workspacePath"}` -> items `{"name", "description", "content", "uri"}`.

    `options` may name `workspace` and `limit`, the address `?workspace=`; without either the folder that the editor has
    open tells. The words after the provider's name are searched with, or the whole message without them.
    """
    body = await read_body(request)
    return await run_in_threadpool(_items, app, owner, body, workspace, str(request.base_url))


def _items(app: App, owner: int, body: Body, workspace: str, base_url: str) -> list[dict[str, Any]]:
    query = next((text for name in ("query", "fullInput") if (text := body.text(name).strip()) not in NO_QUERY), "")
    if not query:
        return []
    check_question(query, app.settings.serve.max_question_bytes)
    options = body.inner("options")
    named = options.text("workspace") or workspace
    place = get_workspace(app.db, owner, named) if named else _opened(app, owner, body.text("workspacePath"))
    limit = options.whole("limit", 1, MOST_ITEMS) or MOST_ITEMS
    passages = app.search(query, place, judged=False).passages[:limit]
    return [_item(app, place, passage, base_url, local=place.owner == owner) for passage in passages]


def _opened(app: App, owner: int, folder: str) -> Workspace:
    """The workspace with the folder that is open in the editor, or with one around or below it; else the default one."""
    places = list_workspaces(app.db, owner)
    if folder:
        wanted = Path(os.path.realpath(folder.removeprefix("file://")))
        for place in places:
            for source in list_sources(app.db, place):
                root = Path(os.path.realpath(os.fsdecode(source.root)))
                if wanted.is_relative_to(root) or root.is_relative_to(wanted):
                    return place
    return get_workspace(app.db, owner, app.settings.dialects.workspace or HOME)


def _item(app: App, workspace: Workspace, passage: Passage, base_url: str, *, local: bool) -> dict[str, Any]:
    [shown] = with_addresses([as_json(citation(passage))], base_url)
    place = f"{passage.path}:{passage.span.start_line}-{passage.span.end_line}"
    return {
        "name": place,
        "description": passage.heading or passage.title,
        "content": f"{place}\n{passage.text.strip()}",
        "uri": (_file(app, workspace.owner, passage.document_id) if local else None)
        or {"type": "url", "value": shown["url"]},
    }


def _file(app: App, owner: int, document_id: str) -> dict[str, str] | None:
    """A file that the editor can open; None for an upload. Files of others are not told."""
    source, below = get_place(app.db, owner, document_id)
    if source is None or below is None:
        return None
    root = os.fsdecode(get_source(app.db, owner, source).root)
    path = root if os.path.isfile(root) else os.path.join(root, os.fsdecode(below))
    return {"type": "file", "value": Path(path).as_uri()}
