"""/api/search/: hits, and with `trace` how they came about."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Owner
from ibidem.api.history import History, turns
from ibidem.store.workspaces import HOME, get_workspace
from ibidem.tasks.asking import check_question
from ibidem.types import as_json

router = APIRouter(prefix="/api", tags=["search"])


class Query(BaseModel):
    query: str
    workspace: str = HOME
    limit: int = Field(10, ge=1, le=100)
    trace: bool = False
    history: History = []


@router.post("/search/")
def search(body: Query, app: Engine, user: Owner) -> dict[str, Any]:
    check_question(body.query, app.settings.serve.max_question_bytes)
    workspace = get_workspace(app.db, user, body.workspace)
    context = app.search(body.query, workspace, turns(body.history), hits=body.limit, judged=False)
    answer: dict[str, Any] = {
        "hits": [as_json(hit) for hit in context.hits(body.limit)],
        "timings": {"search_ms": context.search_ms},
    }
    if context.searched:
        answer["searched"] = context.searched
    if body.trace:
        answer["trace"] = context.trace
    return answer
