"""In password mode a client's key says whose workspaces it sees, and how far it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.api.dialects.conftest import ASKED
from tests.api.serving import Server, serving
from tests.api.signing_in import add_users, sign_in
from tests.fakes.model_server import FakeModelServer


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModelServer) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("keys") / "data"
    add_users(data, jun="member", mia="member")
    settings = {"IBIDEM_SERVE__SIGN_IN": "password", "IBIDEM_MODELS__OLLAMA_URL": upstream.ollama_url}
    with serving(data, IBIDEM_MODELS__DEFAULT="ollama:tiny:latest", **settings) as running:
        yield running


def keyed(server: Server, name: str, *scopes: str) -> httpx.Client:
    """A program with a fresh key of that user."""
    with closing(sign_in(server, name)) as browser:
        made = browser.post("/api/keys/", json={"name": "client", "scopes": list(scopes)})
    assert made.status_code == 201, made.text
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
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
