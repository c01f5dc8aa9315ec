"""Requests as real clients sent them, recorded from the clients themselves and sent again: each gets what that client reads.

A line of `client_traces.jsonl` is one request: client, method, path, headers, body, and the status that it counted on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.model_server import FakeModelServer

TRACES = [json.loads(line) for line in Path(__file__).with_name("client_traces.jsonl").read_text("utf-8").splitlines()]
CHATS = ("/api/chat", "/v1/chat/completions")
NOT_HERE = ("/v1/messages",)  # a dialect that is not spoken
OLLAMAS_OWN = ("/api/pull", "/api/copy", "/api/create", "/api/delete")  # the fake knows some of them


def replayed(client: httpx.Client, trace: dict[str, Any], model: str) -> httpx.Response:
    """The same request, with a model that there is, unless the client counted on there being none."""
    body = dict(trace["body"]) if trace["body"] else None
    if body and trace["status"] != 404:
        for name in {"model", "name"} & set(body):
            body[name] = model
    content = None if body is None else json.dumps(body).encode()
    return client.request(trace["method"], trace["path"], content=content, headers=trace["headers"])


def has_its_form(trace: dict[str, Any], answer: httpx.Response) -> None:
    """The media type and the objects that belong to path and `stream`."""
    body, path = trace["body"] or {}, trace["path"]
    ollama_stream = path in ("/api/chat", "/api/generate") and body.get("stream") is not False
    if ollama_stream:
        assert answer.headers["content-type"] == "application/x-ndjson"
        objects = [json.loads(line) for line in answer.text.splitlines()]
        assert answer.text.endswith("\n") and objects[-1]["done"] is True
        part = "message" if path == "/api/chat" else "response"
        assert all(part in one and "error" not in one and "type" not in one for one in objects)
    elif body.get("stream"):
        assert answer.headers["content-type"] == "text/event-stream"
        if path != "/v1/responses":
            assert answer.text.endswith("data: [DONE]\n\n")
    else:
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json().get("error") is None


REPLAYED = [one for one in TRACES if one["path"] not in (*NOT_HERE, *OLLAMAS_OWN)]


@pytest.mark.parametrize("model", ["plant", "plain/ollama.tiny"])
@pytest.mark.parametrize("trace", REPLAYED, ids=lambda one: f"{one['client']} {one['method']} {one['path']}")
def test_a_recorded_request_is_answered_in_the_form_its_client_reads(
    client: httpx.Client, trace: dict[str, Any], model: str
) -> None:
    if trace["path"] in ("/api/embed", "/api/embeddings", "/v1/embeddings"):
        model = "plain/ollama.tiny"
    if trace["path"].startswith("/v1/models/"):
        trace = {**trace, "path": f"/v1/models/{model}"}
    answer = replayed(client, trace, model)
    assert answer.status_code == trace["status"], answer.text
    if trace["status"] == 200:
        has_its_form(trace, answer)
    else:
        assert answer.json()["error"]


@pytest.mark.parametrize("trace", [one for one in TRACES if one["path"] in CHATS and one["status"] == 200])
def test_what_a_recorded_client_says_reaches_the_model_word_for_word(
    client: httpx.Client, model: FakeModelServer, trace: dict[str, Any]
) -> None:
    replayed(client, trace, "plain/ollama.tiny")
    said = [one.get("content") or "" for one in trace["body"]["messages"]]
    sent = model.chats[-1].body
    assert [one["content"] for one in sent["messages"]] == said
    assert sent.get("tools", []) == trace["body"].get("tools", [])


def test_paths_of_dialects_that_are_not_spoken_are_told_to_be_none(client: httpx.Client) -> None:
    traces = [one for one in TRACES if one["path"] in NOT_HERE]
    assert traces
    for trace in traces:
        assert replayed(client, trace, "plant").status_code == 404
