"""The OpenAI shapes of a request and of its streamed answer: what OpenAI-compatible servers and llama.cpp's engine speak."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from ibidem.models.base import (
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    Done,
    Logprobs,
    ModelEvent,
    PromptProgress,
    ReasoningDelta,
    Sampling,
    TextDelta,
    ToolCall,
    base64_images,
)
from ibidem.models.http import ModelServer
from ibidem.models.upstream import as_count, as_dict, as_dicts, as_text
from ibidem.types import Usage

MOST_CALLS = 128  # tools called by one answer


def chat_body(request: ChatRequest, model: str) -> dict[str, Any]:
    """A request in the OpenAI shape, streamed, with its usage at the end."""
    body = {"model": model, "messages": messages_body(request.messages, request.images), **_common(request)}
    if request.schema:
        schema = {"name": "answer", "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif request.schema is not None:
        body["response_format"] = {"type": "json_object"}
    if request.tools:
        body["tools"] = list(request.tools)
        if request.tool_choice is not None:
            body["tool_choice"] = request.tool_choice
    if request.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request.logprobs}
    if isinstance(request.think, str):
        body["reasoning_effort"] = request.think
    elif request.think is not None:
        body["chat_template_kwargs"] = {"enable_thinking": request.think}  # llama.cpp, vLLM
    return body


def completion_body(request: CompletionRequest, model: str) -> dict[str, Any]:
    body = {"model": model, "prompt": request.prompt, **_common(request)}
    return {**body, "suffix": request.suffix} if request.suffix else body


def _common(request: ChatRequest | CompletionRequest) -> dict[str, Any]:
    return {
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens,
        **_sampling(request.temperature, request.sampling),
    }


def _sampling(temperature: float | None, sampling: Sampling) -> dict[str, Any]:
    wished = {"temperature": temperature, **asdict(sampling), "stop": list(sampling.stop) or None}
    return {name: value for name, value in wished.items() if value is not None}


def messages_body(messages: Sequence[ChatMessage], images: Mapping[str, bytes] | None = None) -> list[dict[str, Any]]:
    return [_message_body(message, images or {}) for message in messages]


def _message_body(message: ChatMessage, images: Mapping[str, bytes]) -> dict[str, Any]:
    """Only a message with pictures is sent in parts: not every server takes those."""
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if found := base64_images(message, images):
        urls = [{"url": f"data:{media_type};base64,{data}"} for media_type, data in found]
        text = [{"type": "text", "text": message.content}]
        body["content"] = [*text, *({"type": "image_url", "image_url": url} for url in urls)]
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id or f"call_{place}",
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
            }
            for place, call in enumerate(message.tool_calls)
        ]
    if message.role == "tool":
        body["tool_call_id"] = message.tool_call_id or "call_0"
    return body


class Completion:
    """Reads a streamed chat completion."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._usage = Usage()
        self._reason: Literal["stop", "length"] | None = None
        self._calls: dict[int, dict[str, str]] = {}  # tools called, by index, as far as they have come

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        name, _, data = line.partition(":")
        if name == "data":
            return self._read_data(data.strip())
        if line.startswith("{"):
            self._server.parse(line)  # some servers report an error without the SSE frame
        elif name == "error":
            self._server.parse(f'{{"error": {data}}}')  # the frame of older llama-servers
        return None  # a comment, a blank line, or a field that has no use here

    def _read_data(self, data: str) -> Sequence[ModelEvent]:
        if data == "[DONE]":
            return [*self._whole_calls(), Done(self._usage, self._reason or "stop")]
        chunk = self._server.parse(data)
        if counts := as_dict(chunk.get("usage")):
            self._usage = Usage(
                prompt=as_count(counts.get("prompt_tokens")),
                reused=as_count(as_dict(counts.get("prompt_tokens_details")).get("cached_tokens")),
                completion=as_count(counts.get("completion_tokens")),
            )
        choices = chunk.get("choices")
        choice = as_dict(choices[0]) if isinstance(choices, list) and choices else {}
        if reason := choice.get("finish_reason"):
            self._reason = "length" if reason == "length" else "stop"
        delta = as_dict(choice.get("delta"))
        events: list[ModelEvent] = []
        if progress := as_dict(chunk.get("prompt_progress")):  # llama.cpp, where it was asked for
            events.append(PromptProgress(as_count(progress.get("processed")), as_count(progress.get("total"))))
        if reasoning := as_text(delta.get("reasoning_content") or delta.get("reasoning")):
            events.append(ReasoningDelta(reasoning))
        if content := as_text(delta.get("content") or choice.get("text")):  # `text` is a completion's
            events.append(TextDelta(content))
        if tokens := as_dicts(as_dict(choice.get("logprobs")).get("content")):
            events.append(Logprobs(tokens))
        self._take_calls(delta.get("tool_calls"))
        return [*events, *self._whole_calls()] if reason else events

    def _take_calls(self, parts: Any) -> None:
        """Names come whole, arguments in pieces."""
        for place, part in enumerate(parts if isinstance(parts, list) else ()):
            index = as_count(as_dict(part).get("index", place))
            if index >= MOST_CALLS:
                continue
            call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            function = as_dict(as_dict(part).get("function"))
            call["id"] = call["id"] or as_text(as_dict(part).get("id"))
            call["name"] = call["name"] or as_text(function.get("name"))
            call["arguments"] += as_text(function.get("arguments"))

    def _whole_calls(self) -> list[ToolCall]:
        """The calls that have come; each is told once."""
        calls, self._calls = self._calls, {}
        return [ToolCall(call["name"], _object(call["arguments"]), call["id"]) for _, call in sorted(calls.items())]

    def end(self) -> Done | None:
        """Some servers leave out `[DONE]`; a finish reason says as well that the text is whole."""
        return Done(self._usage, self._reason) if self._reason else None


def _object(text: str) -> dict[str, Any]:
    """A call's arguments; none where the model wrote what is no JSON object."""
    try:
        return as_dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}
