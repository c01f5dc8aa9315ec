"""Password mode: names and passwords, sign-ins that are listed and revoked, and what is open closes with its right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from ibidem.store.attempts import FREE_FAILURES
from tests.api.serving import Server, is_error, run, serving, wait_for
from tests.api.signing_in import PASSWORD, add_users, browser, sign_in
from tests.fakes.model_server import FakeModelServer

OTHER_PASSWORD = "violet ladder under rain"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_model: FakeModelServer) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("passwords") / "data"
    add_users(data, boss="admin", minji="member", jun="member")
    settings = {"IBIDEM_SERVE__SIGN_IN": "password", "IBIDEM_MODELS__OLLAMA_URL": shared_model.ollama_url}
    with serving(data, **settings) as running:
        yield running


@pytest.fixture
def minji(server: Server) -> Iterator[httpx.Client]:
    with closing(sign_in(server, "minji")) as client:
        yield client


@pytest.fixture
def boss(server: Server) -> Iterator[httpx.Client]:
    with closing(sign_in(server, "boss")) as client:
        yield client


def attempt(server: Server, name: str, password: str) -> httpx.Response:
    with browser(server) as client:
        return client.post("/api/auth/login/", json={"username": name, "password": password})


def id_of(boss: httpx.Client, name: str) -> str:
    users = boss.get("/api/users/").json()["items"]
    return next(user["id"] for user in users if user["username"] == name)


# --- signing in ------------------------------------------------------------------------------------------------------


def test_name_and_password_give_a_cookie_that_scripts_cannot_read(server: Server) -> None:
    answer = attempt(server, "MINJI", PASSWORD)
    assert answer.json()["user"]["username"] == "minji"
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= parts and "secure" not in parts


def test_what_is_wrong_is_not_told(server: Server) -> None:
    answers = [attempt(server, name, "not the password") for name in ("minji", "nobody at all", "local")]
    errors = [is_error(answer, 401, "no_credentials") for answer in answers]
    assert errors[0] == errors[1] == errors[2]


def test_without_a_password_nobody_enters(server: Server) -> None:
    with browser(server) as client:
        is_error(client.post("/api/auth/login/", json={"username": "minji"}), 400, "bad_input")
        is_error(client.post("/api/auth/login/", json={"username": "minji", "password": "x" * 1001}), 400)
        assert client.get("/health").json()["sign_in"] == "password"


def test_after_five_wrong_passwords_even_the_right_one_waits_and_a_restart_forgets_nothing(tmp_path: Path) -> None:
    add_users(tmp_path / "data", guessed="admin", spared="member")
    settings = {"IBIDEM_SERVE__SIGN_IN": "password"}
    with serving(tmp_path / "data", **settings) as server:
        for _ in range(FREE_FAILURES):
            is_error(attempt(server, "guessed", "wrong"), 401)
        is_error(attempt(server, "guessed", PASSWORD), 429, "busy")
        assert attempt(server, "spared", PASSWORD).status_code == 200
        server.kill()
    with serving(tmp_path / "data", **settings) as server:
        told = [attempt(server, "guessed", "wrong") for _ in range(FREE_FAILURES)]
        waiting = [answer for answer in told if answer.status_code == 429]
        assert waiting and all(int(answer.headers["retry-after"]) >= 1 for answer in waiting)
        wait_for(lambda: attempt(server, "guessed", PASSWORD).status_code == 200, "the wait is over", timeout_s=30)


def test_signing_in_again_ends_the_sign_in_before(server: Server, minji: httpx.Client) -> None:
    before = dict(minji.cookies)
    assert minji.post("/api/auth/login/", json={"username": "minji", "password": PASSWORD}).status_code == 200
    with httpx.Client(base_url=server.url, cookies=before, trust_env=False) as old:
        is_error(old.get("/api/auth/user/"), 401)


def test_neither_passwords_nor_cookies_are_logged_or_stored(server: Server, minji: httpx.Client) -> None:
    (cookie,) = minji.cookies.values()
    kept = b"".join(path.read_bytes() for path in server.data.glob("ibidem.db*"))
    for secret in (PASSWORD, cookie):
        assert secret not in server.logged() and secret.encode() not in kept


def test_a_name_alone_that_was_enough_in_local_mode_is_not_any_more(tmp_path: Path) -> None:
    add_users(tmp_path / "data", boss="admin")
    with serving(tmp_path / "data") as server, browser(server) as client:
        key = {"Authorization": f"Bearer {server.secret}"}
        assert client.post("/api/auth/login/", json={"username": "guest"}, headers=key).status_code == 200
        assert client.get("/api/auth/user/").status_code == 200
        (cookie,) = client.cookies.values()
    with serving(tmp_path / "data", IBIDEM_SERVE__SIGN_IN="password") as server:
        kept = {f"ibidem_{server.port}": cookie}
        with httpx.Client(base_url=server.url, cookies=kept, trust_env=False) as old:
            is_error(old.get("/api/auth/user/"), 401)


def test_the_secret_still_serves_the_command_line_of_this_machine(server: Server) -> None:
    assert server.http.get("/api/auth/user/").json()["user"]["username"] == "local"
    listed = run("user", "list", "--json", data=server.data)
    assert listed.code == 0 and {"boss", "minji"} <= {user["username"] for user in listed.json["items"]}


# --- sign-ins --------------------------------------------------------------------------------------------------------


def test_sign_ins_are_listed_with_what_tells_them_apart_and_revoked(server: Server, minji: httpx.Client) -> None:
    with closing(sign_in(server, "minji")) as other:
        other.headers["User-Agent"] = "Elsewhere/2"
        (mine,) = [one for one in minji.get("/api/auth/logins/").json()["items"] if one["current"]]
        (theirs,) = [one for one in other.get("/api/auth/logins/").json()["items"] if one["current"]]
        assert (mine["proof"], mine["address"]) == ("password", "127.0.0.1") and mine["id"] != theirs["id"]
        assert set(mine) >= {"agent", "created_at", "used_at", "expires_at"}
        assert minji.delete(f"/api/auth/logins/{theirs['id']}/").status_code == 204
        is_error(other.get("/api/auth/user/"), 401)
        assert minji.get("/api/auth/user/").status_code == 200


def test_an_admin_sees_and_ends_others_sign_ins_and_a_member_does_not(
    server: Server, minji: httpx.Client, boss: httpx.Client
) -> None:
    user = id_of(boss, "minji")
    found = boss.get("/api/auth/logins/", params={"of": user}).json()["items"]
    assert found and not any(one["current"] for one in found)
    is_error(minji.get("/api/auth/logins/", params={"of": id_of(boss, "boss")}), 403, "forbidden")
    for one in found:
        assert boss.delete(f"/api/auth/logins/{one['id']}/").status_code == 204
    is_error(minji.get("/api/auth/user/"), 401)


def test_a_new_password_ends_every_other_sign_in(server: Server, boss: httpx.Client) -> None:
    made = boss.post("/api/users/", json={"username": "changer", "password": PASSWORD})
    assert made.status_code == 201 and made.json()["role"] == "member", made.text
    with closing(sign_in(server, "changer")) as here, closing(sign_in(server, "changer")) as there:
        change = {"password": "not the old one", "new_password": OTHER_PASSWORD}
        is_error(here.post("/api/auth/password/", json=change), 401)
        is_error(here.post("/api/auth/password/", json={"password": PASSWORD, "new_password": "short"}), 400)
        change["password"] = PASSWORD
        assert here.post("/api/auth/password/", json=change).status_code == 204
        assert here.get("/api/auth/user/").status_code == 200
        is_error(there.get("/api/auth/user/"), 401)
    is_error(attempt(server, "changer", PASSWORD), 401)
    assert attempt(server, "changer", OTHER_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    "password", ["short", "password1234", "aaaaaaaaaaaaaaaa", "123456789012", "Pump pump PUMP pump"]
)
def test_a_password_that_is_guessed_first_is_refused(boss: httpx.Client, password: str) -> None:
    error = is_error(boss.post("/api/users/", json={"username": "weak", "password": password}), 400, "bad_input")
    assert error["field"] == "password" and password not in error["message"]


# --- what is open ----------------------------------------------------------------------------------------------------


class Reader:
    """Reads a run's events in a thread until the stream ends."""

    def __init__(self, server: Server, client: httpx.Client, model: FakeModelServer) -> None:
        model.behaviour = "stall"  # one piece, then nothing: the stream ends only if it is closed
        started = client.post("/api/runs/", json={"question": "why?", "model": "ollama:tiny", "mode": "plain"})
        assert started.status_code == 202, started.text
        self.run_id: str = started.json()["run_id"]
        self.names: list[str] = []
        self._client = client
        self._reading = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._reading.wait(10), "the first piece came"

    def _read(self) -> None:
        with self._client.stream("GET", f"/api/runs/{self.run_id}/events/") as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    self.names.append(line[7:])
                if line == "event: delta":
                    self._reading.set()

    def has_ended(self) -> bool:
        """Within the time that a test takes at most; nothing else ends this stream."""
        self._thread.join(10)
        return not self._thread.is_alive()


