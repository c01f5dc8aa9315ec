"""/api/symbols/: where a name is defined in a workspace's code, and where it is referred to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ibidem.api.access import Engine, Owner
from ibidem.errors import BadInput
from ibidem.store.symbols import definitions_named, references_to
from ibidem.store.workspaces import HOME, get_workspace

router = APIRouter(prefix="/api", tags=["symbols"])

MAX_FILES = 500  # with references to one name


@router.get("/symbols/")
def symbols(name: str, app: Engine, user: Owner, workspace: str = HOME) -> dict[str, Any]:
    if not name or any(map(str.isspace, name)):
        raise BadInput(f"{name!r} is no name", hint="ask for one identifier, as the code writes it", field="name")
    place = get_workspace(app.db, user, workspace)
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
            for one in definitions_named(app.db, place, [name])
        ],
        "references": [
            {"document_id": one.document_id, "path": one.path, "lines": one.lines}
            for one in references_to(app.db, place, name)[:MAX_FILES]
        ],
    }
