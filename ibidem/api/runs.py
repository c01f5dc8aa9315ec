"""/api/runs/: ask, follow, stop. POST starts, GET only reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Gate, Owner, Signed
from ibidem.api.attached import Attachments, Variables, given, values
from ibidem.api.history import History, turns
from ibidem.api.streaming import event_number, follow
from ibidem.app import App
from ibidem.jobs.streams import HEARTBEAT
from ibidem.store.runs import EventNumber, Run, get_run
from ibidem.tasks.asking import Ask
from ibidem.types import Event, rfc3339

router = APIRouter(prefix="/api/runs", tags=["runs"])

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Question(BaseModel):
    question: str
    workspace: str | None = Field(None, description="of a question without a session: `home` when left out")
    model: str | None = None
    mode: str | None = None
    session: str | None = Field(None, description="the question goes on where the session stands")
    template: str | None = Field(None, description="id of a prompt template; empty: none, whatever the session says")
    variables: Variables = {}
    attachments: Attachments = []
    idempotency_key: str | None = Field(None, min_length=1, max_length=200)
    history: History = []


def shown(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "state": run.state,
        "attempt": run.attempt,
        "question": run.question,
        "model": run.model,
        "mode": run.mode,
        "message": run.message,
        "error": run.error,
        "created_at": rfc3339(run.created_at),
        "ended_at": None if run.ended_at is None else rfc3339(run.ended_at),
    }


@router.post("/", status_code=202)
def start(body: Question, app: Engine, owner: Owner) -> dict[str, str]:
    run = app.answers.start(
        owner,
        Ask(
            body.question,
            workspace=body.workspace,
            model=body.model,
            mode=body.mode,
            template=body.template,
            variables=values(body.variables),
            texts=given(body.attachments),
            session=body.session,
            idempotency_key=body.idempotency_key,
            turns=turns(body.history),
        ),
    )
    app.worker.wake("answer")
    return {"run_id": run.id}


@router.get("/{run_id}/")
def get(run_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(get_run(app.db, owner, run_id))


@router.post("/{run_id}/stop/")
async def stop(run_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    """A running answer ends within a second with what it has; an ended one stays as it is."""
    return shown(await app.jobs.stop_run(owner, run_id))


@router.get("/{run_id}/events/", response_class=Response, responses={200: {"content": {"text/event-stream": {}}}})
async def events(
    run_id: str,
    app: Engine,
    access: Gate,
    who: Signed,
    after: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """The run's events as SSE, from the beginning or behind `after` (`Last-Event-ID` says the same)."""
    start = event_number(after or last_event_id)
    await asyncio.to_thread(get_run, app.db, who.user, run_id)  # 404 before the stream begins
    stream = access.while_open(who, sse(app, who.user, run_id, start))
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


async def sse(app: App, owner: int, run_id: str, after: EventNumber) -> AsyncGenerator[str, None]:
    """Server-sent events, with a comment now and then so that nobody takes silence for an end."""
    yield "retry: 1000\n\n"

    async with aclosing(follow(app, owner, run_id, after)) as events:
        async for number, event in events:
            yield ": still here\n\n" if event is HEARTBEAT else frame(number, event)


def frame(number: EventNumber | None, event: Event) -> str:
    """One event on the wire: `id` (A.S), `event`, `data`."""
    mark = f"id: {number[0]}.{number[1]}\n" if number else ""
    data = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"{mark}event: {event.name}\ndata: {data}\n\n"
