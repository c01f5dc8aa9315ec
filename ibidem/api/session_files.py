"""/api/sessions/: a session as a file, files of chats as sessions, and feedback as evaluation material."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Literal, cast
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from ibidem.api.access import Engine, Owner
from ibidem.api.sessions import shown
from ibidem.app import App
from ibidem.chat.export import as_file, as_markdown
from ibidem.errors import BadInput
from ibidem.store.messages import branch, list_messages
from ibidem.store.sessions import Session, get_session
from ibidem.store.workspaces import HOME

router = APIRouter(prefix="/api/sessions", tags=["sessions"])

SPOOLED_BYTES = 1 << 20  # of an import that stay in memory


@router.get("/{session_id}/export/")
def export(
    session_id: str,
    app: Engine,
    owner: Owner,
    form: Annotated[Literal["markdown", "json"], Query(alias="format")] = "markdown",
) -> Response:
    """As a download: the branch that is shown as Markdown with footnotes, or all branches as JSON, to be imported again."""
    session = get_session(app.db, owner, session_id)
    if form == "json":
        messages = list_messages(app.db, owner, session_id, limit=-1)
        return JSONResponse(as_file(session.shown(), shown(app, owner, messages)), headers=_download(session, "json"))
    messages = branch(app.db, owner, session_id, session.head) if session.head else []
    text = as_markdown(session.shown(), [message.shown() for message in messages])
    return Response(text, media_type="text/markdown; charset=utf-8", headers=_download(session, "md"))


def _download(session: Session, suffix: str) -> dict[str, str]:
    name = quote(f"{session.title or session.id}.{suffix}".replace("/", "-"))
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}


@router.post(
    "/import/",
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"description": "the exported file as it is"}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {"file": {"type": "string", "format": "binary"}, "workspace": {"type": "string"}},
                    }
                },
            },
        }
    },
)
async def take(request: Request, app: Engine, owner: Owner, workspace: str = HOME) -> dict[str, Any]:
    """Chats of Ibidem, ChatGPT (`conversations.json`) or Open WebUI become sessions; those known already are left out."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=5) as form:
            file, place = form.get("file"), form.get("workspace") or workspace
            if not isinstance(file, UploadFile) or not isinstance(place, str):
                raise BadInput("the form has no `file`", hint="send the file as the form field `file`", field="file")
            return await run_in_threadpool(_take, app, owner, file.file, place)
    with SpooledTemporaryFile(SPOOLED_BYTES) as spooled:
        async for block in request.stream():
            await run_in_threadpool(spooled.write, block)
        return await run_in_threadpool(_take, app, owner, cast("BinaryIO", spooled), workspace)


def _take(app: App, owner: int, file: BinaryIO, workspace: str) -> dict[str, Any]:
    taken = app.chats.take(owner, file, workspace=workspace)
    return {"sessions": taken.sessions, "known": taken.known, "empty": taken.empty}
