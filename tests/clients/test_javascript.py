"""ollama-js and openai-node, beside chatting."""

from __future__ import annotations

from typing import Any

import pytest

from ibidem.api.dialects.ollama_discovery import VERSION
from tests.api.dialects.conftest import ANSWER, ASKED, QUESTION
from tests.clients.callers import NODE, Call, call_js
from tests.clients.test_python import WEATHER
from tests.fakes.model_server import FakeModelServer

pytestmark = pytest.mark.skipif(not NODE.exists(), reason="not installed: `make clients` does that")


def test_ollama_js_finds_its_way(call: Call) -> None:
    assert ollama(call, "version")["version"] == VERSION
    assert "plant:latest" in [one["name"] for one in ollama(call, "list")["models"]]
    assert ollama(call, "ps")["models"] == []
    shown = ollama(call, "show", {"model": "plant"})
    assert "completion" in shown["capabilities"]
    assert shown["model_info"]["general.architecture"] == "ibidem"


def test_ollama_js_generates_embeds_and_calls_tools(call: Call, model: FakeModelServer) -> None:
    streamed = call_js(call.relay, "ollama", "generate", {"model": "plant", "prompt": QUESTION, "stream": True})
    assert streamed["text"] == ANSWER
    assert streamed["parts"][-1]["done"] is True
    between = {"model": "plain/ollama.tiny", "prompt": "def f(", "suffix": "return"}
    assert ollama(call, "generate", between)["response"] == ANSWER
    texts = {"model": "plain/ollama.tiny", "input": ["a", "b"]}
    assert len(ollama(call, "embed", texts)["embeddings"]) == 2
    model.behaviour = "calls_tool"
    asked = {"model": "plant", "messages": ASKED, "tools": [WEATHER], "stream": True}
    calls = [part["message"].get("tool_calls") for part in call_js(call.relay, "ollama", "chat", asked)["parts"]]
    assert [one[0]["function"]["arguments"] for one in calls if one] == [{"city": "Oslo", "days": 2}]


def test_ollama_js_sees_the_sources_on_the_last_line(call: Call) -> None:
    parts = call_js(call.relay, "ollama", "chat", {"model": "plant", "messages": ASKED, "stream": True})["parts"]
    assert [one["path"] for one in parts[-1]["sources"]] == ["pumps.md"]
    assert not any("sources" in part for part in parts[:-1])


def test_openai_node_lists_embeds_completes_and_responds(call: Call) -> None:
    assert "plant" in [one["id"] for one in openai(call, "models.list")["data"]]
    (vector,) = openai(call, "embeddings.create", {"model": "plain/ollama.tiny", "input": "a"})["data"]
    assert all(isinstance(one, float) for one in vector["embedding"]), "asked for as base64, and read"
    between = {"model": "plain/openai.tiny", "prompt": "def f(", "suffix": "return"}
    assert openai(call, "completions.create", between)["choices"][0]["text"] == ANSWER
    assert openai(call, "responses.create", {"model": "plant", "input": QUESTION})["output_text"] == ANSWER


def test_openai_node_sees_citations_usage_and_tools(call: Call, model: FakeModelServer) -> None:
    body = {"model": "plant", "messages": ASKED, "stream": True, "stream_options": {"include_usage": True}}
    parts = call_js(call.relay, "openai", "chat.completions.create", body)["parts"]
    notes = [note for part in parts for choice in part["choices"] for note in choice["delta"].get("annotations", [])]
    assert [note["url_citation"]["title"] for note in notes] == ["pumps.md, lines 1-2"]
    assert parts[-1]["usage"]["total_tokens"] == 35
    model.behaviour = "calls_tool"
    body = {"model": "plant", "messages": ASKED, "tools": [WEATHER]}
    (tool,) = openai(call, "chat.completions.create", body)["choices"][0]["message"]["tool_calls"]
    assert tool["function"]["name"] == "weather"


def ollama(call: Call, method: str, body: Any = None) -> Any:
    return call_js(call.relay, "ollama", method, body)["answer"]


def openai(call: Call, method: str, body: Any = None) -> Any:
    told = call_js(call.relay, "openai", method, body, **({} if body else {"arguments": []}))
    return told["answer"]
