"""/v1/responses: OpenAI's newer form of a chat. Nothing is stored between two of them: the client sends the whole talk."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from ibidem.api.dialects.answering import Asking, Written, ask
from ibidem.api.dialects.body import HINT, Body, whole_text
from ibidem.api.dialects.openai import Sent
from ibidem.api.dialects.openai_frames import KEEP_ALIVE, tool_call
from ibidem.api.dialects.openai_messages import MOST_TOKENS, Pictures, arguments_of, content_of
from ibidem.api.dialects.reply import JSON, SSE, packed
from ibidem.errors import BadInput
from ibidem.models.base import ChatMessage, ChatRequest, ToolCall

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}

router = APIRouter(tags=["openai"])


@router.post("/v1/responses", response_class=Response)
async def responses(client: Asking, body: Sent) -> Response:
    if body.has("previous_response_id") or body.has("conversation"):
        raise BadInput(
            "no response is kept here", hint="send the whole conversation as `input`", field="previous_response_id"
        )
    pictures: Pictures = {}
    most = body.whole("max_output_tokens", 1, MOST_TOKENS)
    written = await ask(client, body, "openai", _messages(body, pictures), _wishes(body, pictures), max_tokens=most)
    told = _Response(written, body)
    if body.flag("stream"):
        return client.reply(told.events(), "openai", SSE, headers=written.headers, heartbeat=lambda: KEEP_ALIVE)
    return client.reply(told.whole(), "openai", JSON, headers=written.headers)


def _wishes(body: Body, pictures: Pictures) -> ChatRequest:
    effort = body.inner("reasoning").text("effort")
    form = body.inner("text").inner("format")
    schema = {"json_schema": form.inner("schema").fields, "json_object": {}}.get(form.text("type"))
    return ChatRequest(
        (),
        temperature=body.temperature(),
        sampling=body.sampling(),
        schema=None if schema is None else dict(schema),
        tools=tuple(_tool(tool) for tool in body.inners("tools") if tool.text("type") == "function"),
        tool_choice=body.fields.get("tool_choice"),
        think=effort or None,
        images=pictures,
    )


def _tool(tool: Body) -> dict[str, Any]:
    """A function, which lies one level deeper in a chat."""
    function = {name: tool.fields[name] for name in ("name", "description", "parameters") if tool.has(name)}
    return {"type": "function", "function": function}


def _messages(body: Body, pictures: Pictures) -> list[ChatMessage]:
    """Raises BadInput."""
    lead = [ChatMessage("system", body.text("instructions"))] if body.text("instructions") else []
    sent = body.fields.get("input")
    if isinstance(sent, str):
        return [*lead, ChatMessage("user", whole_text(sent))]
    found: list[ChatMessage] = [*lead]
    called: dict[str, str] = {}
    for place, item in enumerate(body.inners("input")):
        match item.text("type") or "message":
            case "message":
                found.append(_message(item, f"input.{place}.content", pictures))
            case "function_call":
                call = ToolCall(item.text("name"), arguments_of(item), item.text("call_id"))
                called[call.id] = call.name
                found.append(ChatMessage("assistant", "", tool_calls=(call,)))
            case "function_call_output":
                name = called.get(item.text("call_id"), "")
                output = item.fields.get("output")
                text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
                found.append(ChatMessage("tool", whole_text(text), (), (), item.text("call_id"), name))
            case "reasoning":
                pass  # what a model thought before is not read again
            case kind:
                raise BadInput(f"input.{place} is of type {kind!r}, which is not taken", hint=HINT, field="input")
    if len(found) == len(lead):
        raise BadInput("input is empty", hint="send a text or a list of messages", field="input")
    return found


def _message(item: Body, place: str, pictures: Pictures) -> ChatMessage:
    role = ROLES.get(item.text("role"))
    if role is None:
        raise item.wrong("role", "system, developer, user or assistant", item.fields.get("role"))
    text, images = content_of(item, place, pictures)
    return ChatMessage(role, text, images)  # type: ignore[arg-type]  # one of ROLES


class _Response:
    """One response as it comes to be: its items, and the numbered events that tell of them."""

    def __init__(self, written: Written, body: Body) -> None:
        self._written = written
        self._id = f"resp_{written.question.id}"
        self._item_id = f"msg_{secrets.token_hex(12)}"
        self._created = int(time.time())
        self._instructions = body.text("instructions") or None
        self._number = -1
        self._text = ""

    async def whole(self) -> AsyncGenerator[bytes, None]:
        self._text, _ = await self._written.whole()
        yield packed(self._object("completed", self._items(), **self._written.extras))

    async def events(self) -> AsyncGenerator[bytes, None]:
        """The first come with the first text: an error before it still has a status of its own."""
        opened = False
        at = {"item_id": self._item_id, "output_index": 0, "content_index": 0}
        async with aclosing(self._written.events()) as events:
            async for one in events:
                if one.name != "delta":
                    continue
                head = b"" if opened else self._opening() + self._begin_message()
                opened = True
                self._text += one.data["text"]
                yield head + self._event("response.output_text.delta", **at, delta=one.data["text"], logprobs=[])
        if not opened:
            yield self._opening()
        items = self._items()
        for place, item in enumerate(items):
            if item["type"] == "message" and opened:
                for number, note in enumerate(item["content"][0]["annotations"]):
                    told = {**at, "annotation_index": number, "annotation": note}
                    yield self._event("response.output_text.annotation.added", **told)
                yield self._event("response.output_text.done", **at, text=self._text, logprobs=[])
                yield self._event("response.content_part.done", **at, part=item["content"][0])
            else:
                yield self._event("response.output_item.added", output_index=place, item=item)
            yield self._event("response.output_item.done", output_index=place, item=item)
        yield self._event("response.completed", response=self._object("completed", items, **self._written.extras))

    def _opening(self) -> bytes:
        started = self._object("in_progress", [])
        return self._event("response.created", response=started) + self._event("response.in_progress", response=started)

    def _begin_message(self) -> bytes:
        item = {"id": self._item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        at = {"item_id": self._item_id, "output_index": 0, "content_index": 0}
        added = self._event("response.output_item.added", output_index=0, item=item)
        return added + self._event("response.content_part.added", **at, part=part)

    def _items(self) -> list[dict[str, Any]]:
        """The message, and the calls behind it."""
        calls = []
        for place, call in enumerate(self._written.draft.calls):
            told = tool_call(call, place)
            about = {"type": "function_call", "id": f"fc_{place}_{self._id}", "call_id": told["id"]}
            calls.append({**about, **told["function"], "status": "completed"})
        if calls and not self._text:
            return calls
        notes = [{"type": "url_citation", **one["url_citation"]} for one in self._written.annotations]
        part = {"type": "output_text", "text": self._text, "annotations": notes, "logprobs": []}
        about = {"id": self._item_id, "type": "message", "role": "assistant", "status": "completed"}
        return [{**about, "content": [part]}, *calls]

    def _object(self, status: str, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        usage = self._written.draft.usage
        counted = {
            "input_tokens": usage.prompt,
            "input_tokens_details": {"cached_tokens": usage.reused},
            "output_tokens": usage.completion,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.prompt + usage.completion,
        }
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": self._instructions,
            "metadata": {},
            "model": self._written.question.target.name,
            "output": items,
            "parallel_tool_calls": True,
            "temperature": None,
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "usage": counted if status == "completed" else None,
            **more,
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._number += 1
        told = {"type": kind, "sequence_number": self._number, **fields}
        return f"event: {kind}\n".encode() + b"data: " + packed(told) + b"\n\n"
