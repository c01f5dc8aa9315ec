"""/api/symbols/: where a name is defined in a workspace's code, and where it is referred to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ibidem.api.access import Engine, Owner
from ibidem.errors import BadInput
from ibidem.store.database import Database
from ibidem.store.symbols import definitions_named, references_to
from ibidem.store.workspaces import HOME, Workspace, get_workspace

router = APIRouter(prefix="/api", tags=["symbols"])

MAX_FILES = 500  # with references to one name


@router.get("/symbols/")
def symbols(name: str, app: Engine, user: Owner, workspace: str = HOME) -> dict[str, Any]:
    return found_symbols(app.db, get_workspace(app.db, user, workspace), name)


def found_symbols(db: Database, place: Workspace, name: str) -> dict[str, Any]:
    """Raises BadInput for what is no identifier."""
    if not name or any(map(str.isspace, name)):
        raise BadInput(f"{name!r} is no name", hint="ask for one identifier, as the code writes it", field="name")
    return {
        "definitions": [
            {
                "document_id": one.document_id,
                "path": one.path,
                "kind": one.definition.kind,
                "parent": one.definition.parent,
                "signature": one.definition.signature,
                "start_line": one.definition.start_line,
                "end_line": one.definition.end_line,
            }
            for one in definitions_named(db, place, [name])
        ],
        "references": [
            {"document_id": one.document_id, "path": one.path, "lines": one.lines}
            for one in references_to(db, place, name)[:MAX_FILES]
        ],
    }
