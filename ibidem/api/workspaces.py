"""/api/workspaces/: one's own and those shared with one, whom they are shared with, and the sources in them."""

from __future__ import annotations

import shutil
import time
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Gate, Owner, Principal, Signed
from ibidem.api.shapes import ShownSource, ShownWorkspace, SourceList, With, WorkspaceList
from ibidem.api.shares import cut
from ibidem.app import App
from ibidem.errors import BadInput, Forbidden, NotFound
from ibidem.store.documents import count_by_state, source_progress
from ibidem.store.removal import delete_workspace, remove_source
from ibidem.store.sharing import ShareAccess, set_shares, shares_of
from ibidem.store.uploads import uploads_in
from ibidem.store.users import user_named
from ibidem.store.workspaces import (
    Source,
    Workspace,
    WorkspaceAccess,
    create_workspace,
    get_source,
    get_workspace,
    list_sources,
    list_workspaces,
    rename_workspace,
)
from ibidem.tasks.reading import upload_path

router = APIRouter(prefix="/api/workspaces", tags=["workspaces"])

MAX_SHARES = 100


class Name(BaseModel):
    name: str = Field(max_length=1000)


class Change(BaseModel):
    name: str | None = Field(None, max_length=1000)
    shared_with: Annotated[
        list[With] | None, Field(max_length=MAX_SHARES, description="everybody it is shared with")
    ] = None


class NewSource(BaseModel):
    path: str = Field(min_length=1, max_length=4096, description="absolute path of a folder or file on this machine")
    watch: bool = True


def shown(app: App, workspace: Workspace) -> ShownWorkspace:
    """Whom it is shared with is its owner's to know."""
    shares = shares_of(app.db, workspace) if workspace.access == "own" else []
    stuck = app.indexes.stuck(workspace.id)
    return ShownWorkspace.model_validate(
        {
            "slug": workspace.slug,
            "name": workspace.name,
            "access": workspace.access,
            "documents": workspace.documents,
            "counts": count_by_state(app.db, workspace.owner, workspace=workspace.id),
            "index_failure": stuck and stuck.as_dict(),
            "shared_with": [{"username": share.user_name, "access": share.access} for share in shares],
        }
    )


def shown_source(app: App, source: Source, *, job: str | None = None) -> ShownSource:
    """A source with its documents counted by state: it is searchable in full when none waits any more."""
    return ShownSource(**source_progress(app.db, source), job=job)


@router.get("/", response_model=WorkspaceList)
def workspaces(app: Engine, user: Owner) -> WorkspaceList:
    return WorkspaceList(items=[shown(app, workspace) for workspace in list_workspaces(app.db, user)], next=None)


@router.post("/", status_code=201, response_model=ShownWorkspace)
def create(body: Name, app: Engine, user: Owner) -> ShownWorkspace:
    return shown(app, create_workspace(app.db, user, body.name, time.time()))


@router.get("/{slug}/", response_model=ShownWorkspace)
def get(slug: str, app: Engine, user: Owner) -> ShownWorkspace:
    return shown(app, get_workspace(app.db, user, slug))


@router.put("/{slug}/", response_model=ShownWorkspace)
def change(slug: str, body: Change, app: Engine, access: Gate, who: Signed) -> ShownWorkspace:
    """Rename it, or say whom it is shared with; who is not named any more loses it at once."""
    if body.name is None and body.shared_with is None:
        raise BadInput("nothing is to be changed", hint="send a `name` or `shared_with`", field="name")
    workspace = get_workspace(app.db, who.user, slug, need="own")
    wanted = None if body.shared_with is None else _wanted(app, who, body.shared_with)
    if body.name is not None:
        workspace = rename_workspace(app.db, workspace, body.name)
    if wanted is not None:
        for share in set_shares(app.db, workspace, wanted, time.time()):
            cut(app, access, share)
    return shown(app, workspace)


@router.delete("/{slug}/", status_code=204)
def delete(slug: str, app: Engine, access: Gate, user: Owner) -> None:
    workspace = get_workspace(app.db, user, slug, need="own")
    shares = shares_of(app.db, workspace)
    uploaded = uploads_in(app.db, workspace)
    delete_workspace(app.db, workspace)
    for document_id in uploaded:
        upload_path(app.data.files, document_id).unlink(missing_ok=True)
    for share in shares:
        cut(app, access, share)
    app.indexes.forget(workspace.id)
    app.vectors.forget(workspace.id)
    shutil.rmtree(app.data.index / str(workspace.id), ignore_errors=True)
    app.watch_again()


@router.get("/{slug}/sources/", response_model=SourceList)
def sources(slug: str, app: Engine, user: Owner) -> SourceList:
    found = list_sources(app.db, get_workspace(app.db, user, slug))
    return SourceList(items=[shown_source(app, source) for source in found], next=None)


@router.post("/{slug}/sources/", status_code=201, response_model=ShownSource)
def add_source(slug: str, body: NewSource, app: Engine, access: Gate, who: Signed) -> ShownSource:
    """Take a folder in. The answer comes at once; the source's `state` and `counts` tell how far reading is."""
    place = get_workspace(app.db, who.user, slug, need="write")
    if not access.local and not who.is_admin:
        raise Forbidden(
            "only an admin may add folders of the server's machine", hint="upload the files, or ask an admin"
        )
    source, job = app.jobs.add_source(place, body.path, watch=body.watch)
    app.watch_again()
    return shown_source(app, source, job=job if place.access == "own" else None)  # jobs are their owner's to see


@router.get("/{slug}/sources/{source_id}/", response_model=ShownSource)
def source(slug: str, source_id: str, app: Engine, user: Owner) -> ShownSource:
    return shown_source(app, _source(app, user, slug, source_id))


@router.delete("/{slug}/sources/{source_id}/", status_code=204)
def delete_source(slug: str, source_id: str, app: Engine, user: Owner) -> None:
    """The folder itself is not touched; its documents leave the workspace."""
    remove_source(app.db, _source(app, user, slug, source_id, need="write"))
    app.upkeep.index_changed()
    app.watch_again()


@router.post("/{slug}/index/rebuild/", status_code=202)
def rebuild(slug: str, app: Engine, user: Owner) -> dict[str, str]:
    """Build the index anew beside the present one. The job tells when it is done."""
    return {"job": app.jobs.rebuild(get_workspace(app.db, user, slug, need="own"))}


def _source(app: App, user: int, slug: str, source_id: str, *, need: WorkspaceAccess = "read") -> Source:
    workspace = get_workspace(app.db, user, slug, need=need)
    found = get_source(app.db, workspace.owner, source_id)
    if found.workspace != workspace.id:
        raise NotFound(f"no source {source_id!r} in {slug!r}", hint="list them with GET sources/")
    return found


def _wanted(app: App, who: Principal, shared_with: list[With]) -> dict[int, ShareAccess]:
    """Users by id. Raises NotFound, BadInput for oneself, Forbidden for a key: it could give everything away."""
    if who.kind == "key":
        raise Forbidden("no API key may share a workspace", hint="sign in instead")
    wanted: dict[int, ShareAccess] = {}
    for one in shared_with:
        user = user_named(app.db, one.username)
        if user.id == who.user:
            raise BadInput("a workspace is not shared with its owner", hint="name others", field="shared_with")
        wanted[user.id] = one.access
    return wanted
