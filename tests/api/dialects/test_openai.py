"""OpenAI's dialect over a real socket: chunks, objects, names, errors."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from typing import Any

import httpx
import pytest

from tests.api.dialects.conftest import ANSWER, ASKED, prompt
from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer

CHAT = "/v1/chat/completions"
USAGE = {
    "prompt_tokens": 26,
    "completion_tokens": 9,
    "total_tokens": 35,
    "prompt_tokens_details": {"cached_tokens": 0},
}


def chunks(answer: httpx.Response) -> list[dict[str, Any]]:
    """The objects of a stream that ends as it should."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream"
    *events, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    found: list[dict[str, Any]] = [json.loads(event.removeprefix("data: ")) for event in events]
    assert all(isinstance(one["choices"], list) for one in found), "a chunk without choices breaks clients"
    return found


def deltas(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["choices"][0]["delta"] for one in found if one["choices"]]


def error(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()["error"]
    assert set(told) == {"message", "type", "param", "code"} and told["type"] == kind
    return told


# --- chats -----------------------------------------------------------------------------------------------------------


def test_a_stream_names_the_role_then_the_text_then_the_sources_then_the_end(
    client: httpx.Client, server: Server
) -> None:
    found = chunks(client.post(CHAT, json={"model": "plant", "messages": ASKED, "stream": True}))
    first, *_, sources, end = found
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("content") or "" for delta in deltas(found)) == ANSWER
    assert len({(one["id"], one["created"], one["object"]) for one in found}) == 1
    (note,) = sources["choices"][0]["delta"]["annotations"]
    cited = note["url_citation"]
    assert note["type"] == "url_citation"
    assert ANSWER[cited["start_index"] : cited["end_index"]] == "[1]"
    assert cited["url"].startswith(f"{server.url}/#/documents/") and cited["title"] == "pumps.md, lines 1-2"
    assert sources["citations"] == [cited["url"]] and sources["sources"][0]["path"] == "pumps.md"
    assert end["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert not any("usage" in one for one in found), "usage comes in a chunk of its own, and only when it is asked for"


def test_usage_comes_last_and_alone_when_it_is_asked_for(client: httpx.Client) -> None:
    body = {"model": "plant", "messages": ASKED, "stream": True, "stream_options": {"include_usage": True}}
    *before, last = chunks(client.post(CHAT, json=body))
    assert last["choices"] == [] and last["usage"] == USAGE
    assert not any(one.get("usage") for one in before)


@pytest.mark.parametrize("path", [CHAT, "/chat/completions", "/api/chat/completions"])
def test_a_whole_answer_carries_its_citations(client: httpx.Client, path: str) -> None:
    told = client.post(path, json={"model": "plant", "messages": ASKED}).json()
    (choice,) = told["choices"]
    assert told["object"] == "chat.completion" and choice["finish_reason"] == "stop" and told["usage"] == USAGE
    assert choice["message"]["role"] == "assistant" and choice["message"]["content"] == ANSWER
    (note,) = choice["message"]["annotations"]
    assert set(note["url_citation"]) == {"url", "title", "start_index", "end_index", "content"}
    assert told["citations"] == [note["url_citation"]["url"]]


def test_parts_of_content_and_the_developer_role_are_taken(client: httpx.Client, model: FakeModelServer) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "When does"}, {"type": "text", "text": "the reserve pump start?"}, picture]
    messages = [{"role": "developer", "content": "Be short."}, {"role": "user", "content": content}]
    told = client.post(CHAT, json={"model": "plant", "messages": messages}).json()
    assert told["choices"][0]["message"]["content"] == ANSWER
    system, user = prompt(model)
    assert system == {"role": "system", "content": "Be short."}
    assert "When does\n\nthe reserve pump start?" in user["content"] and "4.2 bar" in user["content"]
    assert user["images"] == ["iVBORw0KGgo="]


@pytest.mark.parametrize("name", ["plant", "plain/ollama.tiny", "plant/quotes"])
def test_a_system_prompt_alone_is_answered_without_a_search(
    client: httpx.Client, model: FakeModelServer, name: str
) -> None:
    told = client.post(CHAT, json={"model": name, "messages": [{"role": "system", "content": "Greet."}]})
    assert told.status_code == 200 and "annotations" not in told.json()["choices"][0]["message"]
    if name != "plant/quotes":
        assert prompt(model) == [{"role": "system", "content": "Greet."}]


