"""Who may speak to the dialects: programs of this machine without a key, never a page of another origin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.dialects.conftest import ASKED
from tests.api.serving import Server, serving
from tests.fakes.model_server import FakeModelServer

ROUTES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/api/version", None),
    ("GET", "/api/tags", None),
    ("GET", "/api/ps", None),
    ("POST", "/api/show", {"model": "home"}),
    ("POST", "/api/chat", {"model": "home", "messages": ASKED}),
    ("POST", "/api/chat/completions", {"model": "home", "messages": ASKED}),
    ("POST", "/api/generate", {"model": "home", "prompt": "hi"}),
    ("POST", "/api/embed", {"model": "plain/ollama.tiny", "input": "hi"}),
    ("POST", "/api/embeddings", {"model": "plain/ollama.tiny", "prompt": "hi"}),
    ("POST", "/api/pull", {"model": "home"}),
    ("POST", "/api/push", {"model": "home"}),
    ("POST", "/api/create", {"model": "home"}),
    ("POST", "/api/copy", {"source": "home", "destination": "x"}),
    ("DELETE", "/api/delete", {"model": "home"}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/home", None),
    ("POST", "/v1/chat/completions", {"model": "home", "messages": ASKED}),
    ("POST", "/v1/completions", {"model": "plain/ollama.tiny", "prompt": "hi"}),
    ("POST", "/v1/fim/completions", {"model": "plain/ollama.tiny", "prompt": "hi"}),
    ("POST", "/v1/embeddings", {"model": "plain/ollama.tiny", "input": "hi"}),
    ("POST", "/v1/rerank", {"model": "x", "query": "q", "documents": []}),
    ("POST", "/v1/responses", {"model": "home", "input": "hi"}),
]
TELLS_NOTHING = ("/api/version",)  # of anybody's: it is open


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModelServer) -> Iterator[Server]:
    """A server whose dialects want a key."""
    data: Path = tmp_path_factory.mktemp("locked") / "data"
    settings = {"IBIDEM_DIALECTS__KEY": "required", "IBIDEM_MODELS__OLLAMA_URL": upstream.ollama_url}
    with serving(data, IBIDEM_MODELS__DEFAULT="ollama:tiny:latest", **settings) as running:
        yield running


def send(client: httpx.Client, route: tuple[str, str, Any], **headers: str) -> httpx.Response:
    method, path, body = route
    return client.request(method, path, json=body, headers=headers)


def is_in_its_form(answer: httpx.Response, path: str) -> None:
    told = answer.json()["error"]
    openai = path.startswith("/v1") or path == "/api/chat/completions"
    assert (
        isinstance(told, dict) and set(told) == {"message", "type", "param", "code"}
        if openai
        else isinstance(told, str)
    )


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_program_without_a_key_is_answered(client: httpx.Client, route: tuple[str, str, Any]) -> None:
    for headers in ({}, {"Authorization": "Bearer ollama"}):  # SDKs always send something
        assert send(client, route, **headers).status_code in (200, 400)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_page_of_another_origin_is_refused(client: httpx.Client, route: tuple[str, str, Any]) -> None:
    if route[0] == "GET":
        answer = send(client, route, Origin="https://evil.example")
        assert not [name for name in answer.headers if name.startswith("access-control-")], "it cannot read the answer"
    else:
        for origin in ("https://evil.example", "null", "http://localhost:3000"):
            answer = send(client, route, Origin=origin)
            assert answer.status_code == 403
            is_in_its_form(answer, route[1])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_foreign_host_is_refused(client: httpx.Client, route: tuple[str, str, Any]) -> None:
    answer = send(client, route, Host="evil.example:8765")
    assert answer.status_code == 403
    is_in_its_form(answer, route[1])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_with_keys_required_nobody_comes_in_without(locked: Server, route: tuple[str, str, Any]) -> None:
    with httpx.Client(base_url=locked.url, timeout=10, trust_env=False) as anybody:
        answer = send(anybody, route, Authorization="Bearer wrong")
        if route[1] in TELLS_NOTHING:
            assert answer.status_code == 200
            return
        assert answer.status_code == 401
        is_in_its_form(answer, route[1])
    assert send(locked.http, route).status_code in (200, 400)


def test_every_route_of_the_dialects_is_in_the_list(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    served = {
        (method.upper(), path)
        for path, methods in schema["paths"].items()
        for method, about in methods.items()
        if set(about.get("tags", ())) & {"ollama", "openai"}
    }
    listed = {(method, path.replace("/v1/models/home", "/v1/models/{name}")) for method, path, _ in ROUTES}
    assert served - {("HEAD", "/api/blobs/{digest}"), ("POST", "/api/blobs/{digest}")} <= listed


def test_files_of_models_are_not_taken(client: httpx.Client) -> None:
    for method in ("HEAD", "POST"):
        assert client.request(method, "/api/blobs/sha256:00").status_code in (400, 405)
