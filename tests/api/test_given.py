"""A question with a template, values and texts: what the model reads of them, and what is refused before it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.serving import Server, ask, ended, is_error, put_text, settled, workspace
from tests.fakes.model_server import FakeModelServer

RUNS, TEMPLATES = "/api/runs/", "/api/prompts/templates/"
POST = {"title": "post.md", "content": "# News\n\nThe new pump hall opens on 3 May in Daejeon.\n"}


@pytest.fixture
def template(server: Server) -> Iterator[str]:
    body = {
        "name": "given: role",
        "system": "You are a {{role}}.",
        "variables": ["role"],
        "examples": [{"user": "Hello", "assistant": "As a {{role}}: hello"}],
        "settings": {"model": "openai:tiny", "mode": "plain", "temperature": 1.5, "max_tokens": 33},
    }
    made = server.http.post(TEMPLATES, json=body)
    assert made.status_code == 201, made.text
    yield made.json()["id"]
    server.http.delete(f"{TEMPLATES}{made.json()['id']}/")


def read_by(model: FakeModelServer) -> dict[str, Any]:
    """The last request that the model got."""
    body: dict[str, Any] = model.chats[-1].body
    return body


def answered(server: Server, question: str, **more: Any) -> dict[str, Any]:
    run = ended(server, ask(server, question, **more))
    assert run["state"] == "finished", run
    message: dict[str, Any] = run["message"]
    return message


def test_a_template_says_how_the_answer_is_written(server: Server, model: FakeModelServer, template: str) -> None:
    answered(server, "Who are you?", template=template, variables={"role": "plumber"})
    body = read_by(model)
    assert [message["content"] for message in body["messages"][1:]] == ["Hello", "As a plumber: hello", "Who are you?"]
    assert body["messages"][0]["content"].endswith("You are a plumber.")
    assert (body["temperature"], body["max_tokens"]) == (1.5, 33)


def test_the_question_overrules_its_template_and_that_its_session(
    server: Server, model: FakeModelServer, template: str
) -> None:
    settings = {"template": template, "temperature": 0.7, "mode": "chat"}
    session = server.http.post("/api/sessions/", json={"settings": settings}).json()["id"]

    def temperature(**more: Any) -> float:
        body = {"content": "Who?", "variables": {"role": "plumber"}, "model": "openai:tiny", **more}
        run = server.http.post(f"/api/sessions/{session}/messages/", json=body).json()["run_id"]
        assert ended(server, run)["state"] == "finished"
        shown: float = read_by(model)["temperature"]
        return shown

    assert temperature() == 0.7
    assert read_by(model)["messages"][0]["content"].endswith("You are a plumber.")
    assert temperature(template=template) == 1.5
    assert temperature(template=template, temperature=0.1) == 0.1
    assert temperature(template="", variables={}) == 0.7
    assert "plumber" not in read_by(model)["messages"][0]["content"]


@pytest.mark.parametrize(
    ("values", "field"),
    [({}, "variables.role"), ({"role": "x", "tone": "y"}, "variables.tone"), ({"role": "x" * 5000}, "variables.role")],
    ids=["missing", "unknown", "too long"],
)
def test_values_that_do_not_fit_the_template_are_refused_before_anything_is_stored(
    server: Server, template: str, values: dict[str, str], field: str
) -> None:
    session = server.http.post("/api/sessions/", json={}).json()["id"]
    for url, body in ((RUNS, {"question": "Why?"}), (f"/api/sessions/{session}/messages/", {"content": "Why?"})):
        answer = server.http.post(url, json={**body, "template": template, "variables": values})
        error = is_error(answer, 422)
        assert (error["code"], error["field"]) == ("variables_refused", field)
    assert server.http.get(f"/api/sessions/{session}/messages/").json()["items"] == []


def test_an_unknown_template_and_values_without_one_are_refused(server: Server) -> None:
    is_error(server.http.post(RUNS, json={"question": "Why?", "template": "nothing"}), 404)
    error = is_error(server.http.post(RUNS, json={"question": "Why?", "variables": {"a": "b"}}), 400)
    assert error["field"] == "variables"


# --- given texts -----------------------------------------------------------------------------------------------------


def test_a_given_text_is_read_whole_and_cited_and_nothing_is_searched(server: Server, model: FakeModelServer) -> None:
    slug = workspace(server, "Given: other posts")
    put_text(server, "other.md", "Summarise this post by its author.", slug)
    model.reply = ("It opens ", "in Daejeon [1].")
    message = answered(server, "Summarise this post", attachments=[POST], workspace=slug, model="openai:tiny")
    asked = read_by(model)["messages"][-1]["content"]
    assert "[1] post.md (lines 1-3, News)" in asked and "3 May in Daejeon" in asked
    assert "other.md" not in asked
    (cited,) = message["citations"]
    assert (cited["path"], cited["url"]) == ("post.md", "")


def test_a_given_document_is_read_from_wherever_it_is(server: Server, model: FakeModelServer) -> None:
    slug = workspace(server, "Given: archive")
    document = put_text(server, "hall.md", "The pump hall has 14 windows.\n", slug)
    settled(server, document["id"])
    attachments = [{"document": document["id"]}, POST]
    message = answered(server, "Summarise these texts", attachments=attachments, model="openai:tiny")
    asked = read_by(model)["messages"][-1]["content"]
    assert asked.index("[1] hall.md") < asked.index("[2] post.md")
    assert message["citations"][0]["url"].startswith(f"/#/documents/{document['id']}")


def test_a_text_longer_than_the_window_is_read_in_part_and_the_message_says_what_is_left_out(
    server: Server, model: FakeModelServer
) -> None:
    long = {"title": "long.txt", "content": "\n\n".join(f"Line {n} of the log says {n}. " * 30 for n in range(90))}
    message = answered(server, "Summarise this", attachments=[long], model="openai:tiny")
    assert message["omitted"] and {one["path"] for one in message["omitted"]} == {"long.txt"}
    asked = read_by(model)["messages"][-1]["content"]
    assert "Line 0 of" in asked and "Line 89 of" in asked


def test_query_mode_answers_from_a_given_text_and_declines_beyond_it(server: Server, model: FakeModelServer) -> None:
    slug = workspace(server, "Given: nothing else")
    more: dict[str, Any] = {"mode": "query", "attachments": [POST], "workspace": slug, "model": "openai:tiny"}
    assert answered(server, "Where does the new pump hall open?", **more)["content"] == "".join(model.reply)
    asked = len(model.chats)
    message = answered(server, "How many weeks of parental leave are granted?", **more)
    assert message["content"] == "The documents do not clearly answer this."
    assert len(model.chats) == asked


def test_a_text_stays_with_its_question_in_a_session(server: Server, model: FakeModelServer) -> None:
    session = server.http.post("/api/sessions/", json={}).json()["id"]
    url = f"/api/sessions/{session}/messages/"

    def say(**body: Any) -> dict[str, Any]:
        started = server.http.post(url, json={"model": "openai:tiny", **body})
        assert started.status_code == 202, started.text
        message: dict[str, Any] = ended(server, started.json()["run_id"])["message"]
        return message

    first = say(content="Summarise this post", attachments=[POST])
    assert server.http.get(url).json()["items"][0]["given"] == [POST]
    say(regenerate=first["id"])
    assert "3 May in Daejeon" in read_by(model)["messages"][-1]["content"]
    say(content="Now in one sentence")
    messages = read_by(model)["messages"]
    assert "3 May in Daejeon" in messages[1]["content"]
    assert "3 May" not in messages[-1]["content"]


@pytest.mark.parametrize(
    ("attachments", "status"),
    [
        ([{"title": "a", "content": " "}], 422),
        ([{"title": "a", "content": "x" * 100_001}], 413),
        ([{"title": "a", "content": "x" * 50_000}] * 3, 413),
        ([POST] * 17, 400),
        ([{"document": "nothing"}], 404),
        ([{"title": "a"}], 400),
        ([{"title": "a", "content": "b", "document": "c"}], 400),
        (["text"], 400),
    ],
)
def test_what_cannot_be_read_is_refused_before_the_question_is_taken(
    server: Server, attachments: list[Any], status: int
) -> None:
    is_error(server.http.post(RUNS, json={"question": "Summarise this", "attachments": attachments}), status)


def test_a_document_without_text_is_refused(server: Server) -> None:
    document = put_text(server, "blank.txt", "\n")
    settled(server, document["id"])
    answer = server.http.post(RUNS, json={"question": "Summarise", "attachments": [{"document": document["id"]}]})
    assert is_error(answer, 422)["field"] == "attachments"
