"""/api/workspaces/ and the sources in them."""

from __future__ import annotations

import shutil
import time
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Owner
from ibidem.app import App
from ibidem.errors import NotFound
from ibidem.store.documents import count_by_state, source_progress
from ibidem.store.removal import delete_workspace, remove_source
from ibidem.store.workspaces import (
    Source,
    Workspace,
    create_workspace,
    get_source,
    get_workspace,
    list_sources,
    list_workspaces,
    rename_workspace,
)

router = APIRouter(prefix="/api/workspaces", tags=["workspaces"])


class Name(BaseModel):
    name: str = Field(max_length=1000)


class NewSource(BaseModel):
    path: str = Field(min_length=1, max_length=4096, description="absolute path of a folder or file on this machine")
    watch: bool = True


def shown(app: App, workspace: Workspace) -> dict[str, Any]:
    return {
        "slug": workspace.slug,
        "name": workspace.name,
        "documents": workspace.documents,
        "counts": count_by_state(app.db, workspace.owner, workspace=workspace.id),
        "shared_with": [],
    }


def shown_source(app: App, source: Source, *, job: str | None = None) -> dict[str, Any]:
    """A source with its documents counted by state: it is searchable in full when none waits any more."""
    return {**source_progress(app.db, source), "job": job}


@router.get("/")
def workspaces(app: Engine, owner: Owner) -> dict[str, Any]:
    return {"items": [shown(app, workspace) for workspace in list_workspaces(app.db, owner)], "next": None}


@router.post("/", status_code=201)
def create(body: Name, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(app, create_workspace(app.db, owner, body.name, time.time()))


@router.get("/{slug}/")
def get(slug: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(app, get_workspace(app.db, owner, slug))


@router.put("/{slug}/")
def rename(slug: str, body: Name, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(app, rename_workspace(app.db, get_workspace(app.db, owner, slug), body.name))


@router.delete("/{slug}/", status_code=204)
def delete(slug: str, request: Request, app: Engine, owner: Owner) -> None:
    workspace = get_workspace(app.db, owner, slug)
    delete_workspace(app.db, workspace)
    app.indexes.forget(workspace.id)
    app.vectors.forget(workspace.id)
    shutil.rmtree(app.data.index / str(workspace.id), ignore_errors=True)
    app.watch_again()


@router.get("/{slug}/sources/")
def sources(slug: str, app: Engine, owner: Owner) -> dict[str, Any]:
    found = list_sources(app.db, get_workspace(app.db, owner, slug))
    return {"items": [shown_source(app, source) for source in found], "next": None}


@router.post("/{slug}/sources/", status_code=201)
def add_source(slug: str, body: NewSource, app: Engine, owner: Owner) -> dict[str, Any]:
    """Take a folder in. The answer comes at once; the source's `state` and `counts` tell how far reading is."""
    source, job = app.add_source(get_workspace(app.db, owner, slug), body.path, watch=body.watch)
    app.watch_again()
    return shown_source(app, source, job=job)


@router.get("/{slug}/sources/{source_id}/")
def source(slug: str, source_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown_source(app, _source(app, owner, slug, source_id))


@router.delete("/{slug}/sources/{source_id}/", status_code=204)
def delete_source(slug: str, source_id: str, app: Engine, owner: Owner) -> None:
    """The folder itself is not touched; its documents leave the workspace."""
    remove_source(app.db, _source(app, owner, slug, source_id))
    app.upkeep.index_changed()
    app.watch_again()


@router.post("/{slug}/index/rebuild/", status_code=202)
def rebuild(slug: str, app: Engine, owner: Owner) -> dict[str, str]:
    """Build the index anew beside the present one. The job tells when it is done."""
    return {"job": app.queue_rebuild(get_workspace(app.db, owner, slug))}


def _source(app: App, owner: int, slug: str, source_id: str) -> Source:
    found = get_source(app.db, owner, source_id)
    if found.workspace != get_workspace(app.db, owner, slug).id:
        raise NotFound(f"no source {source_id!r} in {slug!r}", hint="list them with GET sources/")
    return found
