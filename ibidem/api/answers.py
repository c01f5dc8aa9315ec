"""/api/answers/: what clients of the dialects were answered, for those that cannot show the sources themselves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ibidem.api.access import Engine, Owner
from ibidem.api.paging import Cursor, Limit, page
from ibidem.store.dialects import get_answer, list_answers
from ibidem.store.documents import row_number

router = APIRouter(prefix="/api/answers", tags=["answers"])


@router.get("/")
def answers(app: Engine, owner: Owner, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The newest first. Answers without documents leave nothing here."""
    before = row_number(cursor) if cursor else None
    found = list_answers(app.db, owner, before=before, limit=limit + 1)
    return page([(str(one.number), one.shown()) for one in found], limit)


@router.get("/{answer_id}/")
def get(answer_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    """By the id that the answer's header `X-Ibidem-Answer` names."""
    return get_answer(app.db, owner, answer_id).shown()
