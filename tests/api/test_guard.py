"""What the settings open: further hosts, pages of other origins, proxies; and sockets, refused before their handshake."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection

from ibidem.api.access import from_this_machine
from ibidem.api.guard import Guard, hosts_served, origins_allowed
from ibidem.api.server import bind
from ibidem.errors import BadInput
from ibidem.store.attempts import FREE_FAILURES
from tests.api.serving import Server, free_port, is_error, run, serving
from tests.api.signing_in import PASSWORD, add_users

CHAT = "https://chat.example"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On every address of the machine, with passwords, behind a proxy on loopback."""
    data = tmp_path_factory.mktemp("opened") / "data"
    add_users(data, boss="admin")
    settings = {
        "IBIDEM_SERVE__SIGN_IN": "password",
        "IBIDEM_SERVE__HOST": "0.0.0.0",
        "IBIDEM_SERVE__ALLOWED_HOSTS": "Notes.example, 10.0.0.5:9000",
        "IBIDEM_SERVE__ALLOWED_ORIGINS": f"{CHAT}/, http://localhost:5173",
        "IBIDEM_SERVE__TRUSTED_PROXIES": "127.0.0.1",
    }
    with serving(data, **settings) as running:
        yield running


@pytest.fixture
def anybody(opened: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=opened.url, timeout=10, trust_env=False) as client:
        yield client


# --- listening -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign_in", "has_password", "named"),
    [
        ("local", False, ["sign_in", "ibidem user add"]),
        ("local", True, ["sign_in"]),
        ("password", False, ["ibidem user add"]),
    ],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "myhost.example"])
def test_beyond_loopback_wants_passwords(host: str, sign_in: str, has_password: bool, named: list[str]) -> None:
    with pytest.raises(BadInput) as error:
        bind(host, 0, sign_in=sign_in, has_password=has_password)
    assert host in error.value.message and all(word in error.value.hint for word in named)


def test_the_server_refuses_to_start_beyond_loopback_and_says_what_to_do(tmp_path: Path) -> None:
    port = str(free_port())
    refused = run("serve", "--host", "0.0.0.0", "--port", port, data=tmp_path / "data", fresh=True)
    assert refused.code == 2
    assert "would open your documents to the network" in refused.err and "ibidem user add" in refused.err


def test_beyond_loopback_is_warned_about_and_the_command_line_still_finds_the_server(opened: Server) -> None:
    assert "plain HTTP" in opened.logged()
    listed = run("user", "list", data=opened.data)
    assert listed.code == 0 and "boss" in listed.out


# --- hosts -----------------------------------------------------------------------------------------------------------


def test_the_names_of_the_settings_are_served_and_no_others(opened: Server, anybody: httpx.Client) -> None:
    port = opened.port
    for host in ("notes.example", f"NOTES.example:{port}", "10.0.0.5:9000", f"127.0.0.1:{port}"):
        assert anybody.get("/health", headers={"Host": host}).status_code == 200, host
    for host in ("10.0.0.5", f"10.0.0.5:{port}", "notes.example:1", "notes.example.evil.test", f"0.0.0.0:{port}"):
        is_error(anybody.get("/health", headers={"Host": host}), 403, "forbidden")


def test_an_address_that_is_listened_on_is_served() -> None:
    assert "192.0.2.7:80" in hosts_served(80, "192.0.2.7") and "192.0.2.7" in hosts_served(80, "192.0.2.7")
    assert "[2001:db8::7]:8765" in hosts_served(8765, "2001:db8::7")
    assert "127.0.0.1" not in hosts_served(8765)


# --- origins ---------------------------------------------------------------------------------------------------------


def cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", [CHAT, "http://localhost:5173"])
def test_a_page_of_an_allowed_origin_may_ask_and_read_with_a_key(
    opened: Server, anybody: httpx.Client, origin: str
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = anybody.options("/api/search/", headers=asked)
    assert preflight.status_code == 204
    allowed = cors(preflight)
    assert allowed["access-control-allow-origin"] == origin
    assert "POST" in allowed["access-control-allow-methods"]
    assert "authorization" in allowed["access-control-allow-headers"].lower()
    key = opened.http.post("/api/keys/", json={"name": "chat", "scopes": ["read"]}).json()["key"]
    headers = {"Origin": origin, "Authorization": f"Bearer {key}"}
    answer = anybody.post("/api/search/", json={"query": "pump"}, headers=headers)
    assert answer.status_code == 200
    assert cors(answer)["access-control-allow-origin"] == origin and answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in {**cors(preflight), **cors(answer)}
    refused = anybody.post("/api/search/", json={"query": "pump"}, headers={"Origin": origin})
    is_error(refused, 401)
    assert cors(refused)["access-control-allow-origin"] == origin  # the page can read why
    with_cookie = {"Origin": origin, "Cookie": f"ibidem_{opened.port}=x"}
    is_error(anybody.post("/api/search/", json={"query": "pump"}, headers=with_cookie), 403, "forbidden")


@pytest.mark.parametrize("origin", ["http://chat.example", "https://chat.example.evil.test", f"{CHAT}:444", "null"])
def test_other_origins_get_no_permission(opened: Server, anybody: httpx.Client, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    preflight = anybody.options("/api/search/", headers=asked)
    assert preflight.status_code == 405 and not cors(preflight)
    headers = {"Origin": origin, "Authorization": f"Bearer {opened.secret}"}
    answer = anybody.post("/api/search/", json={"query": "pump"}, headers=headers)
    is_error(answer, 403, "forbidden")
    assert not cors(answer)


@pytest.mark.parametrize("wrong", ["chat.example", "https://chat.example/path", "ftp://chat.example", "*", "https://"])
def test_a_setting_that_is_no_origin_is_an_error(wrong: str) -> None:
    with pytest.raises(BadInput, match="allowed_origins"):
        origins_allowed(f"{CHAT} {wrong}")


# --- proxies ---------------------------------------------------------------------------------------------------------


def test_the_secret_does_not_work_from_elsewhere(opened: Server) -> None:
    assert opened.http.get("/api/auth/user/").status_code == 200
    is_error(opened.http.get("/api/auth/user/", headers={"X-Forwarded-For": "192.0.2.9"}), 401)
    is_error(opened.http.get("/api/auth/user/", headers={"X-Forwarded-For": "127.0.0.1, 192.0.2.9"}), 401)


def test_a_link_is_exchanged_on_this_machine_alone(opened: Server, anybody: httpx.Client) -> None:
    token = opened.http.post("/api/auth/link/").json()["url"].partition("#t=")[2]
    far = {"X-Forwarded-For": "192.0.2.9"}
    is_error(anybody.post("/api/auth/exchange/", json={"token": token}, headers=far), 401)
    assert anybody.post("/api/auth/exchange/", json={"token": token}).status_code == 200


def test_the_cookie_is_for_tls_alone_where_the_proxy_speaks_it(anybody: httpx.Client) -> None:
    login = {"username": "boss", "password": PASSWORD}
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9", "Host": "notes.example"}
    answer = anybody.post("/api/auth/login/", json=login, headers=headers)
    assert answer.status_code == 200 and "; Secure" in answer.headers["set-cookie"]


def test_wrong_passwords_from_one_address_do_not_slow_another_down(anybody: httpx.Client) -> None:
    def attempt(address: str, password: str) -> int:
        login = {"username": "boss", "password": password}
        return anybody.post("/api/auth/login/", json=login, headers={"X-Forwarded-For": address}).status_code

    assert 429 in [attempt("192.0.2.66", "wrong") for _ in range(FREE_FAILURES + 1)]
    assert attempt("192.0.2.10", PASSWORD) == 200


@pytest.mark.parametrize(
    ("client", "server_address", "near"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.9.9.9", "127.0.0.1", True),
        ("::1", "::1", True),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True),
        ("192.0.2.7", "192.0.2.7", True),  # this machine, by its own address
        ("192.0.2.9", "192.0.2.7", False),
        ("::ffff:192.0.2.9", "::", False),
        ("localhost", "127.0.0.1", False),
    ],
)
def test_this_machine_is_told_from_others_by_address(client: str, server_address: str, near: bool) -> None:
    scope = {"type": "http", "client": (client, 1), "server": (server_address, 8765)}
    assert from_this_machine(HTTPConnection(scope)) is near


def test_a_connection_without_an_address_is_not_from_this_machine() -> None:
    assert not from_this_machine(HTTPConnection({"type": "http", "client": None, "server": ("socket", None)}))


def test_what_nobody_trusted_passes_on_is_not_believed(server: Server) -> None:
    headers = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "https"}
    assert server.http.get("/api/auth/user/", headers=headers).status_code == 200


# --- sockets ---------------------------------------------------------------------------------------------------------


def handshake(headers: dict[str, str]) -> tuple[list[dict[str, Any]], bool]:
    """What the guard sends for a socket's handshake, and whether it let the application have it."""
    sent: list[dict[str, Any]] = []
    reached = []

    async def application(*_: Any) -> None:
        reached.append(True)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    scope = {
        "type": "websocket",
        "path": "/ws/chat/x/",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "extensions": {"websocket.http.response": {}},
    }
    guard = Guard(application, hosts=hosts_served(8765), origins={CHAT}, max_body_bytes=1000)
    asyncio.run(guard(scope, receive, send))
    return sent, bool(reached)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test", "Origin": "http://127.0.0.1:8765"},
        {"Host": "127.0.0.1:8765", "Origin": "http://evil.test"},
        {"Host": "127.0.0.1:8765", "Cookie": "ibidem_8765=x"},
        {"Host": "127.0.0.1:8765", "Origin": CHAT, "Cookie": "ibidem_8765=x"},
        {},
    ],
)
def test_a_socket_is_refused_before_its_handshake_with_a_reason(headers: dict[str, str]) -> None:
    sent, reached = handshake(headers)
    assert not reached
    assert (sent[0]["type"], sent[0]["status"]) == ("websocket.http.response.start", 403)
    assert b"x-content-type-options" in {name for name, _ in sent[0]["headers"]}
    assert json.loads(sent[1]["body"])["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8765", "Origin": "http://127.0.0.1:8765", "Cookie": "ibidem_8765=x"},
        {"Host": "localhost:8765", "Origin": CHAT},
        {"Host": "127.0.0.1:8765", "Authorization": "Bearer x"},
    ],
)
def test_a_socket_of_our_own_page_an_allowed_one_or_a_program_is_let_through(headers: dict[str, str]) -> None:
    assert handshake(headers) == ([], True)