def test_a_revoked_sign_in_closes_its_streams_and_leaves_the_answer_to_others(
    server: Server, model: FakeModelServer, minji: httpx.Client
) -> None:
    reader = Reader(server, minji, model)
    with closing(sign_in(server, "minji")) as other:
        (mine,) = [one for one in minji.get("/api/auth/logins/").json()["items"] if one["current"]]
        assert other.delete(f"/api/auth/logins/{mine['id']}/").status_code == 204
        assert reader.has_ended() and "failed" not in reader.names
        assert other.get(f"/api/runs/{reader.run_id}/").json()["state"] == "running"
        assert other.post(f"/api/runs/{reader.run_id}/stop/").status_code == 200


def test_a_disabled_users_streams_close_and_answers_stop(
    server: Server, model: FakeModelServer, boss: httpx.Client
) -> None:
    boss.post("/api/users/", json={"username": "leaver", "password": PASSWORD})
    with closing(sign_in(server, "leaver")) as leaver:
        key = leaver.post("/api/keys/", json={"name": "script"}).json()["key"]
        reader = Reader(server, leaver, model)
        assert run("user", "disable", "leaver", data=server.data).code == 0
        assert reader.has_ended()
        is_error(leaver.get("/api/auth/user/"), 401)
        is_error(leaver.get("/api/runs/x/", headers={"Authorization": f"Bearer {key}"}), 401)
        is_error(attempt(server, "leaver", PASSWORD), 401)
        assert run("user", "enable", "leaver", data=server.data).code == 0
        state = wait_for(
            lambda: (found := leaver.get(f"/api/runs/{reader.run_id}/").json()["state"]) != "running" and found,
            "the answer has stopped",
        )
        assert state == "stopped"


