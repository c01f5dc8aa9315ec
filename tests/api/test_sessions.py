"""/api/sessions/: asked in a session, a question and its answer are its messages from the first moment on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.serving import Server, ended, is_error, put_text, wait_for, workspace
from tests.fakes.model_server import FakeModelServer

PLAIN = {"model": "openai:tiny", "mode": "plain"}


@pytest.fixture(scope="module")
def pumps(server: Server) -> str:
    slug = workspace(server, "Session pumps")
    put_text(server, "pumps.md", "# Pumps\n\n## Reserve\n\nThe reserve pump starts at 4.2 bar.\n", slug)
    return slug


def session(server: Server, **body: Any) -> str:
    made = server.http.post("/api/sessions/", json=body)
    assert made.status_code == 201, made.text
    session_id: str = made.json()["id"]
    return session_id


def say(server: Server, session_id: str, content: str = "Why?", **body: Any) -> dict[str, Any]:
    """The answer's message, once it has ended."""
    answer = server.http.post(f"/api/sessions/{session_id}/messages/", json={"content": content, **body})
    assert answer.status_code == 202, answer.text
    message: dict[str, Any] = ended(server, answer.json()["run_id"])["message"]
    return message


def messages(server: Server, session_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = server.http.get(f"/api/sessions/{session_id}/messages/", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_session_is_made_renamed_and_listed_first_when_it_changed_last(server: Server) -> None:
    first, second = session(server, title="First"), session(server, settings={"model": "quotes"})
    shown = server.http.get(f"/api/sessions/{second}/").json()
    assert shown["title"] == "" and shown["workspace"] == "home"
    assert shown["settings"] == {
        "model": "quotes",
        "temperature": None,
        "max_tokens": None,
        "mode": None,
        "template": None,
    }
    renamed = server.http.put(f"/api/sessions/{first}/", json={"title": " 펌프와\n압력 "})
    assert renamed.json()["title"] == "펌프와 압력"
    items = server.http.get("/api/sessions/", params={"limit": 2}).json()["items"]
    assert [item["id"] for item in items] == [first, second]


def test_a_question_and_its_answer_are_messages_with_citations_and_usage(
    server: Server, model: FakeModelServer, pumps: str
) -> None:
    chat = session(server, workspace=pumps, settings={"model": "openai:tiny"})
    said = say(server, chat, "When does the reserve pump start?")
    question, answer = messages(server, chat)
    assert (question["role"], question["parent"], answer["parent"]) == ("user", None, question["id"])
    assert answer == {**said, "feedback": None, "attachments": []}
    assert answer["status"] == "finished" and answer["session"] == chat
    assert [one["verdict"] for one in answer["citations"]] == ["supported"]
    assert answer["usage"]["completion"] and answer["timings"]["total_ms"] and answer["rag_context"]
    shown = server.http.get(f"/api/sessions/{chat}/").json()
    assert (shown["head"], shown["title"]) == (answer["id"], "When does the reserve pump start?")


def test_an_edited_question_branches_and_a_regenerated_answer_stands_beside_the_first(
    server: Server, model: FakeModelServer
) -> None:
    chat = session(server, settings=PLAIN)
    first = say(server, chat, "One")
    second = say(server, chat, "Two")
    edited = say(server, chat, "Two, differently", parent=first["id"])
    again = say(server, chat, regenerate=second["id"])
    begun = say(server, chat, "From the beginning", parent=None)
    tree = {one["id"]: one["parent"] for one in messages(server, chat)}
    assert len(tree) == 9
    assert again["parent"] == second["parent"] and tree[second["parent"]] == tree[edited["parent"]] == first["id"]
    assert tree[begun["parent"]] is None
    assert [one["content"] for one in messages(server, chat, leaf=edited["id"]) if one["role"] == "user"] == [
        "One",
        "Two, differently",
    ]
    assert messages(server, chat, leaf="head")[-1]["id"] == begun["id"]
    chosen = server.http.put(f"/api/sessions/{chat}/", json={"head": again["id"]})
    assert chosen.json()["head"] == again["id"]
    assert len(messages(server, chat, leaf="head")) == 4


def test_the_same_key_from_two_tabs_is_one_question(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings=PLAIN)
    first = say(server, chat, "Why?", idempotency_key="tab-1")
    assert say(server, chat, "Why?", idempotency_key="tab-1")["id"] == first["id"]
    assert len(messages(server, chat)) == 2


def test_a_question_behind_an_answer_under_way_is_refused_and_nothing_is_stored(
    server: Server, model: FakeModelServer
) -> None:
    model.pause_s = 0.3
    chat = session(server, settings=PLAIN)
    run = server.http.post(f"/api/sessions/{chat}/messages/", json={"content": "One"}).json()["run_id"]
    refused = server.http.post(f"/api/sessions/{chat}/messages/", json={"content": "Two"})
    is_error(refused, 409, "conflict")
    assert len(messages(server, chat)) == 2
    server.http.post(f"/api/runs/{run}/stop/")
    assert wait_for(lambda: messages(server, chat)[-1]["status"] == "stopped", "the answer is stopped")


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 3},
        {"temperature": "hot"},
        {"max_tokens": 0},
        {"mode": "fast"},
        {"model": "nobody:x"},
        {"colour": "red"},
    ],
)
def test_settings_that_mean_nothing_are_refused(server: Server, settings: dict[str, Any]) -> None:
    is_error(server.http.post("/api/sessions/", json={"settings": settings}), 400)


def test_what_is_not_there_is_404(server: Server) -> None:
    chat = session(server)
    is_error(server.http.get("/api/sessions/nothing/"), 404, "not_found")
    is_error(server.http.get("/api/sessions/nothing/messages/"), 404, "not_found")
    is_error(server.http.post("/api/sessions/nothing/messages/", json={"content": "Why?"}), 404, "not_found")
    body = {"content": "Why?", "parent": "nothing"}
    is_error(server.http.post(f"/api/sessions/{chat}/messages/", json=body), 404, "not_found")
    is_error(server.http.put(f"/api/sessions/{chat}/", json={"head": "nothing"}), 404, "not_found")
    is_error(server.http.post("/api/sessions/", json={"workspace": "nowhere"}), 404, "unknown_workspace")
