"""Ollama's messages, options and templates -> ours."""

from __future__ import annotations

import re
from typing import Any

from ibidem.api.dialects.body import HINT, Body, image
from ibidem.api.dialects.openai_messages import Pictures, arguments_of
from ibidem.errors import BadInput
from ibidem.models.base import ChatMessage, ChatRequest, CompletionRequest, Image, ToolCall

_ROLES = ("system", "user", "assistant", "tool")
_EFFORTS = ("low", "medium", "high", "max")
_DURATION = re.compile(r"-?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|-?\d+")  # as Go writes them
_VARIABLE = re.compile(r"\{\{-?\s*\.(System|Prompt|Response|Suffix)\s*-?\}\}")
MOST_CONTEXT = 1 << 20
MOST_IMAGES = 64  # of a message


def messages_of(body: Body, pictures: Pictures) -> list[ChatMessage]:
    """What pictures they hold is put into `pictures`, by id. Raises BadInput for an unknown role and for what is no base64."""
    found = []
    for place, one in enumerate(body.inners("messages")):
        role = one.text("role")
        if role not in _ROLES:
            raise one.wrong("role", "system, user, assistant or tool", one.fields.get("role"))
        calls = tuple(map(_call, one.inners("tool_calls")))
        name = one.text("tool_name") or one.text("name") if role == "tool" else ""
        images = images_of(one, pictures, f"messages.{place}.images")
        found.append(ChatMessage(role, one.text("content"), images, calls, one.text("tool_call_id"), name))  # type: ignore[arg-type]  # checked above
    return found


def images_of(body: Body, pictures: Pictures, place: str = "images") -> tuple[Image, ...]:
    found = [image(one, place) for one in body.texts("images", MOST_IMAGES)]
    pictures.update((picture.id, content) for picture, content in found)
    return tuple(picture for picture, _ in found)


def _call(call: Body) -> ToolCall:
    function = call.inner("function")
    return ToolCall(function.text("name"), arguments_of(function), call.text("id"))


def wishes_of(body: Body, pictures: Pictures) -> ChatRequest:
    """All but messages and length. Raises BadInput."""
    options = body.inner("options")
    return ChatRequest(
        (),
        temperature=options.temperature(),
        sampling=options.sampling(),
        schema=_schema(body),
        tools=body.tools(),
        think=_think(body),
        context_tokens=options.whole("num_ctx", 0, MOST_CONTEXT),
        keep_alive=keep_alive(body),
        logprobs=body.logprobs(),
        images=pictures,
    )


def completion_of(body: Body, prompt: str, *, suffix: str = "", max_tokens: int) -> CompletionRequest:
    """Raw where no suffix says that a template is to put both in their places."""
    options = body.inner("options")
    return CompletionRequest(
        prompt=prompt,
        suffix=suffix,
        raw=not suffix,
        max_tokens=max_tokens,
        temperature=options.temperature(),
        sampling=options.sampling(),
        context_tokens=options.whole("num_ctx", 0, MOST_CONTEXT),
        keep_alive=keep_alive(body),
    )


def tokens_of(body: Body) -> int | None:
    """The longest answer; below one Ollama means no limit."""
    tokens = body.inner("options").whole("num_predict", -2, MOST_CONTEXT)
    return tokens if tokens and tokens > 0 else None


def filled(template: str, *, system: str, prompt: str) -> str:
    """A prompt template with its variables in place, up to where the answer goes. Raises BadInput for more of Go's."""
    text = template.partition("{{ .Response }}")[0]
    values = {"System": system, "Prompt": prompt, "Response": "", "Suffix": ""}
    if "{{" in _VARIABLE.sub("", text):
        raise BadInput(
            "the template holds more than .System, .Prompt and .Response",
            hint="leave it out: the model has its own",
            field="template",
        )
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def keep_alive(body: Body) -> str | float | None:
    """Seconds, or a duration as Go writes it. Raises BadInput."""
    value = body.fields.get("keep_alive")
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or right or (isinstance(value, str) and _DURATION.fullmatch(value)):
        return value
    raise body.wrong("keep_alive", 'a number of seconds, or a duration such as "5m"', value)


def is_zero(duration: str | float | None) -> bool:
    return duration is not None and not re.sub(r"[a-zµ]", "", str(duration)).strip("0.")


def _schema(body: Body) -> dict[str, Any] | None:
    form = body.fields.get("format")
    if form in (None, ""):
        return None
    if form == "json":
        return {}
    if not isinstance(form, dict):
        raise body.wrong("format", '"json" or a JSON schema', form)
    return form


def _think(body: Body) -> bool | str | None:
    value = body.fields.get("think")
    if value is None or isinstance(value, bool) or value in _EFFORTS:
        return value
    raise body.wrong("think", f"true, false, {', '.join(_EFFORTS)}", value)


def needs_prompt(body: Body) -> None:
    """Raises BadInput for what Ollama refuses beside `raw`."""
    for name in ("system", "template", "context"):
        if body.flag("raw") and body.fields.get(name):
            raise BadInput(f"raw mode does not support {name}", hint=HINT, field=name)