def test_a_deleted_key_closes_its_streams(server: Server, model: FakeModelServer, minji: httpx.Client) -> None:
    made = minji.post("/api/keys/", json={"name": "script", "scopes": ["chat"]}).json()
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {made['key']}"}, timeout=20, trust_env=False
    ) as script:
        reader = Reader(server, script, model)
        assert minji.delete(f"/api/keys/{made['id']}/").status_code == 204
        assert reader.has_ended()
        is_error(script.get(f"/api/runs/{reader.run_id}/"), 401)
    assert minji.post(f"/api/runs/{reader.run_id}/stop/").status_code == 200


def test_a_new_role_holds_at_once_for_what_is_open(server: Server, model: FakeModelServer, boss: httpx.Client) -> None:
    boss.post("/api/users/", json={"username": "rising", "password": PASSWORD, "role": "admin"})
    with closing(sign_in(server, "rising")) as rising:
        assert rising.get("/api/users/").status_code == 200
        reader = Reader(server, rising, model)
        answer = boss.put(f"/api/users/{id_of(boss, 'rising')}/", json={"role": "member"})
        assert answer.json()["role"] == "member"
        assert reader.has_ended()
        is_error(rising.get("/api/users/"), 403)
        assert rising.post(f"/api/runs/{reader.run_id}/stop/").status_code == 200


# --- sharing ---------------------------------------------------------------------------------------------------------


def share(client: httpx.Client, slug: str, **access: str) -> httpx.Response:
    named = [{"username": name, "access": level} for name, level in access.items()]
    return client.put(f"/api/workspaces/{slug}/", json={"shared_with": named})


def new_workspace(client: httpx.Client, name: str) -> str:
    made = client.post("/api/workspaces/", json={"name": name})
    assert made.status_code == 201, made.text
    slug: str = made.json()["slug"]
    text = {"title": f"{slug}.md", "content": f"The {name} pump starts at 4.2 bar.", "workspace": slug}
    document = client.post("/api/rag/documents/", json=text).json()["id"]
    wait_for(lambda: client.get(f"/api/rag/documents/{document}/").json()["state"] == "ok", "the document is read")
    return slug


def test_a_shared_workspace_is_listed_searched_and_asked_by_the_one_it_is_shared_with(
    server: Server, minji: httpx.Client
) -> None:
    slug = new_workspace(minji, "Reserve")
    assert share(minji, slug, jun="read").json()["shared_with"] == [{"username": "jun", "access": "read"}]
    with closing(sign_in(server, "jun")) as jun:
        (seen,) = [one for one in jun.get("/api/workspaces/").json()["items"] if one["slug"] == slug]
        assert (seen["access"], seen["shared_with"], seen["documents"]) == ("read", [], 1)
        (hit,) = jun.post("/api/search/", json={"query": "reserve pump", "workspace": slug}).json()["hits"]
        document = jun.get(f"/api/rag/documents/{hit['document_id']}/").json()
        assert document["workspace"] == slug
        for part in ("content/", "text/", "chunks/"):
            assert jun.get(f"/api/rag/documents/{document['id']}/{part}").status_code == 200
        run_id = jun.post("/api/runs/", json={"question": "When does the reserve pump start?", "workspace": slug})
        message = ended_for(jun, run_id.json()["run_id"])["message"]
        assert "4.2 bar" in message["content"] and message["citations"]
        is_error(minji.get(f"/api/runs/{run_id.json()['run_id']}/"), 404)


