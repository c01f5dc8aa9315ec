"""/api/sessions/: asked in a session, a question and its answer are its messages from the first moment on."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ibidem.evaluate.questions import read_questions
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


def find(server: Server, q: str, **query: Any) -> list[dict[str, Any]]:
    answer = server.http.get("/api/sessions/", params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_sessions_are_found_by_their_words_in_any_unicode_form(server: Server, model: FakeModelServer) -> None:
    model.reply = ("여과기는 세 시간마다 ", "청소합니다.")
    chat = session(server, settings=PLAIN)
    answer = say(server, chat, "How often is the strainer cleaned?")
    titled = session(server, title=unicodedata.normalize("NFD", "여과기 점검표"))
    assert server.http.get(f"/api/sessions/{titled}/").json()["title"] == unicodedata.normalize("NFC", "여과기 점검표")
    assert [one["id"] for one in find(server, unicodedata.normalize("NFD", "여과기"))] == [titled, chat]
    assert [one["id"] for one in find(server, "점검")] == [titled]
    [found] = find(server, "청소")
    assert found["match"]["message"] == answer["id"] and "청소합니다" in found["match"]["excerpt"]
    assert find(server, "strainers cleaned")[0]["match"]["role"] == "user"
    first = server.http.get("/api/sessions/", params={"q": "여과기", "limit": 1}).json()
    second = server.http.get("/api/sessions/", params={"q": "여과기", "limit": 1, "cursor": first["next"]}).json()
    assert [first["items"][0]["id"], second["items"][0]["id"], second["next"]] == [titled, chat, None]
    assert server.http.delete(f"/api/sessions/{chat}/").status_code == 204
    assert [one["id"] for one in find(server, "여과기")] == [titled]
    is_error(server.http.get("/api/sessions/", params={"q": " ?! "}), 400, "bad_input")
    beyond = server.http.get("/api/sessions/", params={"q": "여과기", "cursor": "9" * 18}).json()
    assert [one["id"] for one in beyond["items"]] == [titled]


def test_a_thumb_and_a_note_are_kept_replaced_and_taken_back(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings=PLAIN)
    answer = say(server, chat)
    place = f"/api/sessions/{chat}/messages/{answer['id']}/feedback/"
    assert server.http.put(place, json={"thumb": "down", "note": "out of date"}).json()["thumb"] == "down"
    server.http.put(place, json={"thumb": "up", "note": "대체로"})
    kept = messages(server, chat)[-1]["feedback"]
    assert (kept["thumb"], kept["note"]) == ("up", "대체로")
    server.http.put(place, json={"thumb": None})
    assert messages(server, chat)[-1]["feedback"] is None
    is_error(server.http.put(place, json={"thumb": "sideways"}), 400)
    is_error(server.http.put(place.replace(answer["id"], answer["parent"]), json={"thumb": "up"}), 400)
    is_error(server.http.put(place.replace(answer["id"], "nothing"), json={"thumb": "up"}), 404)


def test_good_answers_become_questions_to_evaluate_with(
    server: Server, model: FakeModelServer, pumps: str, tmp_path: Path
) -> None:
    chat = session(server, workspace=pumps, settings={"model": "openai:tiny"})
    first = say(server, chat, "When does the reserve pump start?")
    model.reply = ("I do not know.",)
    unsupported = say(server, chat, "Why?")
    for answer in (first, unsupported):
        server.http.put(f"/api/sessions/{chat}/messages/{answer['id']}/feedback/", json={"thumb": "up"})
    got = server.http.get("/api/sessions/feedback/questions/", params={"workspace": pumps})
    file = tmp_path / "questions.jsonl"
    file.write_bytes(got.content)
    [asked] = read_questions(file)
    assert (asked.question, asked.path) == ("When does the reserve pump start?", "pumps.md")
    assert asked.start_line <= 5 <= asked.end_line


def test_deleting_a_session_stops_its_answer(server: Server, model: FakeModelServer) -> None:
    model.pause_s = 0.4
    chat = session(server, settings=PLAIN)
    run = server.http.post(f"/api/sessions/{chat}/messages/", json={"content": "Why?"}).json()["run_id"]
    wait_for(lambda: server.http.get(f"/api/runs/{run}/").json()["state"] == "running", "the answer begins")
    assert server.http.delete(f"/api/sessions/{chat}/").status_code == 204
    is_error(server.http.get(f"/api/sessions/{chat}/messages/"), 404)
    is_error(server.http.get(f"/api/sessions/{chat}/"), 404)
    wait_for(lambda: server.http.get(f"/api/runs/{run}/").json().get("state") != "running", "the answer ends")
    is_error(server.http.delete(f"/api/sessions/{chat}/"), 404)


def test_two_tabs_that_send_at_once_get_one_answer_each_or_a_clear_refusal(
    server: Server, model: FakeModelServer
) -> None:
    chat = session(server, settings=PLAIN)

    def send(number: int) -> int:
        body = {"content": f"Question {number}"}
        return server.http.post(f"/api/sessions/{chat}/messages/", json=body).status_code

    with ThreadPoolExecutor(4) as tabs:
        codes = sorted(tabs.map(send, range(4)))
    assert set(codes) <= {202, 409} and codes[0] == 202
    wait_for(lambda: all(one["status"] != "running" for one in messages(server, chat)), "all answers end")
    found = messages(server, chat)
    assert len(found) == 2 * codes.count(202)
    assert [one["role"] for one in found] == ["user", "assistant"] * codes.count(202)
    parents = [one["parent"] for one in found]
    assert parents == [None, *(one["id"] for one in found[:-1])], "each went on where the one before had ended"
