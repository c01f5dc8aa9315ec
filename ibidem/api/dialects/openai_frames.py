"""An answer's events -> OpenAI's chunks and objects. Sources stand on the last delta, in forms that every client takes."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from ibidem.api.dialects.answering import Written
from ibidem.api.dialects.reply import event, packed
from ibidem.models.base import Done, ModelEvent, TextDelta, ToolCall
from ibidem.types import Usage

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"  # not `: ping`, at which Continue throws away what it has read


class _Stamp:
    """The same id and time on all chunks of an answer."""

    def __init__(self, kind: str, model: str, prefix: str = "chatcmpl") -> None:
        self._same = {
            "id": f"{prefix}-{secrets.token_hex(12)}",
            "object": kind,
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": "ibidem",
        }

    def __call__(self, choices: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {**self._same, "choices": list(choices), **more}


def _choice(
    delta: dict[str, Any], reason: str | None = None, logprobs: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    told = {"logprobs": {"content": logprobs}} if logprobs else {}
    return {"index": 0, "delta": delta, **told, "finish_reason": reason}


async def chat_chunks(written: Written, *, with_usage: bool) -> AsyncGenerator[bytes, None]:
    """Server-sent events of a chat."""
    stamp = _Stamp("chat.completion.chunk", written.question.target.name)
    opened = False

    def chunk(delta: dict[str, Any], logprobs: list[dict[str, Any]] | None = None, **more: Any) -> bytes:
        """The first chunk tells the role beside what it says; an error before it still has a status of its own."""
        nonlocal opened
        head = b"" if opened else event(stamp([_choice({"role": "assistant", "content": ""})]))
        opened = True
        return head + event(stamp([_choice(delta, None, logprobs)], **more))

    async with aclosing(written.events()) as events:
        async for one in events:
            match one.name:
                case "delta":
                    yield chunk({"content": one.data["text"]})
                case "reasoning":
                    yield chunk({"reasoning": one.data["text"]})
                case "logprobs":
                    yield chunk({"content": ""}, one.data["tokens"])
                case "tool_call":
                    place = len(written.draft.calls) - 1
                    yield chunk({"tool_calls": [{"index": place, **tool_call(written.draft.calls[place], place)}]})
    if extras := written.extras:
        yield chunk({"content": "", "annotations": written.annotations}, **extras)
    if not opened:
        yield chunk({"content": ""})
    yield event(stamp([_choice({}, finish_reason(written))]))
    if with_usage:
        yield event(stamp([], usage=usage_of(written.draft.usage)))
    yield DONE


async def chat_object(written: Written) -> AsyncGenerator[bytes, None]:
    """One object of a whole chat."""
    text, reasoning = await written.whole()
    calls = [tool_call(call, place) for place, call in enumerate(written.draft.calls)]
    extras = written.extras
    message: dict[str, Any] = {"role": "assistant", "content": text or (None if calls else "")}
    message |= {"reasoning": reasoning} if reasoning else {}
    message |= {"tool_calls": calls} if calls else {}
    message |= {"annotations": written.annotations} if extras else {}
    stamp = _Stamp("chat.completion", written.question.target.name)
    logprobs = {"content": written.draft.logprobs, "refusal": None} if written.draft.logprobs else None
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason(written)}
    yield packed(stamp([choice], usage=usage_of(written.draft.usage), **extras))


def finish_reason(written: Written) -> str:
    return "tool_calls" if written.draft.calls else written.draft.reason


def tool_call(call: ToolCall, place: int) -> dict[str, Any]:
    """Always with an id, which some servers do not give."""
    return {
        "id": call.id or f"call_{place}_{call.name}",
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
    }


def usage_of(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.reused},
    }


# --- completions -----------------------------------------------------------------------------------------------------


async def completion_chunks(
    parts: AsyncGenerator[ModelEvent, None], model: str, *, with_usage: bool, as_chat: bool = False
) -> AsyncGenerator[bytes, None]:
    """Server-sent events of a completion; `as_chat` in the shape of a chat's, as `/fim/completions` has them."""
    stamp = _Stamp("chat.completion.chunk" if as_chat else "text_completion", model, "cmpl")

    def choice(text: str, reason: str | None = None) -> dict[str, Any]:
        said: dict[str, Any] = {"delta": {"role": "assistant", "content": text}} if as_chat else {"text": text}
        return {"index": 0, **said, "logprobs": None, "finish_reason": reason}

    done = Done()
    async with aclosing(parts):
        async for part in parts:
            match part:
                case TextDelta(text):
                    yield event(stamp([choice(text)]))
                case Done():
                    done = part
    yield event(stamp([choice("", done.reason)]))
    if with_usage:
        yield event(stamp([], usage=usage_of(done.usage)))
    yield DONE


async def completion_object(
    parts: AsyncGenerator[ModelEvent, None], model: str, *, as_chat: bool = False
) -> AsyncGenerator[bytes, None]:
    text, done = "", Done()
    async with aclosing(parts):
        async for part in parts:
            match part:
                case TextDelta(piece):
                    text += piece
                case Done():
                    done = part
    said: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if as_chat else {"text": text}
    choice = {"index": 0, **said, "logprobs": None, "finish_reason": done.reason}
    kind = "chat.completion" if as_chat else "text_completion"
    yield packed(_Stamp(kind, model, "cmpl")([choice], usage=usage_of(done.usage)))
