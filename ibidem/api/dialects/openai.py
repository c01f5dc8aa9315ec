"""/v1/: chats, completions, models, vectors and rankings as OpenAI's clients ask for them."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ibidem.api.dialects.answering import Asking, Client, ask
from ibidem.api.dialects.body import Body, read_body
from ibidem.api.dialects.openai_frames import (
    KEEP_ALIVE,
    chat_chunks,
    chat_object,
    completion_chunks,
    completion_object,
)
from ibidem.api.dialects.openai_messages import Pictures, messages_of, tokens_of, wishes_of
from ibidem.api.dialects.reply import JSON, SSE
from ibidem.errors import BadInput
from ibidem.models.base import CompletionRequest
from ibidem.tasks.names import LATEST, Listed

MOST_COMPLETED = 128  # tokens of a completion whose client names no limit; OpenAI's own default is 16

Sent = Annotated[Body, Depends(read_body)]
router = APIRouter(tags=["openai"])


@router.post("/v1/chat/completions", response_class=Response)
@router.post("/chat/completions", include_in_schema=False)
@router.post("/api/chat/completions", include_in_schema=False)
async def chat(client: Asking, body: Sent) -> Response:
    """A chat; with a workspace as its model, over its documents."""
    return await answer(client, body, stream=bool(body.flag("stream")))


async def answer(client: Client, body: Body, *, stream: bool) -> Response:
    pictures: Pictures = {}
    messages, with_usage = messages_of(body, pictures), wants_usage(body)
    written = await ask(client, body, "openai", messages, wishes_of(body, pictures), max_tokens=tokens_of(body))
    if not stream:
        return client.reply(chat_object(written), "openai", JSON, headers=written.headers)
    frames = chat_chunks(written, with_usage=with_usage)
    return client.reply(frames, "openai", SSE, headers=written.headers, heartbeat=lambda: KEEP_ALIVE)


@router.post("/v1/completions", response_class=Response)
@router.post("/completions", include_in_schema=False)
async def completions(client: Asking, body: Sent) -> Response:
    """Text that goes on, or with `suffix` stands between: a workspace shows its code beside it, and nothing else."""
    return await complete(body, client)


@router.post("/v1/fim/completions", response_class=Response)
async def fim(client: Asking, body: Sent) -> Response:
    """As completions, in the shape of Mistral's and DeepSeek's clients."""
    return await complete(body, client, as_chat=True)


async def complete(
    body: Body, client: Client, *, as_chat: bool = False, raw: bool = True, stream: bool = False
) -> Response:
    """`stream`: whether it is one where the body does not say."""
    target, with_usage = await client.target(body.model()), wants_usage(body)
    request = CompletionRequest(
        prompt=_prompt(body),
        suffix=body.text("suffix"),
        raw=raw,
        max_tokens=tokens_of(body) or MOST_COMPLETED,
        temperature=body.temperature(),
        sampling=body.sampling(),
    )
    parts = client.complete(target, request, fills=body.has("suffix"))
    if not (stream if body.flag("stream") is None else body.flag("stream")):
        return client.reply(completion_object(parts, target.name, as_chat=as_chat), "openai", JSON)
    frames = completion_chunks(parts, target.name, with_usage=with_usage, as_chat=as_chat)
    return client.reply(frames, "openai", SSE, heartbeat=lambda: KEEP_ALIVE)


def _prompt(body: Body) -> str:
    prompts = body.texts("prompt", 16)
    if len(prompts) != 1:
        raise BadInput(f"prompt holds {len(prompts)} texts, one is taken", hint="send them one by one", field="prompt")
    return prompts[0]


def wants_usage(body: Body) -> bool:
    return bool(body.inner("stream_options").flag("include_usage"))


@router.get("/v1/models")
@router.get("/models", include_in_schema=False)
async def models(client: Asking) -> dict[str, Any]:
    listed = await client.app.dialects.names.listing(client.owner)
    return {"object": "list", "data": [_entry(one) for one in listed]}


@router.get("/v1/models/{name:path}")
@router.get("/models/{name:path}", include_in_schema=False)
async def model(name: str, client: Asking) -> dict[str, Any]:
    """Names hold slashes and colons, as they are or encoded."""
    target = await client.target(name)
    return _entry(Listed(target, client.app.dialects.names.found(target.model)))


def _entry(one: Listed) -> dict[str, Any]:
    known = {"context_length": one.found.context_tokens} if one.found.context_tokens else {}
    return {
        "id": one.target.name.removesuffix(LATEST) if one.target.workspace else one.target.name,
        "object": "model",
        "created": _STARTED,
        "owned_by": one.found.provider,
        **known,
    }


_STARTED = int(time.time())


def wants_events(request: Request) -> bool:
    return SSE in request.headers.get("accept", "")
