"""Ollama's dialect over a real socket: framing, fields, errors."""

from __future__ import annotations

import json
import zlib
from typing import Any

import httpx
import pytest

from tests.api.dialects.conftest import ANSWER, ASKED, QUESTION, prompt
from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    """The objects of an NDJSON answer, whose framing is what the strictest client wants."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text.endswith("\n") and "\n\n" not in answer.text
    found: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert not any("error" in one or "type" in one for one in found)
    return found


# --- looking around --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_says_that_ollama_is_running(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/")
    assert answer.status_code == 200
    assert answer.text == ("Ollama is running" if method == "GET" else "")


def test_a_browser_gets_the_page_at_the_root(client: httpx.Client) -> None:
    assert client.get("/", headers={"Accept": "text/html,*/*"}).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/version", "/api/tags"])
def test_head_is_answered_as_get(client: httpx.Client, path: str) -> None:
    assert client.head(path).status_code == client.get(path).status_code == 200


def test_the_version_is_one_that_clients_accept(client: httpx.Client) -> None:
    assert tuple(map(int, client.get("/api/version").json()["version"].split("."))) >= (0, 6, 4)


def test_tags_hold_workspaces_alone_and_with_each_model_and_models_alone(client: httpx.Client) -> None:
    models = client.get("/api/tags").json()["models"]
    names = {one["name"] for one in models}
    assert {"plant:latest", "plant/ollama.tiny:latest", "plain/openai.large:7b", "gpt-4o:latest"} <= names
    for one in models:
        assert {"name", "model", "modified_at", "size", "digest", "details"} <= set(one)
        assert {"format", "family", "parameter_size", "quantization_level"} <= set(one["details"])


def test_no_two_names_have_one_digest(client: httpx.Client) -> None:
    digests = [one["digest"] for one in client.get("/api/tags").json()["models"]]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("field", ["model", "name"])
@pytest.mark.parametrize("name", ["plant", "plant:latest", "plant/ollama.tiny", "plain/ollama.tiny:latest"])
def test_show_tells_what_clients_read(client: httpx.Client, field: str, name: str) -> None:
    shown = client.post("/api/show", json={field: name}).json()
    assert shown["capabilities"] == ["completion", "tools", "insert"]
    about = shown["model_info"]
    assert about[f"{about['general.architecture']}.context_length"] == 32768
    assert about["general.basename"]
    assert ".Suffix" in shown["template"]
    assert shown["parameters"] == "num_ctx 32768"


def test_every_name_on_offer_can_be_shown(client: httpx.Client) -> None:
    for one in client.get("/api/tags").json()["models"]:
        assert client.post("/api/show", json={"model": one["name"]}).status_code == 200, one["name"]


def test_nothing_is_loaded_while_no_engine_runs(client: httpx.Client) -> None:
    assert client.get("/api/ps").json() == {"models": []}


def test_what_ollama_has_loaded_is_listed_with_what_it_says_of_it(client: httpx.Client, model: FakeModelServer) -> None:
    told = {"size": 5 << 30, "size_vram": 3 << 30, "context_length": 4096, "expires_at": "2026-01-01T00:05:00Z"}
    model.loaded, model.running = ["tiny:latest", "unknown:1b"], told
    one, *alias = client.get("/api/ps").json()["models"]
    assert [one["name"], *(other["name"] for other in alias)] == ["plain/ollama.tiny:latest", "stub:latest"]
    assert {name: one[name] for name in told} == told


def test_an_ollama_that_is_away_has_nothing_loaded(client: httpx.Client, model: FakeModelServer) -> None:
    with model.away():
        assert client.get("/api/ps").json() == {"models": []}


# --- chats -----------------------------------------------------------------------------------------------------------


def test_a_stream_is_one_object_a_line_with_a_message_in_each(client: httpx.Client) -> None:
    found = lines(client.post("/api/chat", json={"model": "plant", "messages": ASKED}))
    for one in found:
        assert one["model"] == "plant" and one["message"]["role"] == "assistant" and "created_at" in one
        assert isinstance(one["message"]["content"], str)
    assert "".join(one["message"]["content"] for one in found) == ANSWER
    assert len(found) > 3 and [one["done"] for one in found] == [False] * (len(found) - 1) + [True]
    last = found[-1]
    assert last["done_reason"] == "stop"
    assert last["prompt_eval_count"] == 26 and last["eval_count"] == 9
    assert last["total_duration"] >= last["prompt_eval_duration"] > 0


def test_the_sources_stand_in_the_last_object_alone(client: httpx.Client, server: Server) -> None:
    found = lines(client.post("/api/chat", json={"model": "plant", "messages": ASKED}))
    assert not any("sources" in one for one in found[:-1])
    (source,) = found[-1]["sources"]
    assert (source["number"], source["path"], source["verdict"]) == (1, "pumps.md", "supported")
    assert source["url"].startswith(f"{server.url}/#/documents/{source['document_id']}?lines=")


@pytest.mark.parametrize("stream", [None, True])
def test_a_stream_is_what_comes_unless_it_is_refused(client: httpx.Client, stream: bool | None) -> None:
    assert len(lines(client.post("/api/chat", json={"model": "plant", "messages": ASKED, "stream": stream}))) > 1


def test_a_whole_answer_is_one_object(client: httpx.Client) -> None:
    answer = client.post("/api/chat", json={"model": "plant", "messages": ASKED, "stream": False})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    told = answer.json()
    assert told["message"] == {"role": "assistant", "content": ANSWER}
    assert told["done"] is True and told["done_reason"] == "stop" and told["sources"]


def test_a_body_without_a_content_type_is_read(client: httpx.Client) -> None:
    body = json.dumps({"model": "plant", "messages": ASKED, "stream": False}).encode()
    assert client.post("/api/chat", content=body).json()["message"]["content"] == ANSWER


def test_korean_text_split_between_pieces_arrives_whole(client: httpx.Client, model: FakeModelServer) -> None:
    model.reply = ("예비 ", "펌프는 4.2", " bar에서 켜집니다 [1].")
    model.chunk_bytes = 5
    try:
        found = lines(client.post("/api/chat", json={"model": "plant", "messages": ASKED}))
    finally:
        model.chunk_bytes = 0
    assert "".join(one["message"]["content"] for one in found) == "예비 펌프는 4.2 bar에서 켜집니다 [1]."


def test_options_tools_format_images_and_thinking_reach_the_model(client: httpx.Client, model: FakeModelServer) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    schema = {"type": "object", "properties": {"bar": {"type": "number"}}}
    options = {"temperature": 0.7, "top_k": 5, "seed": 3, "stop": ["\n"], "num_predict": 77, "num_ctx": 16384}
    body = {
        "model": "plain/ollama.tiny",
        "messages": [{"role": "user", "content": QUESTION, "images": ["iVBORw0KGgo="]}],
        "options": options | {"mirostat": None, "num_thread": 4},
        "tools": [tool],
        "format": schema,
        "think": False,
        "keep_alive": "7m",
    }
    lines(client.post("/api/chat", json=body))
    sent = model.chats[-1].body
    assert sent["messages"] == body["messages"]
    assert sent["options"] == options
    assert (sent["tools"], sent["format"], sent["think"], sent["keep_alive"]) == ([tool], schema, False, "7m")


def test_a_call_of_a_tool_and_its_result_pass_through(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour, model.reply = "calls_tool", ()
    body = {"model": "plant", "messages": ASKED, "tools": [{"type": "function", "function": {"name": "weather"}}]}
    found = lines(client.post("/api/chat", json=body))
    call = {"function": {"index": 0, "name": "weather", "arguments": {"city": "Oslo", "days": 2}}}
    assert found[0]["message"]["tool_calls"] == [call]
    asked = prompt(model)
    model.behaviour, model.reply = "answer", ("It rains",)
    result = {"role": "tool", "content": "rain", "tool_name": "weather"}
    again = [*ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}, result]
    lines(client.post("/api/chat", json=body | {"messages": again}))
    assert prompt(model)[: len(asked)] == asked, "the question stays as it was sent, passages and all"
    assert prompt(model)[-1] == result
    assert prompt(model)[-2]["tool_calls"] == [
        {"function": {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}}
    ]


def test_thinking_is_apart_from_the_text(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "thinks"
    found = lines(client.post("/api/chat", json={"model": "plant", "messages": ASKED, "think": True}))
    assert "".join(one["message"].get("thinking", "") for one in found) == "Let me see."
    assert "".join(one["message"]["content"] for one in found) == ANSWER


@pytest.mark.parametrize(("keep_alive", "reason"), [(None, "load"), ("5m", "load"), (0, "unload"), (0.0, "unload")])
@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_without_words_a_model_is_loaded_or_unloaded(
    client: httpx.Client, model: FakeModelServer, path: str, keep_alive: Any, reason: str
) -> None:
    body = {"model": "plant", "keep_alive": keep_alive, "messages": []}
    (told,) = lines(client.post(path, json=body))
    assert (told["done"], told["done_reason"]) == (True, reason)
    assert model.seen[-1].body["keep_alive"] == ("5m" if keep_alive is None else keep_alive)


# --- generated texts -------------------------------------------------------------------------------------------------


def test_a_prompt_is_answered_over_the_workspace(client: httpx.Client) -> None:
    found = lines(client.post("/api/generate", json={"model": "plant", "prompt": QUESTION, "system": "Be short."}))
    assert "".join(one["response"] for one in found) == ANSWER
    assert found[-1]["done_reason"] == "stop" and found[-1]["sources"][0]["path"] == "pumps.md"


@pytest.mark.parametrize("more", [{"raw": True}, {"suffix": "return"}, {"suffix": "return", "raw": True}])
def test_raw_and_inserted_texts_go_on_untouched(
    client: httpx.Client, model: FakeModelServer, more: dict[str, Any]
) -> None:
    body = {"model": "plant", "prompt": "def f(", "options": {"num_predict": 16, "stop": ["\n"]}, "stream": False}
    told = client.post("/api/generate", json=body | more).json()
    assert told["response"] == ANSWER and told["done"] and "sources" not in told
    sent = model.seen[-1]
    assert sent.path == "/api/generate"
    assert (sent.body["prompt"], sent.body.get("suffix")) == ("def f(", more.get("suffix"))
    assert sent.body["options"]["num_predict"] == 16 and sent.body["options"]["stop"] == ["\n"]


def test_a_template_of_plain_variables_is_filled(client: httpx.Client, model: FakeModelServer) -> None:
    template = "<s>{{ .System }}</s><u>{{ .Prompt }}</u>{{ .Response }}</a>"
    body = {"model": "plain/ollama.tiny", "prompt": "Hi", "system": "Short", "template": template, "stream": False}
    assert client.post("/api/generate", json=body).status_code == 200
    assert model.seen[-1].body["prompt"] == "<s>Short</s><u>Hi</u>" and model.seen[-1].body["raw"] is True


def test_a_context_goes_on_with_the_conversation_it_came_from(client: httpx.Client, model: FakeModelServer) -> None:
    first = {"model": "plant", "prompt": QUESTION, "system": "Be short.", "stream": False}
    context = client.post("/api/generate", json=first).json()["context"]
    assert all(isinstance(one, int) for one in context)
    *_, last = lines(client.post("/api/generate", json={"model": "plant", "prompt": "펌프는?", "context": context}))
    system, asked, answered, again = prompt(model)
    assert (system["content"], answered["content"]) == ("Be short.", ANSWER)
    assert QUESTION in asked["content"] and "펌프는?" in again["content"]
    assert last["context"] != context


@pytest.mark.parametrize(
    "context",
    [[128000, 9906], [1, 2, 3], ["a"], "a", 7, [*zlib.compress(b"{}" * 9)], [*zlib.compress(b'[["user", 1]]')]],
)
def test_a_context_of_another_server_is_refused(client: httpx.Client, context: Any) -> None:
    answer = client.post("/api/generate", json={"model": "plant", "prompt": "hi", "context": context})
    assert answer.status_code == 400
    assert "context" in answer.json()["error"]


# --- OpenAI's shapes where a client's preset expects them --------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "more"), [("/api/chat", {}), ("/api/chat", {"stream": True}), ("/api/chat/completions", {"stream": True})]
)
def test_who_accepts_events_gets_openai_s(client: httpx.Client, path: str, more: dict[str, Any]) -> None:
    body = {"model": "plant", "messages": ASKED, **more}
    answer = client.post(path, json=body, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text.endswith("data: [DONE]\n\n")
    first = json.loads(answer.text.partition("\n")[0].removeprefix("data: "))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}


def test_a_completion_as_events_holds_choices_with_text(client: httpx.Client) -> None:
    body = {"model": "plain/ollama.tiny", "prompt": "def f("}
    answer = client.post("/api/generate", json=body, headers={"Accept": "text/event-stream"})
    assert '"choices":[{"index":0,"text":"The pump "' in answer.text and answer.text.endswith("data: [DONE]\n\n")


def test_a_completion_preset_gets_a_choice_with_text(client: httpx.Client, model: FakeModelServer) -> None:
    body = {
        "model": "plant",
        "prompt": "def f(",
        "suffix": "return",
        "stream": False,
        "temperature": 0.2,
        "max_tokens": 24,
    }
    told = client.post("/api/generate", json=body).json()
    assert told["choices"][0]["text"] == ANSWER
    assert model.seen[-1].body["suffix"] == "return"


# --- Ollama's own models -----------------------------------------------------------------------------------------------


def test_what_changes_models_goes_to_ollama(client: httpx.Client, model: FakeModelServer) -> None:
    pulled = lines(client.post("/api/pull", json={"model": "new:1b"}))
    assert pulled[-1] == {"status": "success"} and model.seen[-1].body["model"] == "new:1b"
    assert lines(client.post("/api/pull", json={"model": "plant"})) == [{"status": "success"}], "ours is there already"
    assert client.request("DELETE", "/api/delete", json={"name": "plain/ollama.tiny"}).status_code == 200
    assert (model.seen[-1].method, model.seen[-1].body) == ("DELETE", {"model": "tiny:latest"})
    assert client.post("/api/copy", json={"source": "plain/ollama.tiny", "destination": "b"}).status_code == 200
    assert model.seen[-1].body == {"source": "tiny:latest", "destination": "b"}


def test_a_workspace_needs_no_fetching_and_cannot_be_deleted(client: httpx.Client, model: FakeModelServer) -> None:
    assert client.post("/api/pull", json={"model": "plant", "stream": False}).json() == {"status": "success"}
    refused = client.request("DELETE", "/api/delete", json={"model": "plant"})
    assert refused.status_code == 400 and "no model of Ollama" in refused.json()["error"]
    assert not [seen for seen in model.seen if seen.method == "DELETE"]


# --- errors ------------------------------------------------------------------------------------------------------------

BAD = [
    ("/api/chat", b""),
    ("/api/chat", b"{"),
    ("/api/chat", b"[1]"),
    ("/api/chat", b"[" * 100_000),
    ("/api/chat", {"messages": ASKED}),
    ("/api/chat", {"model": 7, "messages": ASKED}),
    ("/api/chat", {"model": "plant", "messages": "hi"}),
    ("/api/chat", {"model": "plant", "messages": [{"role": "wizard", "content": "hi"}]}),
    ("/api/chat", {"model": "plant", "messages": [{"role": "user", "content": 7}]}),
    ("/api/chat", {"model": "plant", "messages": [{"role": "user", "content": "hi", "images": ["%%"]}]}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "options": {"temperature": "hot"}}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "options": {"top_p": 7}}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "options": []}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "format": 7}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "think": "deeply"}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "keep_alive": "soon"}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "stream": "yes"}),
    ("/api/chat", {"model": "plant", "messages": ASKED, "tools": [{}]}),
    ("/api/generate", {"model": "plant", "prompt": "hi", "raw": True, "system": "s"}),
    ("/api/generate", {"model": "plant", "prompt": "hi", "template": "{{ if .System }}x{{ end }}"}),
    ("/api/generate", {"model": "plant/quotes", "prompt": "def f(", "suffix": "return"}),
    ("/api/show", {}),
    ("/api/embed", {"model": "plant", "input": 7}),
    ("/api/embed", {"model": "plant", "input": "text"}),
    ("/api/copy", {"source": "a"}),
]


@pytest.mark.parametrize(("path", "body"), BAD)
def test_a_client_s_mistake_is_a_400_in_ollama_s_form(client: httpx.Client, path: str, body: Any) -> None:
    answer = client.post(path, content=body) if isinstance(body, bytes) else client.post(path, json=body)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"error"} and isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/show", "/api/embed"])
def test_an_unknown_model_is_a_404_that_names_it(client: httpx.Client, path: str) -> None:
    body = {"model": "nothing-here", "messages": ASKED, "prompt": "hi", "input": "hi"}
    answer = client.post(path, json=body)
    assert answer.status_code == 404 and "model 'nothing-here' not found" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/chat", 405), ("POST", "/api/chat/api/show", 404), ("POST", "/api/generate/api/show", 404)],
)
def test_paths_that_are_none_are_told_in_ollama_s_form(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path, json={"name": "stub"})
    assert answer.status_code == status and isinstance(answer.json()["error"], str)


def test_a_body_of_20_mb_is_told_to_be_too_long(client: httpx.Client) -> None:
    body = {"model": "plain/ollama.tiny", "messages": [{"role": "user", "content": "word " * 4_000_000}]}
    answer = client.post("/api/chat", json=body, timeout=30)
    assert answer.status_code == 400 and "tokens" in answer.json()["error"]


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("disconnect", 502),
        ("missing_model", 404),
        ("rate_limited", 429),
        ("server_error", 502),
        ("unauthorized", 502),
        ("too_long_llama", 400),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_failure_before_the_first_byte_has_its_status(
    client: httpx.Client, model: FakeModelServer, behaviour: Any, status: int, stream: bool
) -> None:
    model.behaviour = behaviour
    answer = client.post("/api/chat", json={"model": "plant", "messages": ASKED, "stream": stream})
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["error"], str)
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)


def test_a_failure_in_the_middle_is_the_last_line(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "cut"
    answer = client.post("/api/chat", json={"model": "plant", "messages": ASKED})
    *said, last = map(json.loads, answer.text.splitlines())
    assert answer.status_code == 200 and "".join(one["message"]["content"] for one in said) == "The pump "
    assert set(last) == {"error"} and answer.text.endswith("\n")
