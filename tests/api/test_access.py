"""Who may ask what: every route of the schema against every kind of caller, and paths that want to leave."""

from __future__ import annotations

import json
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.routes import PARAMETERS, ROUTES, absent_status
from tests.api.serving import Server, add_folder, is_error, put_text

OPEN = {
    ("GET", "/health"),
    ("GET", "/"),
    ("GET", "/assets/{name}"),
    ("GET", "/openapi.json"),
    ("POST", "/api/auth/exchange/"),
}
LEAVES = {("POST", "/api/auth/logout/")}  # signing out needs no sign-in; it gives nothing
FOR_THE_SECRET = {("POST", "/api/auth/link/")}
REQUESTS = [route for route in ROUTES if route[0] != "WS"]
UNSAFE = [route for route in REQUESTS if route[0] not in ("GET", "HEAD")]
HEADERS = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def anybody(server: Server) -> Iterator[httpx.Client]:
    """A caller without credentials."""
    with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """A browser that was signed in by a one-time link."""
    with httpx.Client(base_url=server.url, timeout=10, trust_env=False) as client:
        origin = {"Origin": server.url}
        answer = client.post("/api/auth/exchange/", json={"token": link_token(server)}, headers=origin)
        assert answer.status_code == 200, answer.text
        yield client


def link_token(server: Server) -> str:
    url: str = server.http.post("/api/auth/link/").json()["url"]
    base, _, token = url.partition("#t=")
    assert base == f"{server.url}/"
    return token


def send(client: httpx.Client, route: tuple[str, str], **more: Any) -> httpx.Response:
    method, path = route
    body = ROUTES[route].body
    path = path.format_map(dict.fromkeys(PARAMETERS, "absent"))
    headers = {"Content-Type": "application/json", **more.pop("headers", {})}
    content = None if body is None else json.dumps(body)
    return client.request(method, path, content=content, headers=headers, **more)


def is_guarded(answer: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert value in answer.headers.get(name, ""), (str(answer.url), answer.status_code, name)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


# --- the matrix ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", REQUESTS, ids=" ".join)
def test_a_caller_with_the_key_is_answered(server: Server, route: tuple[str, str]) -> None:
    answer = send(server.http, route)
    assert answer.status_code == absent_status(route), answer.text
    is_guarded(answer)
    if answer.status_code >= 400:
        is_error(answer, absent_status(route))


@pytest.mark.parametrize("route", REQUESTS, ids=" ".join)
def test_a_caller_without_credentials_gets_401_but_for_the_open_routes(
    anybody: httpx.Client, route: tuple[str, str]
) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
    ):
        answer = send(anybody, route, headers=headers)
        is_guarded(answer)
        if route in OPEN | LEAVES:
            assert answer.status_code == absent_status(route)
        else:
            is_error(answer, 401, "no_credentials")


@pytest.mark.parametrize("route", REQUESTS, ids=" ".join)
def test_a_foreign_host_gets_403_on_every_route_even_with_the_key(server: Server, route: tuple[str, str]) -> None:
    for host in (
        "evil.test",
        f"evil.test:{server.port}",
        "127.0.0.1",
        f"127.0.0.1.evil.test:{server.port}",
        "localhost:1",
    ):
        answer = send(server.http, route, headers={"Host": host})
        is_error(answer, 403, "forbidden")
        is_guarded(answer)


def test_every_name_of_the_loopback_is_served(server: Server) -> None:
    for host in ("127.0.0.1", "localhost", "LocalHost", "[::1]"):
        assert server.http.get("/api/auth/user/", headers={"Host": f"{host}:{server.port}"}).status_code == 200


@pytest.mark.parametrize("route", UNSAFE, ids=" ".join)
def test_a_foreign_origin_gets_403_on_unsafe_methods_even_with_the_key(server: Server, route: tuple[str, str]) -> None:
    origins = (
        "http://evil.test",
        "null",
        "http://127.0.0.1:1",
        f"http://evil@127.0.0.1:{server.port}",
        "http://[",
        "",
        "file://",
    )
    for origin in origins:
        answer = send(server.http, route, headers={"Origin": origin})
        is_error(answer, 403, "forbidden")
        is_guarded(answer)


@pytest.mark.parametrize("route", UNSAFE, ids=" ".join)
def test_a_cookie_without_an_origin_gets_403_on_unsafe_methods(browser: httpx.Client, route: tuple[str, str]) -> None:
    answer = send(browser, route)
    is_error(answer, 403, "forbidden")
    is_guarded(answer)


@pytest.mark.parametrize("route", [route for route in REQUESTS if route not in LEAVES | FOR_THE_SECRET], ids=" ".join)
def test_the_cookie_with_our_own_origin_is_answered(
    server: Server, browser: httpx.Client, route: tuple[str, str]
) -> None:
    assert send(browser, route, headers={"Origin": server.url}).status_code == absent_status(route)