def ended_for(client: httpx.Client, run_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(f"/api/runs/{run_id}/").json()
        return found if found["state"] not in ("queued", "running") else None

    found = wait_for(look, "the run ends")
    assert found is not None
    return found


def test_reading_is_not_changing_and_changing_is_not_owning(server: Server, minji: httpx.Client) -> None:
    slug = new_workspace(minji, "Levels")
    document = minji.get("/api/rag/documents/", params={"workspace": slug}).json()["items"][0]["id"]
    text = {"title": "more.md", "content": "more", "workspace": slug}
    with closing(sign_in(server, "jun")) as jun:
        share(minji, slug, jun="read")
        is_error(jun.post("/api/rag/documents/", json=text), 403, "not_entitled")
        is_error(jun.put(f"/api/rag/documents/{document}/", json={"title": "mine.md"}), 403, "not_entitled")
        is_error(jun.delete(f"/api/rag/documents/{document}/"), 403, "not_entitled")
        is_error(jun.post(f"/api/rag/documents/{document}/cancel/"), 403, "not_entitled")
        is_error(jun.post(f"/api/rag/documents/{document}/retry/"), 403, "not_entitled")
        share(minji, slug, jun="write")
        added = jun.post("/api/rag/documents/", json=text)
        assert added.status_code == 201 and minji.get(f"/api/rag/documents/{added.json()['id']}/").status_code == 200
        moved = jun.put(f"/api/rag/documents/{document}/", json={"workspace": "home"})
        is_error(moved, 409, "conflict")
        assert jun.put(f"/api/rag/documents/{document}/", json={"title": "ours.md"}).json()["title"] == "ours.md"
        assert jun.delete(f"/api/rag/documents/{document}/").status_code == 204
        is_error(jun.put(f"/api/workspaces/{slug}/", json={"name": "Mine"}), 403, "not_entitled")
        is_error(jun.delete(f"/api/workspaces/{slug}/"), 403, "not_entitled")
        is_error(share(jun, slug, boss="read"), 403, "not_entitled")
        is_error(jun.post(f"/api/workspaces/{slug}/sources/", json={"path": "/etc"}), 403, "forbidden")


def test_a_share_that_ends_stops_the_answers_from_it_and_closes_what_is_open(
    server: Server, model: FakeModelServer, minji: httpx.Client
) -> None:
    slug = new_workspace(minji, "Ending")
    share(minji, slug, jun="read")
    with closing(sign_in(server, "jun")) as jun:
        model.behaviour = "stall"
        body = {"question": "When does the ending pump start?", "workspace": slug, "model": "ollama:tiny"}
        run_id = jun.post("/api/runs/", json=body).json()["run_id"]
        wait_for(lambda: jun.get(f"/api/runs/{run_id}/").json()["state"] == "running", "the answer is being written")
        reader = Reader(server, jun, model)
        assert share(minji, slug).json()["shared_with"] == []
        assert reader.has_ended()
        assert ended_for(jun, run_id)["state"] == "stopped"
        assert jun.get(f"/api/runs/{reader.run_id}/").json()["state"] == "running"  # it came from elsewhere
        jun.post(f"/api/runs/{reader.run_id}/stop/")
        is_error(jun.get(f"/api/workspaces/{slug}/"), 404, "unknown_workspace")
        is_error(jun.post("/api/search/", json={"query": "pump", "workspace": slug}), 404, "unknown_workspace")


def test_either_side_or_an_admin_ends_a_share(server: Server, minji: httpx.Client, boss: httpx.Client) -> None:
    slug = new_workspace(minji, "Sides")
    with closing(sign_in(server, "jun")) as jun:
        for ender in (minji, jun, boss):
            share(minji, slug, jun="read")
            shares = jun.get("/api/shares/").json()["items"]
            (mine,) = [one for one in shares if one["slug"] == slug]
            assert (mine["owner"], mine["username"], mine["mine"]) == ("minji", "jun", False)
            assert ender.delete(f"/api/shares/{mine['id']}/").status_code == 204
            is_error(jun.get(f"/api/workspaces/{slug}/"), 404)
    assert boss.get("/api/shares/", params={"everybody": True}).status_code == 200
    is_error(minji.get("/api/shares/", params={"everybody": True}), 403, "forbidden")


def test_a_workspace_is_shared_with_users_there_are(minji: httpx.Client) -> None:
    slug = new_workspace(minji, "Nobody")
    is_error(share(minji, slug, nobody="read"), 404, "not_found")
    is_error(share(minji, slug, minji="read"), 400, "bad_input")
    is_error(share(minji, slug, jun="own"), 400, "bad_input")
    assert minji.get(f"/api/workspaces/{slug}/").json()["shared_with"] == []
