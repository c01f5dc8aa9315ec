"""An answer's events -> Ollama's lines and objects. Sources stand in the last one, the only place that all clients take."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from ibidem.api.dialects.answering import Written
from ibidem.api.dialects.ollama_context import context_of
from ibidem.api.dialects.reply import line, packed
from ibidem.models.base import Done, ModelEvent, ReasoningDelta, TextDelta, ToolCall
from ibidem.types import Usage

Kind = Literal["chat", "generate"]
NS = 1_000_000  # in a millisecond: durations are in nanoseconds


def said(
    model: str, kind: Kind, text: str = "", *, thinking: str = "", calls: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A line of an answer. Every one of a chat holds a whole message: clients break without."""
    about = {"model": model, "created_at": _now()}
    more = {"thinking": thinking} if thinking else {}
    if kind == "generate":
        return {**about, "response": text, **more, "done": False}
    message = {"role": "assistant", "content": text, **more, **({"tool_calls": calls} if calls else {})}
    return {**about, "message": message, "done": False}


def ended(model: str, kind: Kind, reason: str, usage: Usage | None = None, **timings: float) -> dict[str, Any]:
    """The last line. `timings` in milliseconds: total_ms, and first_ms until the first token."""
    total, first = timings.get("total_ms", 0.0), timings.get("first_ms", 0.0)
    last = said(model, kind) | {"done": True, "done_reason": reason}
    if usage is None:
        return last
    return last | {
        "total_duration": int(total * NS),
        "load_duration": 0,
        "prompt_eval_count": usage.prompt,
        "prompt_eval_duration": int(first * NS),
        "eval_count": usage.completion,
        "eval_duration": int(max(0.0, total - first) * NS),
    }


def _now() -> str:
    """Made for every token, so its seconds are kept."""
    second, millisecond = divmod(time.time_ns() // NS, 1000)
    return f"{_second(second)}.{millisecond:03}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def tool_call(call: ToolCall, place: int) -> dict[str, Any]:
    known = {"id": call.id} if call.id else {}
    return {**known, "function": {"index": place, "name": call.name, "arguments": call.arguments}}


def _end_of(written: Written, kind: Kind) -> dict[str, Any]:
    draft = written.draft
    first, total = draft.timings.get("first_token_ms", 0.0), draft.timings.get("total_ms", 0.0)
    last = ended(written.question.target.name, kind, draft.reason, draft.usage, total_ms=total, first_ms=first)
    if kind == "generate":
        last["context"] = context_of(written.question.messages, draft.text)
    return last | ({"sources": written.sources} if written.sources else {})


async def lines(written: Written, kind: Kind) -> AsyncGenerator[bytes, None]:
    """NDJSON of a chat, or of a generated text."""
    name = written.question.target.name
    async with aclosing(written.events()) as events:
        async for one in events:
            match one.name:
                case "delta":
                    yield line(said(name, kind, one.data["text"]))
                case "reasoning":
                    yield line(said(name, kind, thinking=one.data["text"]))
                case "logprobs":
                    yield line(said(name, kind) | {"logprobs": one.data["tokens"]})
                case "tool_call":
                    place = len(written.draft.calls) - 1
                    yield line(said(name, kind, calls=[tool_call(written.draft.calls[place], place)]))
    yield line(_end_of(written, kind))


async def whole(written: Written, kind: Kind) -> AsyncGenerator[bytes, None]:
    """One object of all of it."""
    text, thinking = await written.whole()
    calls = [tool_call(call, place) for place, call in enumerate(written.draft.calls)]
    answer = said(written.question.target.name, kind, text, thinking=thinking, calls=calls)
    last = _end_of(written, kind)
    tokens = {"logprobs": written.draft.logprobs} if written.draft.logprobs else {}
    yield packed({**last, **answer, **tokens, "done": True})


# --- completions -----------------------------------------------------------------------------------------------------


async def completion_lines(parts: AsyncGenerator[ModelEvent, None], model: str) -> AsyncGenerator[bytes, None]:
    began, first_ms = time.perf_counter(), 0.0
    async with aclosing(parts):
        async for part in parts:
            first_ms = first_ms or _ms_since(began)
            match part:
                case TextDelta(text):
                    yield line(said(model, "generate", text))
                case ReasoningDelta(text):
                    yield line(said(model, "generate", thinking=text))
                case Done(usage, reason):
                    end = ended(model, "generate", reason, usage, total_ms=_ms_since(began), first_ms=first_ms)
                    yield line(end)


async def completion_object(parts: AsyncGenerator[ModelEvent, None], model: str) -> AsyncGenerator[bytes, None]:
    began, first_ms, text = time.perf_counter(), 0.0, ""
    async with aclosing(parts):
        async for part in parts:
            first_ms = first_ms or _ms_since(began)
            match part:
                case TextDelta(piece):
                    text += piece
                case Done(usage, reason):
                    end = ended(model, "generate", reason, usage, total_ms=_ms_since(began), first_ms=first_ms)
                    yield packed({**end, "response": text})


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