def test_wishes_reach_an_openai_upstream(client: httpx.Client, model: FakeModelServer) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    body = {
        "model": "plain/openai.tiny",
        "messages": [{"role": "system", "content": "s"}, *ASKED],
        "temperature": 0.3,
        "top_p": 0.8,
        "presence_penalty": 0.6,
        "stop": "END",
        "seed": 7,
        "max_completion_tokens": 55,
        "tools": [tool],
        "tool_choice": "auto",
        "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "A", "schema": schema, "strict": True}},
        "logit_bias": {"5": 1},
    }
    assert client.post(CHAT, json=body).status_code == 200
    sent = model.chats[-1].body
    assert sent["messages"] == body["messages"]
    assert {
        name: sent[name] for name in ("temperature", "top_p", "presence_penalty", "seed", "tools", "tool_choice")
    } == {name: body[name] for name in ("temperature", "top_p", "presence_penalty", "seed", "tools", "tool_choice")}
    assert (sent["max_tokens"], sent["stop"], sent["reasoning_effort"]) == (55, ["END"], "low")
    assert sent["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize("provider", ["ollama", "openai"])
def test_a_call_of_a_tool_is_streamed_and_its_result_taken_back(
    client: httpx.Client, model: FakeModelServer, provider: str
) -> None:
    model.behaviour, model.reply = "calls_tool", ()
    tools = [{"type": "function", "function": {"name": "weather"}}]
    body = {"model": f"plant/{provider}.tiny", "messages": ASKED, "tools": tools}
    found = chunks(client.post(CHAT, json=body | {"stream": True}))
    (call,) = next(delta["tool_calls"] for delta in deltas(found) if "tool_calls" in delta)
    assert call["index"] == 0 and call["type"] == "function" and call["id"]
    assert json.loads(call["function"]["arguments"]) == {"city": "Oslo", "days": 2}
    assert found[-1]["choices"][0]["finish_reason"] == "tool_calls"
    whole = client.post(CHAT, json=body).json()["choices"][0]
    assert whole["message"]["content"] is None and whole["finish_reason"] == "tool_calls"
    asked = prompt(model)
    model.behaviour, model.reply = "answer", ("It rains, at 4.2 bar [1].",)
    result = {"role": "tool", "tool_call_id": call["id"], "content": "rain"}
    again = [*ASKED, {"role": "assistant", "content": None, "tool_calls": [call]}, result]
    told = client.post(CHAT, json=body | {"messages": again}).json()
    assert prompt(model)[: len(asked)] == asked
    assert (prompt(model)[-1]["role"], prompt(model)[-1]["content"]) == ("tool", "rain")
    assert told["sources"][0]["path"] == "pumps.md", "the passages of the question can be cited behind a tool's result"


def test_reasoning_has_its_own_field(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "thinks"
    found = chunks(client.post(CHAT, json={"model": "plant", "messages": ASKED, "stream": True}))
    assert "".join(delta.get("reasoning", "") for delta in deltas(found)) == "Let me see."
    told = client.post(CHAT, json={"model": "plant", "messages": ASKED}).json()
    assert told["choices"][0]["message"]["reasoning"] == "Let me see."


def test_an_answer_cut_at_its_length_says_so(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "length"
    told = client.post(CHAT, json={"model": "plant", "messages": ASKED, "max_tokens": 5}).json()
    assert told["choices"][0]["finish_reason"] == "length"


# --- extras ------------------------------------------------------------------------------------------------------------


def test_a_client_may_leave_documents_out_or_name_those_that_count(
    client: httpx.Client, model: FakeModelServer
) -> None:
    without = client.post(CHAT, json={"model": "plant", "messages": ASKED, "use_context": False}).json()
    assert prompt(model) == ASKED and "sources" not in without
    listed = client.post(CHAT, json={"model": "plant", "messages": ASKED, "include_sources": True}).json()["sources"]
    assert {one["path"] for one in listed} == {"pumps.md", "valves.md"}
    valves = next(one["document_id"] for one in listed if one["path"] == "valves.md")
    body = {"model": "plant", "messages": ASKED, "include_sources": True, "context_filter": {"docs_ids": [valves]}}
    assert {one["path"] for one in client.post(CHAT, json=body).json()["sources"]} == {"valves.md"}
    assert "pumps.md" not in prompt(model)[-1]["content"]


# --- completions, vectors, ranking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plain/ollama.tiny", "plant/openai.tiny"])
def test_a_completion_is_what_stands_between_prompt_and_suffix(
    client: httpx.Client, model: FakeModelServer, name: str
) -> None:
    body = {"model": name, "prompt": "def f(", "suffix": "return", "max_tokens": 16, "stop": ["\n"]}
    told = client.post("/v1/completions", json=body).json()
    assert told["object"] == "text_completion" and told["choices"][0]["text"] == ANSWER
    sent = model.seen[-1].body
    assert (sent["prompt"], sent["suffix"]) == ("def f(", "return"), "nothing is put before a prompt"
    found = chunks(client.post("/v1/completions", json=body | {"stream": True}))
    assert "".join(one["choices"][0]["text"] for one in found) == ANSWER


def test_mistral_s_form_of_a_completion_is_a_chat_s(client: httpx.Client) -> None:
    body = {"model": "plain/ollama.tiny", "prompt": "def f(", "suffix": "return", "stream": True}
    found = chunks(client.post("/v1/fim/completions", json=body))
    assert "".join(delta["content"] for delta in deltas(found)) == ANSWER


@pytest.mark.parametrize("tokens", [[1, 2], [[1, 2], [3]]])
def test_token_numbers_are_refused_with_what_to_set(client: httpx.Client, tokens: list[Any]) -> None:
    """LangChain sends them unless told otherwise."""
    answer = client.post("/v1/embeddings", json={"model": "plain/ollama.tiny", "input": tokens})
    assert answer.status_code == 400 and "check_embedding_ctx_length" in answer.json()["error"]["message"]


def test_vectors_come_as_numbers_or_base64(client: httpx.Client) -> None:
    body = {"model": "plain/ollama.tiny", "input": ["a pump", "a valve"]}
    floats = [one["embedding"] for one in client.post("/v1/embeddings", json=body).json()["data"]]
    packed = client.post("/v1/embeddings", json=body | {"encoding_format": "base64"}).json()["data"]
    for row, one in zip(floats, packed, strict=True):
        raw = b64decode(one["embedding"])
        assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(row)
    assert sum(value * value for value in floats[0]) == pytest.approx(1.0, abs=1e-5)
    ollama = client.post("/api/embed", json=body).json()["embeddings"]
    assert ollama == floats
    single = client.post("/api/embeddings", json={"model": "plain/ollama.tiny", "prompt": "a pump"}).json()
    assert single["embedding"] == pytest.approx(floats[0])


def test_texts_go_to_the_embedder_as_they_are(client: httpx.Client, model: FakeModelServer) -> None:
    assert client.post("/v1/embeddings", json={"model": "plain/openai.tiny", "input": "a pump"}).status_code == 200
    assert model.seen[-1].body["input"] == ["a pump"]


def test_documents_are_ranked_under_both_names(client: httpx.Client) -> None:
    body = {"model": "any", "query": "reserve pump", "documents": ["a valve", {"text": "the reserve pump"}], "top_n": 1}
    told = client.post("/v1/rerank", json=body).json()
    assert told["data"] == told["results"] == [{"index": 1, "relevance_score": 2.0}]


# --- models ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["plant", "plant:latest", "plant/ollama.tiny:latest", "plant%2Follama.tiny", "plain/openai.large:7b"]
)
@pytest.mark.parametrize("base", ["/v1/models", "/models"])
def test_a_model_is_found_by_its_name_with_slashes_raw_or_encoded(client: httpx.Client, name: str, base: str) -> None:
    told = client.get(f"{base}/{name}").json()
    assert told["object"] == "model" and isinstance(told["created"], int) and told["owned_by"]


def test_every_listed_model_can_be_asked_for(client: httpx.Client) -> None:
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list" and {"plant", "gpt-4o"} <= {one["id"] for one in listed["data"]}
    for one in listed["data"]:
        assert client.get(f"/v1/models/{one['id']}").status_code == 200, one["id"]


# --- errors ------------------------------------------------------------------------------------------------------------

BAD = [
    (CHAT, b"", None),
    (CHAT, b"\xff{}", None),
    (CHAT, {"messages": ASKED}, "model"),
    (CHAT, {"model": "plant"}, "messages"),
    (CHAT, {"model": "plant", "messages": [{"role": "wizard", "content": "x"}]}, "messages.0.role"),
    (CHAT, {"model": "plant", "messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages.0.content.0.type"),
    (
        CHAT,
        {"model": "plant", "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}]},
        "messages.0.content.0.image_url",
    ),
    (CHAT, {"model": "plant", "messages": ASKED, "temperature": 9}, "temperature"),
    (CHAT, {"model": "plant", "messages": ASKED, "max_tokens": 0}, "max_tokens"),
    (CHAT, {"model": "plant", "messages": ASKED, "response_format": {"type": "xml"}}, "response_format.type"),
    (CHAT, {"model": "plant", "messages": ASKED, "reasoning_effort": "huge"}, "reasoning_effort"),
    ("/v1/completions", {"model": "plain/ollama.tiny", "prompt": ["a", "b"]}, "prompt"),
    ("/v1/completions", {"model": "plain/ollama.tiny", "prompt": [1, 2]}, "prompt"),
    ("/v1/completions", {"model": "plant/quotes", "prompt": "a"}, "model"),
    ("/v1/embeddings", {"model": "plain/ollama.tiny", "input": []}, "input"),
    ("/v1/embeddings", {"model": "plain/ollama.tiny", "input": "a", "encoding_format": "hex"}, "encoding_format"),
    ("/v1/rerank", {"model": "x", "query": "q", "documents": [1]}, "documents"),
    ("/v1/responses", {"model": "plant", "input": "hi", "previous_response_id": "r"}, "previous_response_id"),
    ("/v1/responses", {"model": "plant", "input": []}, "input"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "field"), BAD)
def test_a_client_s_mistake_is_a_400_that_names_the_field(
    client: httpx.Client, path: str, body: Any, field: str | None
) -> None:
    answer = client.post(path, content=body) if isinstance(body, bytes) else client.post(path, json=body)
    assert error(answer, 400, "invalid_request_error")["param"] == field


def test_an_unknown_model_is_not_found(client: httpx.Client) -> None:
    for path in (CHAT, "/v1/completions", "/v1/embeddings", "/v1/responses"):
        body = {"model": "nothing-here", "messages": ASKED, "prompt": "x", "input": "x"}
        assert error(client.post(path, json=body), 404, "not_found_error")["code"] == "model_not_found"
    error(client.get("/v1/models/nothing-here"), 404, "not_found_error")


def test_a_name_of_two_providers_says_how_to_tell_them_apart(client: httpx.Client) -> None:
    told = error(client.post(CHAT, json={"model": "tiny", "messages": ASKED}), 404, "not_found_error")
    assert "ollama.tiny" in told["message"] and "openai.tiny" in told["message"]


def test_paths_that_are_none_are_told_in_openai_s_form(client: httpx.Client) -> None:
    told = error(client.post("/v1/audio/transcriptions", json={}), 404, "not_found_error")
    assert told["code"] == "not_found"
    error(client.post("/v1/messages", json={}), 404, "not_found_error")


def test_a_prompt_that_is_too_long_has_openai_s_code(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "too_long_openai"
    answer = client.post(CHAT, json={"model": "plain/openai.tiny", "messages": ASKED})
    assert error(answer, 400, "invalid_request_error")["code"] == "context_length_exceeded"


def test_a_failure_in_the_middle_is_an_event_with_an_error(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "cut"
    answer = client.post(CHAT, json={"model": "plant", "messages": ASKED, "stream": True})
    last = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert answer.status_code == 200 and last["error"]["message"] and "[DONE]" not in answer.text


# --- responses ---------------------------------------------------------------------------------------------------------


def test_a_response_holds_its_text_and_flat_citations(client: httpx.Client) -> None:
    told = client.post(
        "/v1/responses", json={"model": "plant", "input": ASKED[0]["content"], "instructions": "s"}
    ).json()
    assert told["object"] == "response" and told["status"] == "completed" and told["usage"]["total_tokens"] == 35
    (item,) = told["output"]
    (part,) = item["content"]
    assert part["text"] == ANSWER
    assert {"type", "url", "title", "start_index", "end_index"} <= set(part["annotations"][0])


def test_a_response_s_events_are_numbered_and_typed(client: httpx.Client) -> None:
    answer = client.post("/v1/responses", json={"model": "plant", "input": ASKED, "stream": True})
    events = [event.split("\n") for event in answer.text.strip().split("\n\n")]
    data = [json.loads(body.removeprefix("data: ")) for _, body in events]
    assert [head.removeprefix("event: ") for head, _ in events] == [one["type"] for one in data]
    assert [one["sequence_number"] for one in data] == list(range(len(data)))
    kinds = [one["type"].removeprefix("response.") for one in data]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert kinds[-5:] == [
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert "".join(one["delta"] for one in data if one["type"] == "response.output_text.delta") == ANSWER


def test_a_response_s_calls_of_tools_come_back_with_their_results(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour, model.reply = "calls_tool", ()
    tools = [{"type": "function", "name": "weather", "parameters": {"type": "object"}}]
    body = {"model": "plant", "input": ASKED, "tools": tools}
    (call,) = client.post("/v1/responses", json=body).json()["output"]
    assert (call["type"], call["name"]) == ("function_call", "weather")
    assert model.chats[-1].body["tools"][0]["function"]["name"] == "weather"
    model.behaviour, model.reply = "answer", ("It rains.",)
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}
    told = client.post("/v1/responses", json=body | {"input": [*ASKED, call, result]}).json()
    assert told["output"][0]["content"][0]["text"] == "It rains."
    assert prompt(model)[-1]["content"] == "rain" and prompt(model)[-1]["tool_name"] == "weather"