@pytest.mark.parametrize("path", [path for method, path in REQUESTS if method == "GET"])
def test_head_answers_like_get_without_a_body(server: Server, path: str) -> None:
    answer = send(server.http, ("GET", path))
    path = path.format_map(dict.fromkeys(PARAMETERS, "absent"))
    head = server.http.head(path)
    assert (head.status_code, head.content) == (answer.status_code, b"")
    assert head.headers["content-type"] == answer.headers["content-type"]
    is_guarded(head)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/absent", 404),
        ("GET", "/api/workspaces", 404),
        ("PATCH", "/api/workspaces/", 405),
        ("GET", "/assets/absent.js", 404),
    ],
)
def test_unknown_paths_and_methods_are_errors_in_our_shape(server: Server, method: str, path: str, status: int) -> None:
    answer = server.http.request(method, path)
    is_error(answer, status)
    is_guarded(answer)


def test_static_files_carry_the_safety_headers(anybody: httpx.Client) -> None:
    page = anybody.get("/", headers={"Accept": "text/html"})
    is_guarded(page)
    assert page.headers["content-type"].startswith("text/html")


# --- other origins ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json"],
)
def test_what_a_foreign_page_can_send_without_preflight_is_refused(browser: httpx.Client, content_type: str) -> None:
    body = '{"title": "planted.md", "content": "planted"}'
    for headers in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {}):
        answer = browser.post("/api/rag/documents/", content=body, headers={"Content-Type": content_type, **headers})
        is_error(answer, 403, "forbidden")


def test_a_preflight_gets_no_permission(anybody: httpx.Client) -> None:
    headers = {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}
    answer = anybody.options("/api/search/", headers=headers)
    assert answer.status_code == 405
    is_guarded(answer)


def test_reading_from_a_foreign_page_shows_nothing_to_it(server: Server) -> None:
    answer = server.http.get("/api/workspaces/", headers={"Origin": "http://evil.test"})
    is_guarded(answer)  # no Access-Control-Allow-Origin, and CORP same-origin


def test_a_request_without_a_host_is_refused(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"GET /api/workspaces/ HTTP/1.0\r\n\r\n")
        assert raw.recv(100).split(b" ")[1] == b"403"


# --- the one-time link -----------------------------------------------------------------------------------------------


def test_a_link_is_exchanged_once_for_a_cookie_that_scripts_cannot_read(server: Server, anybody: httpx.Client) -> None:
    token = link_token(server)
    answer = anybody.post("/api/auth/exchange/", json={"token": token}, headers={"Origin": server.url})
    assert answer.json() == {"user": {"id": "1", "username": "local", "role": "admin", "has_password": False}}
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"ibidem_{server.port}=")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= parts
    anybody.cookies.clear()
    again = anybody.post("/api/auth/exchange/", json={"token": token}, headers={"Origin": server.url})
    is_error(again, 401, "no_credentials")
    assert "set-cookie" not in again.headers


def test_a_link_is_given_for_the_secret_alone(server: Server, browser: httpx.Client) -> None:
    is_error(browser.post("/api/auth/link/", headers={"Origin": server.url}), 403, "forbidden")


def test_the_link_of_the_first_line_signs_in(server: Server, anybody: httpx.Client) -> None:
    token = server.logged().partition("#t=")[2].split()[0]
    answer = anybody.post("/api/auth/exchange/", json={"token": token})
    anybody.cookies.clear()
    assert answer.status_code in (200, 401)  # 401: the minute is over
    is_error(anybody.post("/api/auth/exchange/", json={"token": token}), 401)


def test_signing_out_ends_the_cookie_everywhere(server: Server, browser: httpx.Client) -> None:
    cookies = dict(browser.cookies)
    assert browser.get("/api/auth/user/").json()["user"]["username"] == "local"
    assert browser.post("/api/auth/logout/", headers={"Origin": server.url}).status_code == 204
    with httpx.Client(base_url=server.url, cookies=cookies, trust_env=False) as thief:
        is_error(thief.get("/api/auth/user/"), 401)


