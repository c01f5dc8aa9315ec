"""OpenAI's messages and wishes -> ours."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

from ibidem.api.dialects.body import HINT, Body, image, whole_text
from ibidem.errors import BadInput
from ibidem.models.base import ChatMessage, ChatRequest, Image, ToolCall

MOST_TOKENS = 1 << 20
_ROLES: dict[str, Literal["system", "user", "assistant", "tool"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
Pictures = dict[str, bytes]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


def messages_of(body: Body, pictures: Pictures) -> list[ChatMessage]:
    """What pictures they hold is put into `pictures`, by id. Raises BadInput for an unknown role, or content that no model here takes."""
    found: list[ChatMessage] = []
    called: dict[str, str] = {}  # tools by the id of their call
    for place, one in enumerate(body.inners("messages")):
        role = _ROLES.get(one.text("role"))
        if role is None:
            raise one.wrong("role", "system, developer, user, assistant or tool", one.fields.get("role"))
        text, images = content_of(one, f"messages.{place}.content", pictures)
        calls = tuple(map(_call, one.inners("tool_calls")))
        called |= {call.id: call.name for call in calls}
        call_id = one.text("tool_call_id")
        name = called.get(call_id) or one.text("name") if role == "tool" else ""
        found.append(ChatMessage(role, text, images, calls, call_id, name))
    if not found:
        raise BadInput("messages is empty", hint=HINT, field="messages")
    return found


def content_of(message: Body, place: str, pictures: Pictures) -> tuple[str, tuple[Image, ...]]:
    """Text and images of a text or a list of parts."""
    given = message.fields.get("content")
    if given is None or isinstance(given, str):
        return whole_text(given or ""), ()
    texts: list[str] = []
    images: list[Image] = []
    for number, part in enumerate(message.inners("content")):
        match part.text("type"):
            case "text" | "input_text" | "output_text" | "refusal" as kind:
                texts.append(part.text("refusal" if kind == "refusal" else "text"))
            case "image_url" | "input_image":
                inside = part.fields.get("image_url")
                address = part.inner("image_url").text("url") if isinstance(inside, dict) else part.text("image_url")
                picture, content = image(address, f"{place}.{number}.image_url")
                images.append(picture)
                pictures[picture.id] = content
            case kind:
                raise BadInput(
                    f"{place}.{number} is of type {kind!r}, which is not taken",
                    hint="send text and images; add files to a workspace",
                    field=f"{place}.{number}.type",
                )
    return "\n\n".join(texts), tuple(images)


def _call(call: Body) -> ToolCall:
    function = call.inner("function")
    return ToolCall(function.text("name"), arguments_of(function), call.text("id"))


def arguments_of(function: Body) -> dict[str, Any]:
    """A call's arguments: an object, or text that holds one. A model that wrote something else called without any."""
    value = function.fields.get("arguments")
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except (ValueError, RecursionError):
            value = None
    return value if isinstance(value, dict) else {}


def wishes_of(body: Body, pictures: Pictures) -> ChatRequest:
    """All but messages and length. Raises BadInput."""
    return ChatRequest(
        (),
        temperature=body.temperature(),
        sampling=body.sampling(),
        schema=_schema(body),
        tools=body.tools(),
        tool_choice=body.fields.get("tool_choice"),
        think=_effort(body.fields.get("reasoning_effort"), body),
        logprobs=body.logprobs(),
        images=pictures,
    )


def tokens_of(body: Body) -> int | None:
    """The longest answer; both names are in use."""
    return body.whole("max_completion_tokens", 1, MOST_TOKENS) or body.whole("max_tokens", 1, MOST_TOKENS)


def _schema(body: Body) -> dict[str, Any] | None:
    form = body.inner("response_format")
    match form.text("type"):
        case "json_schema":
            return dict(form.inner("json_schema").inner("schema").fields)
        case "json_object":
            return {}
        case "" | "text":
            return None
        case other:
            raise form.wrong("type", "text, json_object or json_schema", other)


def _effort(value: Any, body: Body) -> str | bool | None:
    if value is None:
        return None
    if value not in get_args(Effort):
        raise body.wrong("reasoning_effort", " or ".join(get_args(Effort)), value)
    return False if value == "none" else str(value)
