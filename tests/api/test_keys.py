"""API keys: shown once, sent in the header only, and good for their scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.routes import ROUTES
from tests.api.serving import Server, is_error, put_text

# what a scope opens that the others do not
ONLY = {
    "chat": [("POST", "/api/runs/", {"question": " "}), ("GET", "/api/runs/absent/", None)],
    "read": [
        ("POST", "/api/search/", {"query": "pump"}),
        ("GET", "/api/workspaces/", None),
        ("GET", "/api/rag/documents/", None),
        ("GET", "/api/jobs/", None),
        ("GET", "/api/symbols/", None),
    ],
    "ingest": [
        ("POST", "/api/rag/documents/", {"title": "", "content": ""}),
        ("POST", "/api/workspaces/", {"name": ""}),
        ("DELETE", "/api/rag/documents/absent/", None),
        ("POST", "/api/workspaces/absent/sources/", {"path": "/nowhere"}),
    ],
}
NEVER = ("/api/keys/", "/api/users/", "/api/shares/", "/api/auth/logins/", "/api/auth/password/", "/api/auth/link/")


def make(server: Server, *scopes: str, **more: Any) -> dict[str, Any]:
    made = server.http.post("/api/keys/", json={"name": "script", "scopes": scopes, **more})
    assert made.status_code == 201, made.text
    key: dict[str, Any] = made.json()
    return key


@pytest.fixture
def script(server: Server) -> Iterator[httpx.Client]:
    """A program that has no credentials yet."""
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        yield client


def use(client: httpx.Client, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
    return client.request(method, path, json=body, headers={"Authorization": f"Bearer {key}"})


def test_a_key_is_shown_once(server: Server) -> None:
    made = make(server, "read")
    assert made["key"].startswith("ibd_")
    listed = server.http.get("/api/keys/")
    assert made["key"] not in listed.text
    (shown,) = [key for key in listed.json()["items"] if key["id"] == made["id"]]
    assert shown == {name: value for name, value in made.items() if name != "key"}


@pytest.mark.parametrize("scope", ONLY)
def test_a_scope_opens_its_routes_and_no_others(server: Server, script: httpx.Client, scope: str) -> None:
    key = make(server, scope)["key"]
    for owner, requests in ONLY.items():
        for method, path, body in requests:
            answer = use(script, key, method, path, body)
            if owner == scope:
                assert answer.status_code not in (401, 403), (method, path, answer.text)
            else:
                assert "scope" in is_error(answer, 403, "forbidden")["message"], (method, path)


def test_no_key_makes_keys_users_or_shares_or_signs_in(server: Server, script: httpx.Client) -> None:
    key = make(server, "chat", "read", "ingest")["key"]
    for method, path in ROUTES:
        if path.startswith(NEVER) and method != "WS":
            place = path.replace("{user_id}", "1").replace("{", "").replace("}", "")
            is_error(use(script, key, method, place, ROUTES[method, path].body), 403, "forbidden")
    shared = {"shared_with": [{"username": "local"}]}
    is_error(use(script, key, "PUT", "/api/workspaces/home/", shared), 403, "forbidden")
    is_error(use(script, key, "POST", "/api/auth/login/", {"username": "minji"}), 403, "forbidden")


def test_any_key_may_ask_whose_it_is_and_its_use_is_written_down(server: Server, script: httpx.Client) -> None:
    made = make(server, "chat")
    assert made["used_at"] is None
    assert use(script, made["key"], "GET", "/api/auth/user/").json()["user"]["username"] == "local"
    (shown,) = [key for key in server.http.get("/api/keys/").json()["items"] if key["id"] == made["id"]]
    assert shown["used_at"] is not None


def test_a_key_reads_what_its_user_has(server: Server, script: httpx.Client) -> None:
    document = put_text(server, "of-the-keys-user.md", "The keyed pump starts.")
    key = make(server, "read")["key"]
    assert use(script, key, "GET", f"/api/rag/documents/{document['id']}/text/").json()["text"]


def test_a_key_counts_in_the_header_only(server: Server, script: httpx.Client) -> None:
    key = make(server, "read")["key"]
    for place in (f"?key={key}", f"?token={key}", f"?access_token={key}", f"?api_key={key}"):
        is_error(script.get(f"/api/workspaces/{place}"), 401)
    is_error(script.get("/api/workspaces/", headers={"Cookie": f"ibidem_{server.port}={key}"}), 401)


def test_a_key_needs_no_origin_and_a_foreign_one_is_refused_still(server: Server, script: httpx.Client) -> None:
    key = make(server, "read")["key"]
    assert use(script, key, "POST", "/api/search/", {"query": "pump"}).status_code == 200
    script.headers["Origin"] = "http://evil.test"
    is_error(use(script, key, "POST", "/api/search/", {"query": "pump"}), 403, "forbidden")


def test_a_deleted_key_opens_nothing(server: Server, script: httpx.Client) -> None:
    made = make(server, "read")
    assert server.http.delete(f"/api/keys/{made['id']}/").status_code == 204
    is_error(use(script, made["key"], "GET", "/api/workspaces/"), 401)
    is_error(server.http.delete(f"/api/keys/{made['id']}/"), 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": "x", "expires_at": "2001-01-01T00:00:00Z"},
        {"name": "x", "expires_at": "2101-01-01T00:00:00"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    is_error(server.http.post("/api/keys/", json=wrong), 400, "bad_input")


def test_a_time_of_expiry_is_kept(server: Server) -> None:
    assert make(server, "read", expires_at="2101-01-01T09:00:00+09:00")["expires_at"].startswith("2101-01-01T00:00:00")