def test_the_secret_and_the_data_directory_are_private(server: Server) -> None:
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    for name in ("secret", "server.json"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600
    assert len(server.secret) >= 43  # 256 bits


def test_secrets_are_never_logged(server: Server, browser: httpx.Client) -> None:
    assert server.secret not in server.logged()
    assert not any(value in server.logged() for value in browser.cookies.values())


# --- paths that want to leave ----------------------------------------------------------------------------------------

CANARY = "canary-7f3a outside the folder"
TRAVERSALS = [
    "..",
    "../",
    "../../../../../../etc/passwd",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%2f..%2fsecret",
    "..%5c..%5csecret",
    "..\\..\\secret",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%00",
    "secret%00.md",
    "%252e%252e%252fsecret",
    "....//....//secret",
    "%c0%ae%c0%ae%2fsecret",
    "%ff",
    "file:///etc/passwd",
    "\\\\server\\share",
    "C:%5Csecret",
    "%e1%84%92%e1%85%a1%e1%86%ab",  # 한, decomposed
    "ibidem.db",
    "1%27%20OR%20%271%27=%271",
    "a" * 5000,
]
PLACES = sorted({path for _, path in ROUTES if "{" in path} | {"/assets/{name}"})


@pytest.mark.parametrize("place", PLACES)
def test_no_path_parameter_leads_out(server: Server, place: str) -> None:
    methods = [method for method, path in ROUTES if path == place] or ["GET"]
    for value in TRAVERSALS:
        for method in methods:
            for parameter in PARAMETERS:
                if f"{{{parameter}}}" not in place:
                    continue
                names = dict.fromkeys(PARAMETERS, "absent") | {"slug": "home", parameter: value}
                answer = raw_request(server, method, place.format_map(names))
                status = int(answer.split(b" ", 2)[1])
                assert 400 <= status < 500, (method, place, value, answer[:300])
                body = answer.partition(b"\r\n\r\n")[2]
                for leak in (b"root:", server.secret.encode(), b"SQLite format", b"Traceback"):
                    assert leak not in body, (method, place, value)


def raw_request(server: Server, method: str, path: str) -> bytes:
    """The answer to a request line that no client library would send: libraries tidy paths up."""
    body = b'{"name": "x", "path": "/nowhere", "title": "x"}' if method in ("POST", "PUT") else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(head.encode("latin-1") + body)
        parts = []
        while part := raw.recv(65536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    "name", ["../../secret", "..\\..\\secret", "/etc/cron.d/x", "a\x00b.md", "한글.md", "\u202egpj.md"]
)
def test_an_uploads_name_is_never_a_path_of_ours(server: Server, name: str) -> None:
    before = {path for path in server.data.rglob("*") if path.parent.name != "files" and path.is_file()}
    made = server.http.post("/api/rag/documents/", files={"file": (name, b"planted text")})
    assert made.status_code in (201, 400), made.text
    if made.status_code == 201:
        assert "/" not in made.json()["path"] and made.json()["path"].isprintable()
        assert server.http.get(f"/api/rag/documents/{made.json()['id']}/content/").content == b"planted text"
        assert server.http.delete(f"/api/rag/documents/{made.json()['id']}/").status_code == 204
    new = {path for path in server.data.rglob("*") if path.parent.name != "files" and path.is_file()} - before
    assert not [path for path in new if b"planted" in path.read_bytes()[:100]]


def test_a_file_replaced_by_a_link_shows_nothing_from_outside(server: Server, tmp_path: Path) -> None:
    (tmp_path / "outside.md").write_text(CANARY)
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.md").write_text("inside")
    (folder / "b.md").write_text("inside")
    source = add_folder(server, folder, watch=False)
    found = {
        document["path"]: document["id"]
        for document in server.http.get("/api/rag/documents/", params={"limit": 500}).json()["items"]
        if document["path"].startswith("folder/")
    }
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.md").write_text(CANARY)
    (folder / "inner" / "a.md").unlink()
    (folder / "inner").rmdir()
    (folder / "inner").symlink_to(tmp_path / "elsewhere")
    (folder / "b.md").unlink()
    (folder / "b.md").symlink_to(tmp_path / "outside.md")
    for path in ("folder/inner/a.md", "folder/b.md"):
        answer = server.http.get(f"/api/rag/documents/{found[path]}/content/")
        assert CANARY not in answer.text
        is_error(answer, 404)
    assert server.http.delete(f"/api/workspaces/home/sources/{source['id']}/").status_code == 204


def test_a_file_replaced_by_a_pipe_does_not_hang_the_server(server: Server, tmp_path: Path) -> None:
    import os

    folder = tmp_path / "pipes"
    folder.mkdir()
    (folder / "a.md").write_text("soon a pipe")
    source = add_folder(server, folder, watch=False)
    document = server.http.get("/api/rag/documents/", params={"limit": 500}).json()["items"][-1]
    (folder / "a.md").unlink()
    os.mkfifo(folder / "a.md")
    is_error(server.http.get(f"/api/rag/documents/{document['id']}/content/", timeout=5), 404)
    server.http.delete(f"/api/workspaces/home/sources/{source['id']}/")


def test_what_a_document_holds_is_never_run_in_the_page(server: Server) -> None:
    document = put_text(server, "page.html", "<script>alert(1)</script><p>text of a page</p>")
    answer = server.http.get(f"/api/rag/documents/{document['id']}/content/")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_an_answer_on_a_kept_connection_waits_for_no_acknowledgement(server: Server) -> None:
    """Nagle's algorithm and delayed acknowledgements together cost 40 ms an answer where TCP_NODELAY is not set."""
    took = []
    for _ in range(21):
        began = time.perf_counter()
        server.http.get("/api/auth/user/")
        took.append(time.perf_counter() - began)
    assert sorted(took)[3] < 0.03, took
