"""Every route of the application against every kind of caller, in password mode."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from ibidem.api.server import application
from ibidem.app import build
from ibidem.settings import load
from tests.api.routes import DIALECT_ROUTES
from tests.api.routes import ROUTES as OWN_ROUTES
from tests.api.serving import Server, serving, wait_for
from tests.api.signing_in import Caller, add_users, sign_in

ROUTES = OWN_ROUTES | DIALECT_ROUTES
PATHS = [*ROUTES]
UNSAFE = [route for route in PATHS if route[0] != "GET"]
BY_ID = [route for route in PATHS if "{" in route[1] and route[1] != "/assets/{name}"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """In password mode, with the users whom the tests are about."""
    data = tmp_path_factory.mktemp("matrix") / "data"
    add_users(data, owner="member", other="member", admin="admin", helper="admin")
    with serving(data, IBIDEM_SERVE__SIGN_IN="password") as running:
        yield running


class Things:
    """What belongs to the user `owner`, made when a path names it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.owner, self.helper = sign_in(server, "owner"), sign_in(server, "helper")
        self._server = server
        self._folder = folder
        self._made = 0

    def fill(self, path: str) -> str:
        """The path with the ids of fresh things in it."""
        self._made += 1
        slug = self._post("/api/workspaces/", {"name": f"w{self._made}"})["slug"] if "{slug}" in path else ""
        session = self._post("/api/sessions/", {})["id"] if "{session_id}" in path else ""
        names = {"slug": slug, "name": "absent.js", "session_id": session, "attachment_id": "absent", "digest": "x"}
        names["option"] = "retrieve.hits"
        names["number"] = "1"
        path = path.replace(":path}", "}")
        for parameter, make in (
            ("source_id", lambda: self._source(slug)),
            ("document_id", lambda: self._document()["id"]),
            ("message_id", lambda: self._answer(session)),
            ("run_id", self._run),
            ("answer_id", self._dialect_answer),
            ("job_id", self._job),
            ("template_id", self._template),
            ("share_id", self._share),
            ("login_id", self._login),
            ("key_id", lambda: self._post("/api/keys/", {"name": "script"})["id"]),
            ("user_id", lambda: self.owner.get("/api/auth/user/").json()["user"]["id"]),
        ):
            if f"{{{parameter}}}" in path:
                names[parameter] = make()
        return path.format_map(names)

    def _post(self, path: str, body: Any) -> Any:
        answer = self.owner.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def _document(self) -> Any:
        made = self._post("/api/rag/documents/", {"title": f"d{self._made}.md", "content": "The pump starts."})
        return wait_for(
            lambda: (one := self.owner.get(f"/api/rag/documents/{made['id']}/").json())["state"] == "ok" and one,
            "the document is read",
        )

    def _answer(self, session: str) -> str:
        asked = self._post(f"/api/sessions/{session}/messages/", {"content": "When does the pump start?"})
        return str(asked["run_id"])

    def _run(self) -> str:
        run_id: str = self._post("/api/runs/", {"question": "When does the pump start?"})["run_id"]
        return run_id

    def _dialect_answer(self) -> str:
        """One that a client of a dialect got over the owner's documents."""
        self._document()
        body = {"model": "home", "messages": [{"role": "user", "content": "When does the pump start?"}]}
        told = self.owner.post("/api/chat", json=body)
        assert told.is_success, told.text
        answer_id: str = told.headers["x-ibidem-answer"]
        wait_for(lambda: self.owner.get(f"/api/answers/{answer_id}/").is_success, "the record is written")
        return answer_id

    def _job(self) -> str:
        """One that is done."""
        self._document()
        (job, *_) = self.owner.get("/api/jobs/", params={"state": "done"}).json()["items"]
        return str(job["id"])

    def _template(self) -> str:
        body = {"name": f"t{self._made}", "system": "Be short."}
        return str(self._post("/api/prompts/templates/", body)["id"])

    def _shared(self, slug: str) -> None:
        body = {"shared_with": [{"username": "helper", "access": "write"}]}
        assert self.owner.put(f"/api/workspaces/{slug}/", json=body).status_code == 200

    def _share(self) -> str:
        self._shared(self._post("/api/workspaces/", {"name": f"s{self._made}"})["slug"])
        return str(self.owner.get("/api/shares/").json()["items"][-1]["id"])

    def _source(self, slug: str) -> str:
        """Only admins may add folders: the helper does, in the workspace that the owner shares for that."""
        self._shared(slug)
        folder = self._folder / slug
        folder.mkdir()
        made = self.helper.post(f"/api/workspaces/{slug}/sources/", json={"path": str(folder), "watch": False})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def _login(self) -> str:
        with closing(sign_in(self._server, "owner")) as second:
            items = second.get("/api/auth/logins/").json()["items"]
        return str(next(one["id"] for one in items if one["current"]))


