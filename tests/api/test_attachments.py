"""Images of a question: kept with it, shown to models that see, refused clearly for others."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.serving import Server, ended, is_error
from tests.api.test_sessions import messages, say, session
from tests.fakes.model_server import SHOWN, FakeModelServer

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
JPEG = b"\xff\xd8\xff\xe0" + b"\x01" * 60
SEER, BLIND = "ollama:seer", "ollama:tiny"


@pytest.fixture
def model(model: FakeModelServer) -> Iterator[FakeModelServer]:
    """Ollama says of every model that it sees, for as long as the test lasts."""
    model.shown = {**SHOWN, "capabilities": ["completion", "vision"]}
    yield model
    model.shown = dict(SHOWN)


def image(content: bytes = PNG, name: str = "gauge.png") -> dict[str, str]:
    return {"name": name, "data": b64encode(content).decode()}


def post(server: Server, chat: str, **body: Any) -> Any:
    return server.http.post(f"/api/sessions/{chat}/messages/", json={"content": "What is it?", **body})


def test_an_image_is_kept_with_its_question_and_given_to_the_model(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings={"model": SEER, "mode": "plain"})
    url = {"name": "b.jpg", "data": "data:image/jpeg;base64," + b64encode(JPEG).decode()}
    assert say(server, chat, "What is it?", attachments=[image(), url])["status"] == "finished"
    sent = model.chats[-1].body["messages"]
    assert sent[-1]["images"] == [b64encode(PNG).decode(), b64encode(JPEG).decode()]
    shown = messages(server, chat)[0]["attachments"]
    assert [(one["name"], one["media_type"], one["size_bytes"]) for one in shown] == [
        ("gauge.png", "image/png", len(PNG)),
        ("b.jpg", "image/jpeg", len(JPEG)),
    ]
    got = server.http.get(f"/api/sessions/{chat}/attachments/{shown[0]['id']}/")
    assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in got.headers["content-security-policy"]
    say(server, chat, "And what else?")
    assert "images" in model.chats[-1].body["messages"][1], "the next prompt begins as the last one did"
    say(server, chat, "In words?", model="openai:tiny")
    assert isinstance(model.chats[-1].body["messages"][1]["content"], str), (
        "a model that does not see is told the words"
    )


def test_an_image_goes_with_its_session(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings={"model": SEER, "mode": "plain"})
    say(server, chat, attachments=[image()])
    kept = messages(server, chat)[0]["attachments"][0]["id"]
    assert (server.data / "files" / kept).read_bytes() == PNG
    assert server.http.delete(f"/api/sessions/{chat}/").status_code == 204
    assert not (server.data / "files" / kept).exists()
    is_error(server.http.get(f"/api/sessions/{chat}/attachments/{kept}/"), 404)


def test_a_model_that_does_not_see_refuses_and_nothing_is_stored(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings={"model": "quotes"})
    error = is_error(post(server, chat, attachments=[image()]), 422, "refused")
    assert "quotes" in error["message"] and "describe" in error["hint"]
    assert messages(server, chat) == []


def test_an_answer_to_an_image_is_regenerated_by_a_model_that_sees_alone(
    server: Server, model: FakeModelServer
) -> None:
    chat = session(server, settings={"model": SEER, "mode": "plain"})
    first = say(server, chat, attachments=[image()])
    is_error(post(server, chat, regenerate=first["id"], model="quotes"), 422, "refused")
    say(server, chat, regenerate=first["id"])
    assert model.chats[-1].body["messages"][-1]["images"] == [b64encode(PNG).decode()]


@pytest.mark.parametrize(
    ("attachments", "status"),
    [
        ([image(b"%PDF-1.4")], 422),
        ([image(b"")], 422),
        ([{"name": "x", "data": "not base64!"}], 400),
        ([image()] * 9, 413),
        ([{"name": "x"}], 400),
    ],
)
def test_what_is_no_image_is_refused(
    server: Server, model: FakeModelServer, attachments: list[dict[str, str]], status: int
) -> None:
    chat = session(server, settings={"model": SEER})
    is_error(post(server, chat, attachments=attachments), status)
    assert messages(server, chat) == []


def test_the_same_key_keeps_an_image_once(server: Server, model: FakeModelServer) -> None:
    chat = session(server, settings={"model": SEER, "mode": "plain"})
    before = len(list((server.data / "files").iterdir()))
    for _ in range(2):
        run = post(server, chat, attachments=[image()], idempotency_key="image-1")
        ended(server, run.json()["run_id"])
    assert len(list((server.data / "files").iterdir())) == before + 1
