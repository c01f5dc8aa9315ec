"""In password mode a client's key says whose workspaces it sees, and how far it reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.api.dialects.conftest import ASKED
from tests.api.serving import Server, run, serving
from tests.api.signing_in import add_users, sign_in
from tests.fakes.model_server import FakeModelServer


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModelServer) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("keys") / "data"
    add_users(data, jun="member", mia="member", leaver="member")
    settings = {"IBIDEM_SERVE__SIGN_IN": "password", "IBIDEM_MODELS__OLLAMA_URL": upstream.ollama_url}
    with serving(data, IBIDEM_MODELS__DEFAULT="ollama:tiny:latest", **settings) as running:
        yield running


def keyed(server: Server, name: str, *scopes: str) -> httpx.Client:
    """A program with a fresh key of that user."""
    return program(server, new_key(server, name, *scopes)["key"])


def new_key(server: Server, name: str, *scopes: str) -> dict[str, Any]:
    with closing(sign_in(server, name)) as browser:
        made = browser.post("/api/keys/", json={"name": "client", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    key: dict[str, Any] = made.json()
    return key


def program(server: Server, key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=server.url, timeout=10, trust_env=False, headers=headers)


def test_a_key_opens_its_owner_s_workspaces_and_nobody_else_s(shared_server: Server, model: FakeModelServer) -> None:
    with closing(sign_in(shared_server, "jun")) as jun:
        assert jun.post("/api/workspaces/", json={"name": "Secret"}).status_code == 201
    with keyed(shared_server, "jun", "chat") as jun, keyed(shared_server, "mia", "chat") as mia:
        assert "secret" in {one["id"] for one in jun.get("/v1/models").json()["data"]}
        assert "secret" not in {one["id"] for one in mia.get("/v1/models").json()["data"]}
        body = {"model": "secret", "messages": ASKED, "stream": False}
        assert jun.post("/api/chat", json=body).json()["message"]["content"] == "The pump starts at 4.2 bar."
        assert mia.post("/api/chat", json=body).status_code == 404
        assert mia.post("/v1/chat/completions", json=body).status_code == 404


def test_a_key_without_the_scope_chat_is_refused_in_the_dialect_s_form(shared_server: Server) -> None:
    with keyed(shared_server, "jun", "read") as reader:
        refused = reader.post("/v1/chat/completions", json={"model": "home", "messages": ASKED})
        assert refused.status_code == 403 and refused.json()["error"]["type"] == "permission_error"
        assert "scope" in reader.get("/api/tags").json()["error"]


def test_no_key_changes_models(shared_server: Server, model: FakeModelServer) -> None:
    with keyed(shared_server, "jun", "chat") as client:
        assert client.request("DELETE", "/api/delete", json={"model": "plain/tiny"}).status_code == 403
    assert not [seen for seen in model.seen if seen.method == "DELETE"]


# --- a right that ends while it is used ------------------------------------------------------------------------------

STREAMS = {
    "/api/chat": {"messages": ASKED},
    "/api/generate": {"prompt": "def f(", "raw": True},
    "/v1/chat/completions": {"messages": ASKED, "stream": True},
    "/v1/completions": {"prompt": "def f(", "stream": True, "max_tokens": 9000},
    "/v1/responses": {"input": "When?", "stream": True},
}


@pytest.fixture
def slow_model(model: FakeModelServer) -> FakeModelServer:
    model.reply, model.pause_s = ["word "] * 2000, 0.01
    return model


def last_frame(answer: httpx.Response, frames: Iterator[str]) -> Any:
    """The error that a stream ends with, in its dialect's form."""
    *_, last = filter(None, frames)
    if answer.headers["content-type"] == "text/event-stream":
        last = last.removeprefix("data: ")
    return json.loads(last)["error"]


@pytest.mark.parametrize("path", STREAMS)
def test_a_key_that_is_deleted_ends_its_stream_with_an_error_and_stops_the_model(
    shared_server: Server, slow_model: FakeModelServer, path: str
) -> None:
    key = new_key(shared_server, "jun", "chat")
    body = {"model": "plain/tiny", **STREAMS[path]}
    with program(shared_server, key["key"]) as client, client.stream("POST", path, json=body) as answer:
        frames = answer.iter_lines()
        next(frames)
        with closing(sign_in(shared_server, "jun")) as browser:
            assert browser.delete(f"/api/keys/{key['id']}/").status_code == 204
        error = last_frame(answer, frames)
    if path.startswith("/v1"):
        assert error["type"] == "authentication_error" and "has ended" in error["message"]
    else:
        assert "has ended" in error
    assert slow_model.wait_left(5)


def test_a_key_that_is_deleted_refuses_the_whole_answer_that_is_being_written(
    shared_server: Server, slow_model: FakeModelServer
) -> None:
    key = new_key(shared_server, "jun", "chat")
    body = {"model": "plain/tiny", "messages": ASKED, "stream": False}
    with program(shared_server, key["key"]) as client, ThreadPoolExecutor() as beside:
        asked = beside.submit(client.post, "/api/chat", json=body)
        assert slow_model.wait_asked()
        with closing(sign_in(shared_server, "jun")) as browser:
            browser.delete(f"/api/keys/{key['id']}/")
        assert asked.result(10).status_code == 401
    assert slow_model.wait_left(5)


def test_a_user_who_is_disabled_loses_what_is_open_and_others_do_not(
    shared_server: Server, slow_model: FakeModelServer
) -> None:
    body = {"model": "plain/tiny", "messages": ASKED}
    with (
        keyed(shared_server, "leaver", "chat") as leaver,
        keyed(shared_server, "mia", "chat") as mia,
        leaver.stream("POST", "/api/chat", json=body) as ending,
        mia.stream("POST", "/api/chat", json=body) as staying,
    ):
        lines = ending.iter_lines(), staying.iter_lines()
        next(lines[0]), next(lines[1])
        assert run("user", "disable", "leaver", data=shared_server.data).code == 0
        assert "has ended" in last_frame(ending, lines[0])
        assert "error" not in next(lines[1])


def test_signing_out_ends_the_stream_of_a_page(shared_server: Server, slow_model: FakeModelServer) -> None:
    body = {"model": "plain/tiny", "messages": ASKED, "stream": True}
    signed = sign_in(shared_server, "mia")
    with closing(signed) as page, page.stream("POST", "/v1/chat/completions", json=body) as answer:
        frames = answer.iter_lines()
        next(frames)
        with closing(httpx.Client(base_url=page.base_url, headers=page.headers, cookies=page.cookies)) as tab:
            tab.post("/api/auth/logout/")
        assert "has ended" in last_frame(answer, frames)["message"]