@pytest.fixture(scope="module")
def things(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Things:
    return Things(server, tmp_path_factory.mktemp("folders"))


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[str, Caller]:
    return {"anonymous": Caller(server, "")} | {name: Caller(server, name) for name in ("owner", "other", "admin")}


def call(caller: Caller, route: tuple[str, str], path: str, **headers: str) -> int:
    method, pattern = route
    if method == "WS":
        return handshake(caller, path, **headers)
    with caller.client().stream(method, path, json=ROUTES[route].body, headers=headers) as answer:
        status = answer.status_code
    if pattern == "/api/auth/logout/" and status == 204:
        caller.forget()
    return status


def handshake(caller: Caller, path: str, **headers: str) -> int:
    """The status that a socket's handshake is answered with; 101: it is open."""
    client = caller.client()
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    sent = {
        "Host": client.base_url.netloc.decode(),
        "Origin": str(client.base_url).rstrip("/"),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({"Cookie": cookie} if cookie else {}),
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    with socket.create_connection(("127.0.0.1", client.base_url.port or 80), timeout=10) as raw:
        raw.sendall("\r\n".join(lines).encode())
        return int(raw.recv(1000).split(b" ")[1])


def served(app: FastAPI) -> set[tuple[str, str]]:
    """Every (method, path) that the application has a route for; "WS" for sockets."""
    found: set[tuple[str, str]] = set()
    waiting: list[Any] = [*app.routes]
    while waiting:
        route = waiting.pop()
        if hasattr(route, "original_router"):
            waiting += route.original_router.routes
        else:
            methods = getattr(route, "methods", None)
            found |= {(method, route.path) for method in (methods or {"WS"}) if method != "HEAD"}
    return found


def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    engine = build(load(tmp_path, {}))
    try:
        assert served(application(engine, 8765)) == set(ROUTES)
    finally:
        engine.close()


@pytest.mark.parametrize("route", PATHS, ids=" ".join)
def test_each_caller_is_answered_as_the_table_says(
    things: Things, callers: dict[str, Caller], route: tuple[str, str]
) -> None:
    row = ROUTES[route]
    path = things.fill(route[1])
    found = {name: call(callers[name], route, path) for name in ("anonymous", "other")}
    found["owner"] = call(callers["owner"], route, path)
    assert found == {"anonymous": row.anonymous, "other": row.other, "owner": row.owner}
    assert call(callers["admin"], route, things.fill(route[1])) == row.admin


@pytest.mark.parametrize("route", BY_ID, ids=" ".join)
def test_what_belongs_to_another_looks_like_what_is_not_there(
    things: Things, callers: dict[str, Caller], route: tuple[str, str]
) -> None:
    absent = route[1]
    for parameter in (
        "slug",
        "source_id",
        "document_id",
        "session_id",
        "message_id",
        "run_id",
        "answer_id",
        "job_id",
        "share_id",
        "login_id",
        "key_id",
    ):
        absent = absent.replace(f"{{{parameter}}}", "absent")
    absent = absent.replace("{user_id}", "999").replace("{number}", "1")
    assert call(callers["other"], route, absent) == call(callers["other"], route, things.fill(route[1]))


@pytest.mark.parametrize("route", PATHS, ids=" ".join)
def test_a_foreign_host_is_refused_whoever_asks(
    things: Things, callers: dict[str, Caller], route: tuple[str, str]
) -> None:
    path = things.fill(route[1])
    assert {call(caller, route, path, Host="evil.test") for caller in callers.values()} == {403}


@pytest.mark.parametrize("route", UNSAFE, ids=" ".join)
def test_a_foreign_origin_is_refused_whoever_asks(
    things: Things, callers: dict[str, Caller], route: tuple[str, str]
) -> None:
    path = things.fill(route[1])
    assert {call(caller, route, path, Origin="http://evil.test") for caller in callers.values()} == {403}


@pytest.mark.parametrize("route", PATHS, ids=" ".join)
def test_the_secret_in_a_cookie_or_a_cookie_as_bearer_opens_nothing(
    server: Server, things: Things, callers: dict[str, Caller], route: tuple[str, str]
) -> None:
    (cookie,) = callers["admin"].client().cookies.values()
    path, anonymous = things.fill(route[1]), callers["anonymous"]
    row = ROUTES[route]
    assert call(anonymous, route, path, Cookie=f"ibidem_{server.port}={server.secret}") == row.anonymous
    assert call(anonymous, route, path, Authorization=f"Bearer {cookie}") == row.anonymous
