"""A JSON body with its fields checked as they are read: wrong types are told by name, unknown fields are left alone."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from starlette.requests import Request

from ibidem.errors import BadInput
from ibidem.models.base import Image, Sampling

_KINDS = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}
HINT = "see docs/clients.md"
LARGE_BYTES = 1 << 18  # read in a thread, so that nobody waits for it
MOST_STOPS = 64
MOST_LOGPROBS = 20  # OpenAI's and Ollama's bound

# Least and most of what may be wished; beyond it a value is a mistake.
_TEMPERATURE = (0.0, 2.0)
_SHARE = (0.0, 1.0)
_PENALTY = (-2.0, 2.0)
_WHOLE = 1 << 53


async def read_body(request: Request) -> Body:
    """Raises BadInput for what is no JSON object. The content type is not looked at: clients leave it out."""
    raw = await request.body()
    if not raw.strip():
        raise BadInput("missing request body", hint="send a JSON object")
    try:
        fields = await asyncio.to_thread(json.loads, raw) if len(raw) > LARGE_BYTES else json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the body is no JSON: {str(error)[:200]}", hint="send a JSON object") from None
    if not isinstance(fields, dict):
        raise BadInput(f"the body is {type(fields).__name__} where an object belongs", hint="send a JSON object")
    return Body(fields)


class Body:
    """The fields of an object. What is null counts as left out."""

    def __init__(self, fields: Mapping[str, Any], place: str = "") -> None:
        self.fields = fields
        self._place = place

    def has(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(name, "a text", value)
        return whole_text(value)

    def flag(self, name: str) -> bool | None:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(name, f"a number from {least:g} to {most:g}", value)
        return value

    def whole(self, name: str, least: int, most: int = _WHOLE) -> int | None:
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.wrong(name, "a whole number", value)
        if not least <= value <= most:
            raise self.wrong(name, f"a whole number from {least} to {most}", value)
        return int(value)

    def items(self, name: str) -> list[Any]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "a list", value)
        return value

    def inner(self, name: str) -> Body:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name, "an object", value)
        return Body(value or {}, f"{self._place}{name}.")

    def inners(self, name: str) -> list[Body]:
        """A list of objects."""
        found = []
        for place, value in enumerate(self.items(name)):
            if not isinstance(value, dict):
                raise self.wrong(f"{name}.{place}", "an object", value)
            found.append(Body(value, f"{self._place}{name}.{place}."))
        return found

    def texts(self, name: str, most: int) -> list[str]:
        """A text or a list of them."""
        value = self.fields.get(name)
        values = [value] if isinstance(value, str) else self.items(name)
        if not all(isinstance(one, str) for one in values) or len(values) > most:
            raise self.wrong(name, f"a text or a list of at most {most} texts", value)
        return [whole_text(one) for one in values]

    def wrong(self, name: str, wanted: str, value: Any) -> BadInput:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:80]}…"
        return BadInput(f"{self._place}{name} must be {wanted}, not {shown}", hint=HINT, field=f"{self._place}{name}")

    # --- what both dialects have ----------------------------------------------------------------------------------

    def model(self) -> str:
        """Both names count everywhere: clients differ. Raises BadInput."""
        name = self.text("model") or self.text("name")
        if not name.strip():
            raise BadInput("model is required", hint="GET /api/tags or /v1/models lists the names", field="model")
        return name

    def temperature(self) -> float | None:
        return self.number("temperature", *_TEMPERATURE)

    def sampling(self) -> Sampling:
        return Sampling(
            top_p=self.number("top_p", *_SHARE),
            top_k=self.whole("top_k", -1),
            min_p=self.number("min_p", *_SHARE),
            seed=self.whole("seed", -_WHOLE),
            stop=tuple(filter(None, self.texts("stop", MOST_STOPS))),
            presence_penalty=self.number("presence_penalty", *_PENALTY),
            frequency_penalty=self.number("frequency_penalty", *_PENALTY),
            repeat_penalty=self.number("repeat_penalty", 0.0, 10.0),
        )

    def logprobs(self) -> int | None:
        """How many likely tokens are wanted beside each one; None: no probabilities are."""
        beside = self.whole("top_logprobs", 0, MOST_LOGPROBS)
        return beside or 0 if self.flag("logprobs") else None

    def tools(self) -> tuple[Mapping[str, Any], ...]:
        """Functions to call; each has a name."""
        for place, tool in enumerate(self.inners("tools")):
            if not tool.inner("function").text("name"):
                raise self.wrong(f"tools.{place}", "a function with a name", tool.fields)
        return tuple(self.items("tools"))


def whole_text(text: str) -> str:
    """Halves of characters, which only JSON's escapes can hold, as the sign for what is none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def image(text: str, place: str) -> tuple[Image, bytes]:
    """A picture of base64 or a data URL, known by its content. Raises BadInput."""
    if text.startswith(("http:", "https:")):
        raise BadInput(
            f"{place} names an image elsewhere, and images are not fetched", hint="send it as a data URL", field=place
        )
    try:
        content = b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except ValueError as error:
        raise BadInput(f"{place} is no base64: {error}", hint="send the image's bytes as base64", field=place) from None
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "image/jpeg")
    return Image(blake2b(content, digest_size=16).hexdigest(), kind), content
