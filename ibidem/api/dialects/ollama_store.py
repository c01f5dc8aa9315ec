"""/api/pull, push, create, copy and delete: Ollama's own models are Ollama's affair, and there are no others to change."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from ibidem.api.dialects.access import check_admin
from ibidem.api.dialects.answering import Asking, Client
from ibidem.api.dialects.body import HINT, Body
from ibidem.api.dialects.openai import Sent
from ibidem.api.dialects.reply import JSON, NDJSON, line
from ibidem.errors import BadInput, ModelUnknown
from ibidem.models.http import ModelServer
from ibidem.models.ollama import ollama_server
from ibidem.tasks.names import PLAIN

LONGEST_S = 6 * 3600.0  # a large model over a slow line

router = APIRouter(tags=["ollama"], dependencies=[Depends(check_admin)])


@router.post("/api/pull", response_class=Response)
async def pull(client: Asking, body: Sent) -> Response:
    """A model that is there and is not Ollama's needs no fetching."""
    name, ours = await _own_name(client, body.model())
    if ours:
        done = {"status": "success"}
        if body.flag("stream") is False:
            return JSONResponse(done)
        return Response(line(done), headers={"content-type": NDJSON})
    return _pass_on(body, client, "/api/pull", name)


@router.post("/api/push", response_class=Response)
async def push(client: Asking, body: Sent) -> Response:
    return _pass_on(body, client, "/api/push", await _ollamas(client, body.model()))


@router.post("/api/create", response_class=Response)
async def create(client: Asking, body: Sent) -> Response:
    source = body.text("from")
    named = {"from": await _ollamas(client, source)} if source else {}
    return _pass_on(body, client, "/api/create", await _ollamas(client, body.model()), **named)


@router.post("/api/copy")
async def copy(client: Asking, body: Sent) -> Response:
    source, destination = body.text("source"), body.text("destination")
    if not source or not destination:
        raise BadInput("source and destination are required", hint=HINT, field="source")
    told = {"source": await _ollamas(client, source), "destination": destination.removeprefix(f"{PLAIN}/")}
    return await _told(client, "POST", "/api/copy", told)


@router.delete("/api/delete")
async def delete(client: Asking, body: Sent) -> Response:
    return await _told(client, "DELETE", "/api/delete", {"model": await _ollamas(client, body.model())})


@router.head("/api/blobs/{digest}")
@router.post("/api/blobs/{digest}")
def blob(digest: str) -> Response:
    raise BadInput("files of models are not taken here", hint="send them to Ollama itself, or use `ibidem models pull`")


async def _own_name(client: Client, name: str) -> tuple[str, bool]:
    """As Ollama knows it, and whether it is one of ours instead. A name that nobody knows is Ollama's to know."""
    try:
        target = await client.target(name)
    except ModelUnknown:
        return name.removeprefix(f"{PLAIN}/"), False
    provider, _, own = target.model.partition(":")
    return own, target.workspace is not None or provider != "ollama"


async def _ollamas(client: Client, name: str) -> str:
    own, ours = await _own_name(client, name)
    if ours:
        raise BadInput(
            f"{name!r} is no model of Ollama's", hint="workspaces and files are changed in Ibidem", field="model"
        )
    return own


def _pass_on(body: Body, client: Client, path: str, name: str, **more: Any) -> Response:
    """Ollama's own words on how far it is, line by line; without a stream, its last ones."""
    told = {key: value for key, value in body.fields.items() if key != "name"} | {"model": name, **more}
    server = ollama_server(client.app.settings.models, name)
    if body.flag("stream") is False:
        return client.reply(_answer(server, path, told), "ollama", JSON)
    return client.reply(_lines(server, path, told), "ollama", NDJSON)


async def _lines(server: ModelServer, path: str, told: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(server.lines(path, told)) as lines:
            async for line in lines:
                yield line.encode() + b"\n"
    finally:
        await server.close()


async def _answer(server: ModelServer, path: str, told: dict[str, Any]) -> AsyncGenerator[bytes, None]:
    try:
        yield (await server.send("POST", path, told, timeout_s=LONGEST_S)).encode()
    finally:
        await server.close()


async def _told(client: Client, method: str, path: str, told: dict[str, Any]) -> Response:
    server = ollama_server(client.app.settings.models, str(told.get("model", told.get("source"))))
    try:
        await server.send(method, path, told, timeout_s=client.app.settings.models.first_token_timeout_s)
    finally:
        await server.close()
    return Response()
