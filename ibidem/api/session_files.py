"""/api/sessions/: a session as a file, files of chats as sessions, and feedback as evaluation material."""

from __future__ import annotations

import json
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
from ibidem.store.feedback import Judged, well_answered
from ibidem.store.messages import branch, list_messages
from ibidem.store.sessions import Session, get_session
from ibidem.store.workspaces import HOME, get_workspace

router = APIRouter(prefix="/api/sessions", tags=["sessions"])

MAX_QUESTIONS = 10_000  # what an evaluation takes
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


@router.get("/feedback/questions/")
def questions(app: Engine, owner: Owner, workspace: str = HOME) -> Response:
    """Questions whose answers got a thumb up, each with the place that its answer rests on: a file for `ibidem evaluate`."""
    get_workspace(app.db, owner, workspace)
    found = well_answered(app.db, owner, workspace, limit=MAX_QUESTIONS)
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in map(as_question, found) if line]
    return Response("".join(lines), media_type="application/jsonl; charset=utf-8")


def as_question(judged: Judged) -> dict[str, Any] | None:
    """In the form of `ibidem evaluate --questions`; None for an answer that rests on no passage."""
    cited = [one for one in judged.citations if one["verdict"] == "supported"]
    if not cited:
        return None
    place = {name: cited[0][name] for name in ("path", "page", "start_line", "end_line") if cited[0][name]}
    before = {"first": judged.first, "first_answer": judged.first_answer} if judged.first else {}
    return {"id": judged.id, "question": judged.question, **place, **before}


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
