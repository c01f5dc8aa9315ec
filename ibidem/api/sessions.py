"""/api/sessions/: sessions and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from ibidem.api.access import Engine, Owner
from ibidem.api.attached import Variables, WithImages, given, pictures, values
from ibidem.api.paging import Cursor, Limit, page
from ibidem.app import App
from ibidem.store.attachments import attachments_of, get_attachment
from ibidem.store.documents import row_number
from ibidem.store.feedback import feedback_of
from ibidem.store.messages import Message, branch, get_message, list_messages
from ibidem.store.runs import Run
from ibidem.store.sessions import get_session, list_sessions
from ibidem.store.workspaces import HOME
from ibidem.tasks.asking import HEAD, Ask
from ibidem.tasks.reading import upload_path

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class NewSession(BaseModel):
    title: str = ""
    workspace: str = HOME
    settings: dict[str, Any] = {}


class Change(BaseModel):
    """What is left out stays as it is."""

    title: str | None = None
    workspace: str | None = None
    settings: dict[str, Any] | None = Field(None, description="null takes a setting back to its default")
    head: str | None = Field(None, description="the last message of the branch to show")


class Asked(BaseModel):
    content: str = ""
    parent: str | None = Field(
        None, description="the message to go on from; null: a new beginning; left out: where the session stands"
    )
    regenerate: str | None = Field(None, description="an answer, or its question: one more answer beside it")
    model: str | None = None
    mode: str | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=1 << 20)
    template: str | None = Field(None, description="id of a prompt template; empty: none, whatever the session says")
    variables: Variables = {}
    idempotency_key: str | None = Field(None, min_length=1, max_length=200)
    attachments: WithImages = []


class Thought(BaseModel):
    thumb: str | None = Field(None, description="up, down or null")
    note: str = ""


@router.get("/")
def sessions(
    app: Engine,
    owner: Owner,
    q: Annotated[str | None, Query(description="words of a title or of one message", max_length=1000)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The one changed last comes first. With `q` those that hold all its words, the newest first, and where (`match`)."""
    before = row_number(cursor) if cursor else None
    if q is None:
        found = list_sessions(app.db, owner, before=before, limit=limit + 1)
        return page([(str(session.touched), session.shown()) for session in found], limit)
    matching = app.chats.find(owner, q, before=before, limit=limit + 1)
    return page([(str(one.number), {**one.shown(), "match": match}) for one, match in matching], limit)


@router.post("/", status_code=201)
def create(body: NewSession, app: Engine, owner: Owner) -> dict[str, Any]:
    made = app.chats.create(owner, title=body.title, workspace=body.workspace, settings=body.settings)
    return made.shown()


@router.get("/{session_id}/")
def get(session_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return get_session(app.db, owner, session_id).shown()


@router.put("/{session_id}/")
def change(session_id: str, body: Change, app: Engine, owner: Owner) -> dict[str, Any]:
    changed = app.chats.change(
        owner, session_id, title=body.title, workspace=body.workspace, settings=body.settings, head=body.head
    )
    return changed.shown()


@router.delete("/{session_id}/", status_code=204)
async def delete(session_id: str, app: Engine, owner: Owner) -> None:
    """With its messages, feedback and images; what is being answered in it is stopped."""
    await app.jobs.delete_session(owner, session_id)


@router.get("/{session_id}/messages/")
def messages(
    session_id: str,
    app: Engine,
    owner: Owner,
    leaf: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """All branches, in the order they came; with `leaf` only the branch that ends there (`head`: the one shown)."""
    session = get_session(app.db, owner, session_id)
    after = row_number(cursor) if cursor else 0
    if leaf == HEAD:
        leaf = session.head
        found = branch(app.db, owner, session_id, leaf, after=after, limit=limit + 1) if leaf else []
    elif leaf:
        get_message(app.db, owner, session_id, leaf)
        found = branch(app.db, owner, session_id, leaf, after=after, limit=limit + 1)
    else:
        found = list_messages(app.db, owner, session_id, after=after, limit=limit + 1)
    return page(list(zip((str(one.ordinal) for one in found), shown(app, owner, found), strict=True)), limit)


def shown(app: App, owner: int, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """In the contract's words, with what was thought of them and the images they came with."""
    ids = [message.id for message in messages]
    thoughts, images = feedback_of(app.db, owner, ids), attachments_of(app.db, owner, ids)
    return [
        {
            **message.shown(),
            "feedback": thoughts[message.id].shown() if message.id in thoughts else None,
            "attachments": [one.shown() for one in images.get(message.id, ())],
        }
        for message in messages
    ]


@router.post("/{session_id}/messages/", status_code=202)
async def ask(session_id: str, body: Asked, app: Engine, owner: Owner) -> dict[str, Any]:
    """A run in this session; its question and its answer, still empty, are messages from now on."""
    texts, images = await run_in_threadpool(lambda: (given(body.attachments), pictures(body.attachments)))
    run = await app.answers.ask(
        owner,
        Ask(
            body.content,
            model=body.model,
            mode=body.mode,
            temperature=body.temperature,
            max_tokens=body.max_tokens,
            template=body.template,
            variables=values(body.variables),
            texts=texts,
            session=session_id,
            parent=body.parent if "parent" in body.model_fields_set else HEAD,
            regenerate=body.regenerate,
            attachments=images,
            idempotency_key=body.idempotency_key,
        ),
    )
    app.worker.wake("answer")
    return {"run_id": run.id, "messages": await run_in_threadpool(_pair, app, run)}


def _pair(app: App, run: Run) -> list[dict[str, Any]]:
    """Question and answer of a run."""
    pair = [get_message(app.db, run.owner, run.session or "", message or "") for message in (run.parent, run.id)]
    return shown(app, run.owner, pair)


@router.get(
    "/{session_id}/attachments/{attachment_id}/",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "image/jpeg": {}, "image/gif": {}, "image/webp": {}}}},
)
def attachment(session_id: str, attachment_id: str, app: Engine, owner: Owner) -> FileResponse:
    """The image as it was sent."""
    found = get_attachment(app.db, owner, attachment_id)
    get_message(app.db, owner, session_id, found.message)
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return FileResponse(upload_path(app.data.files, found.id), media_type=found.media_type, headers=headers)


@router.put("/{session_id}/messages/{message_id}/feedback/")
def judge(session_id: str, message_id: str, body: Thought, app: Engine, owner: Owner) -> dict[str, Any]:
    """What was thought of an answer, in the place of what was thought before; neither thumb nor note: nothing."""
    return app.chats.judge(owner, session_id, message_id, thumb=body.thumb, note=body.note)
