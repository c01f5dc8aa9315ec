"""/api/chat and /api/generate as Ollama's clients ask for them; by the Accept header also as OpenAI's would."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ibidem.api.dialects import openai
from ibidem.api.dialects.answering import Asking, Client, ask
from ibidem.api.dialects.body import Body
from ibidem.api.dialects.ollama_context import earlier
from ibidem.api.dialects.ollama_frames import Kind, completion_lines, completion_object, ended, lines, said, whole
from ibidem.api.dialects.ollama_messages import (
    completion_of,
    filled,
    images_of,
    is_zero,
    keep_alive,
    messages_of,
    needs_prompt,
    tokens_of,
    wishes_of,
)
from ibidem.api.dialects.openai_messages import Pictures
from ibidem.api.dialects.reply import JSON, NDJSON, line
from ibidem.models.base import ChatMessage, ChatRequest, CompletionRequest

router = APIRouter(tags=["ollama"])


@router.post("/api/chat", response_class=Response)
async def chat(client: Asking, body: openai.Sent, request: Request) -> Response:
    """A chat; with a workspace as its model, over its documents. Without messages the model is loaded, or unloaded."""
    if openai.wants_events(request):
        return await openai.answer(client, body, stream=body.flag("stream") is not False)
    pictures: Pictures = {}
    messages, wishes, most = messages_of(body, pictures), wishes_of(body, pictures), tokens_of(body)
    if not messages:
        return await _load(body, client, "chat")
    return await _answer(body, client, messages, wishes, most, "chat")


@router.post("/api/generate", response_class=Response)
async def generate(client: Asking, body: openai.Sent, request: Request) -> Response:
    """An answer to one prompt; raw or with a suffix, text that goes on. Without a prompt the model is (un)loaded."""
    events = openai.wants_events(request)
    if events or body.has("max_tokens"):  # presets of IDEs that expect `choices[0].text`
        return await openai.complete(body, client, raw=False, stream=events)
    needs_prompt(body)
    prompt, suffix, system = body.text("prompt"), body.text("suffix"), body.text("system")
    pictures: Pictures = {}
    wishes, images, most = wishes_of(body, pictures), images_of(body, pictures), tokens_of(body)
    if not prompt and not suffix:
        return await _load(body, client, "generate")
    if template := body.text("template"):
        prompt = filled(template, system=system, prompt=prompt)
    if template or suffix or body.flag("raw"):
        limit = most or client.app.settings.dialects.max_tokens
        return await _complete(body, client, completion_of(body, prompt, suffix=suffix, max_tokens=limit))
    before = earlier(body)
    if system:
        before = [ChatMessage("system", system), *(one for one in before if one.role != "system")]
    return await _answer(body, client, [*before, ChatMessage("user", prompt, images)], wishes, most, "generate")


async def _answer(
    body: Body, client: Client, messages: list[ChatMessage], wishes: ChatRequest, most: int | None, kind: Kind
) -> Response:
    written = await ask(client, body, "ollama", messages, wishes, max_tokens=most)
    if body.flag("stream") is False:
        return client.reply(whole(written, kind), "ollama", JSON, headers=written.headers)
    name = written.question.target.name
    return client.reply(
        lines(written, kind), "ollama", NDJSON, headers=written.headers, heartbeat=lambda: line(said(name, kind))
    )


async def _complete(body: Body, client: Client, request: CompletionRequest) -> Response:
    target = await client.target(body.model())
    parts = client.complete(target, request, fills=body.has("suffix"))
    if body.flag("stream") is False:
        return client.reply(completion_object(parts, target.name), "ollama", JSON)
    frames = completion_lines(parts, target.name)
    return client.reply(frames, "ollama", NDJSON, heartbeat=lambda: line(said(target.name, "generate")))


async def _load(body: Body, client: Client, kind: Kind) -> Response:
    target, kept = await client.target(body.model()), keep_alive(body)
    await client.app.dialects.load(target, kept)
    answer = ended(target.name, kind, "unload" if is_zero(kept) else "load")
    if body.flag("stream") is False:
        return JSONResponse(answer)
    return Response(line(answer), headers={"content-type": NDJSON})
