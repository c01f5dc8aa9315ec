"""/api/rag/documents/{id}/...: a document's reading is cancelled or asked for again; which chats cite it."""

from __future__ import annotations

import time

from fastapi import APIRouter
from pydantic import BaseModel

from ibidem.api.access import Engine, Owner
from ibidem.api.paging import Cursor, Limit
from ibidem.api.shapes import ShownDocument, shown
from ibidem.store.citing import sessions_citing
from ibidem.store.documents import get_document, get_place, row_number
from ibidem.store.sharing import document_owner
from ibidem.store.uploads import cancel_reading, read_once_more
from ibidem.store.workspaces import get_source
from ibidem.types import rfc3339

router = APIRouter(prefix="/api/rag/documents", tags=["documents"])


class Citing(BaseModel):
    session: str
    title: str
    answers: int
    message: str
    cited_at: str


class CitingPage(BaseModel):
    """Sessions of the one who asks; `message` is the last answer in each that cites the document."""

    items: list[Citing]
    next: str | None


@router.post("/{document_id}/cancel/", response_model=ShownDocument)
def cancel(document_id: str, app: Engine, user: Owner) -> ShownDocument:
    """Give up its reading, whether it waits or is under way. An earlier reading goes on to count."""
    owner = document_owner(app.db, user, document_id, need="write")
    app.db.write(lambda tx: cancel_reading(tx, owner, document_id, time.time()))
    return shown(get_document(app.db, user, document_id))


@router.post("/{document_id}/retry/", response_model=ShownDocument)
def retry(document_id: str, app: Engine, user: Owner) -> ShownDocument:
    """Read it again: it failed, was read in part, or its reading was cancelled."""
    owner = document_owner(app.db, user, document_id, need="write")
    source, _ = get_place(app.db, owner, document_id)
    if source is None:
        app.jobs.upload(owner, document_id, lambda tx: read_once_more(tx, owner, document_id, time.time()))
    else:
        app.db.write(lambda tx: read_once_more(tx, owner, document_id, time.time()))
        app.jobs.sync(get_source(app.db, owner, source))
    return shown(get_document(app.db, user, document_id))


@router.get("/{document_id}/cited/", response_model=CitingPage)
def cited(document_id: str, app: Engine, user: Owner, limit: Limit = 50, cursor: Cursor = None) -> CitingPage:
    """The user's own chats that cite it, the latest first; also of a document that another one shares with him."""
    get_document(app.db, user, document_id)
    start = row_number(cursor) if cursor else 0
    found = sessions_citing(app.db, user, document_id, start=start, limit=limit + 1)
    items = [
        Citing(
            session=one.session,
            title=one.title,
            answers=one.answers,
            message=one.message,
            cited_at=rfc3339(one.cited_at),
        )
        for one in found[:limit]
    ]
    return CitingPage(items=items, next=str(start + limit) if len(found) > limit else None)
