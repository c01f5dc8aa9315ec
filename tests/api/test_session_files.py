"""Sessions leave as files and come back; chats of other programs come in whole or not at all."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.api.serving import Server, is_error, put_text, workspace
from tests.api.test_sessions import messages, say, session
from tests.chat.test_formats import CHATGPT, OPEN_WEBUI
from tests.fakes.model_server import FakeModelServer


def take(server: Server, content: Any, **query: str) -> httpx.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return server.http.post("/api/sessions/import/", content=raw, params=query)


def count(server: Server) -> int:
    return len(server.http.get("/api/sessions/", params={"limit": 500}).json()["items"])


@pytest.fixture(scope="module")
def pumps(server: Server) -> str:
    slug = workspace(server, "Exported pumps")
    put_text(server, "pumps.md", "# Pumps\n\n## Reserve\n\nThe reserve pump starts at 4.2 bar.\n", slug)
    return slug


@pytest.fixture
def talked(server: Server, model: FakeModelServer, pumps: str) -> str:
    """A session with a branch and a citation."""
    model.reply = ("At 4.2 bar [1], ", "not `a[1]` or x[7].")
    chat = session(server, title="Pumps / 펌프", workspace=pumps, settings={"model": "openai:tiny"})
    first = say(server, chat, "When does the reserve pump start?")
    say(server, chat, regenerate=first["id"])
    return chat


def test_the_branch_that_is_shown_is_exported_with_footnotes(server: Server, talked: str) -> None:
    answer = server.http.get(f"/api/sessions/{talked}/export/", params={"format": "markdown"})
    assert answer.headers["content-type"].startswith("text/markdown")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.text
    assert text.startswith("# Pumps / 펌프\n")
    assert text.count("## Answer by openai:tiny") == 1
    assert "At 4.2 bar [^1], not `a[1]` or x[7]." in text
    assert "[^1]: `pumps.md`, lines " in text and "The reserve pump starts at 4.2 bar." in text


def test_an_exported_session_comes_back_as_it_was_and_only_once(server: Server, talked: str, pumps: str) -> None:
    exported = server.http.get(f"/api/sessions/{talked}/export/", params={"format": "json"})
    taken = take(server, exported.content, workspace=pumps)
    assert taken.status_code == 201, taken.text
    [copy] = taken.json()["sessions"]
    assert copy != talked
    was, now = (server.http.get(f"/api/sessions/{one}/").json() for one in (talked, copy))
    assert {name: now[name] for name in ("title", "workspace", "settings")} == {
        name: was[name] for name in ("title", "workspace", "settings")
    }

    def content(chat: str) -> list[tuple[Any, ...]]:
        found = messages(server, chat)
        place = {one["id"]: number for number, one in enumerate(found)}
        fields = ("role", "content", "status", "model", "citations", "rag_context", "usage", "timings", "created_at")
        return [(place.get(one["parent"]), *(one[name] for name in fields)) for one in found]

    assert content(copy) == content(talked)
    assert now["head"] == messages(server, copy)[-1]["id"]
    assert take(server, exported.content).json() == {"sessions": [], "known": 1, "empty": 0}


def test_chats_of_other_programs_become_sessions_that_are_found(server: Server) -> None:
    empty = {"mapping": {}, "id": "nothing-said"}
    taken = take(server, [CHATGPT, OPEN_WEBUI, empty]).json()
    assert (len(taken["sessions"]), taken["known"], taken["empty"]) == (2, 0, 1)
    chatgpt, webui = taken["sessions"]
    shown = server.http.get(f"/api/sessions/{chatgpt}/").json()
    assert (shown["title"], shown["created_at"]) == ("Pumps", "2023-11-14T22:13:20.000Z")
    assert [one["content"] for one in messages(server, chatgpt, leaf="head")] == ["When?", "Half past four."]
    assert webui in [one["id"] for one in server.http.get("/api/sessions/", params={"q": "언제"}).json()["items"]]
    file = {"file": ("conversations.json", json.dumps([CHATGPT]))}
    assert server.http.post("/api/sessions/import/", files=file).json()["known"] == 1


def test_an_imported_chat_goes_on(server: Server, model: FakeModelServer) -> None:
    chat = {"mapping": {**CHATGPT["mapping"]}, "id": "goes-on", "current_node": "a1"}  # type: ignore[dict-item]
    [imported] = take(server, [chat]).json()["sessions"]
    said = say(server, imported, "And then?", model="openai:tiny", mode="plain")
    assert said["status"] == "finished"
    sent = model.chats[-1].body["messages"]
    assert [one["content"] for one in sent[1:]] == ["When?", "At four.", "And then?"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[",
        b'[{"mapping": {}}',
        b'[{"mapping": {}} {"mapping": {}}]',
        b'[{"mapping": {}}] and more',
        b"\xff\xfe",
        b"PK\x03\x04 a zip",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"null",
    ],
)
def test_a_malformed_file_is_refused(server: Server, content: bytes) -> None:
    before = count(server)
    error = is_error(take(server, content), 400, "bad_input")
    assert len(error["message"]) < 500
    assert count(server) == before


def test_nothing_of_a_file_is_taken_whose_last_chat_is_broken(server: Server) -> None:
    before = count(server)
    fresh = {**CHATGPT, "conversation_id": "never-seen"}
    error = is_error(take(server, [fresh, {"mapping": 7}]), 400)
    assert error["message"].startswith("chat 2")
    assert count(server) == before


def test_a_file_that_is_too_large_is_refused(server: Server) -> None:
    is_error(take(server, b" " * 500_000), 413, "too_large")
    is_error(take(server, [CHATGPT], workspace="nowhere"), 404, "unknown_workspace")
