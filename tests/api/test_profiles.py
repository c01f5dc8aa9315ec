"""Local mode: whoever may enter picks a profile by name; the secret acts as the machine's owner whatever the cookie says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.serving import Server, is_error, run
from tests.api.signing_in import PASSWORD, browser


@pytest.fixture
def page(server: Server) -> Iterator[httpx.Client]:
    """A browser that came in by a one-time link."""
    with browser(server) as client:
        token = server.http.post("/api/auth/link/").json()["url"].partition("#t=")[2]
        assert client.post("/api/auth/exchange/", json={"token": token}).status_code == 200
        yield client


def me(client: httpx.Client) -> str:
    name: str = client.get("/api/auth/user/").json()["user"]["username"]
    return name


def pick(client: httpx.Client, name: str, **more: str) -> httpx.Response:
    return client.post("/api/auth/login/", json={"username": name, **more})


def test_a_name_makes_a_profile_and_another_spelling_of_it_picks_the_same(page: httpx.Client) -> None:
    made = pick(page, "Minji")
    assert made.status_code == 200 and me(page) == "Minji"
    assert made.json()["user"]["role"] == "member"
    assert pick(page, "MINJI").json() == made.json()
    assert [one["slug"] for one in page.get("/api/workspaces/").json()["items"]] == ["home"]


def test_a_profile_needs_the_link_or_the_secret_first(server: Server, page: httpx.Client) -> None:
    with browser(server) as stranger:
        is_error(pick(stranger, "Minji"), 401, "no_credentials")
        is_error(pick(stranger, "local"), 401, "no_credentials")


def test_profiles_keep_work_apart_and_can_be_changed(page: httpx.Client) -> None:
    pick(page, "jun")
    made = page.post("/api/workspaces/", json={"name": "Jun only"})
    assert made.status_code == 201
    pick(page, "sora")
    is_error(page.get("/api/workspaces/jun-only/"), 404, "unknown_workspace")
    pick(page, "jun")
    assert page.get("/api/workspaces/jun-only/").status_code == 200


def test_picking_a_profile_ends_the_sign_in_that_it_came_with(server: Server, page: httpx.Client) -> None:
    before = dict(page.cookies)
    pick(page, "minji")
    assert dict(page.cookies) != before
    with httpx.Client(base_url=server.url, cookies=before, trust_env=False) as old:
        is_error(old.get("/api/auth/user/"), 401)


def test_the_secret_acts_as_the_machines_owner_whatever_cookie_comes_with_it(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers=dict(server.http.headers), trust_env=False) as script:
        assert pick(script, "visitor").json()["user"]["username"] == "visitor"
        assert script.cookies and me(script) == "local"
        del script.headers["Authorization"]
        assert me(script) == "visitor"


def test_a_wrong_bearer_is_not_saved_by_a_cookie(page: httpx.Client) -> None:
    is_error(page.get("/api/auth/user/", headers={"Authorization": "Bearer wrong"}), 401)


def test_a_profile_with_a_password_asks_for_it(server: Server, page: httpx.Client) -> None:
    assert run("user", "add", "careful", data=server.data, said=PASSWORD).code == 0
    is_error(pick(page, "careful"), 401, "no_credentials")
    is_error(pick(page, "careful", password="something else"), 401, "no_credentials")
    assert pick(page, "careful", password=PASSWORD).status_code == 200 and me(page) == "careful"


def test_a_disabled_profile_is_not_picked(server: Server, page: httpx.Client) -> None:
    pick(page, "leaver")
    assert run("user", "disable", "leaver", data=server.data).code == 0
    is_error(page.get("/api/auth/user/"), 401)
    with httpx.Client(base_url=server.url, headers=dict(server.http.headers), trust_env=False) as script:
        is_error(pick(script, "leaver"), 401)
        assert run("user", "enable", "leaver", data=server.data).code == 0
        assert pick(script, "leaver").status_code == 200


@pytest.mark.parametrize("name", ["", " ", "a\u0000b", "x" * 61])
def test_a_name_that_cannot_be_shown_is_refused(page: httpx.Client, name: str) -> None:
    is_error(pick(page, name), 400, "bad_input")


def test_everybody_sees_which_profiles_there_are_and_only_an_admin_changes_them(page: httpx.Client) -> None:
    user_id = pick(page, "minji").json()["user"]["id"]
    names = {user["username"].lower() for user in page.get("/api/users/").json()["items"]}
    assert {"local", "minji"} <= names
    is_error(page.put(f"/api/users/{user_id}/", json={"role": "admin"}), 403, "forbidden")


def test_it_is_told_when_somebody_was_seen_last(server: Server, page: httpx.Client) -> None:
    server.http.post("/api/users/", json={"username": "never here"})
    pick(page, "seen")
    seen = {user["username"]: user["seen_at"] for user in page.get("/api/users/").json()["items"]}
    assert seen["seen"].endswith("Z") and seen["never here"] is None


def test_health_tells_how_to_sign_in_without_names(server: Server) -> None:
    with browser(server) as anybody:
        assert anybody.get("/health").json()["sign_in"] == "local"


def test_a_sign_in_by_name_alone_is_marked_so(page: httpx.Client) -> None:
    """It does not count where passwords are asked for."""
    pick(page, "minji")
    (current,) = [one for one in page.get("/api/auth/logins/").json()["items"] if one["current"]]
    assert current["proof"] == "name"


def test_the_command_line_adds_to_a_workspace_that_is_shared_with_it(
    server: Server, page: httpx.Client, tmp_path: Path
) -> None:
    pick(page, "lender")
    assert page.post("/api/workspaces/", json={"name": "Lent"}).status_code == 201
    (tmp_path / "lent").mkdir()
    (tmp_path / "lent" / "pumps.md").write_text("The lent pump starts at 4.2 bar.")
    add = ("add", tmp_path / "lent", "--workspace", "lent", "--no-watch")
    for access, code in (("read", 1), ("write", 0)):
        shared = {"shared_with": [{"username": "local", "access": access}]}
        assert page.put("/api/workspaces/lent/", json=shared).status_code == 200
        ran = run(*add, data=server.data)
        assert ran.code == code, ran.err
    assert ran.out == "1 ok, 0 partial, 0 skipped, 0 failed\n"
    (document,) = page.get("/api/rag/documents/", params={"workspace": "lent"}).json()["items"]
    assert (document["path"], document["workspace"]) == ("lent/pumps.md", "lent")
    (hit,) = page.post("/api/search/", json={"query": "lent pump", "workspace": "lent"}).json()["hits"]
    assert hit["document_id"] == document["id"]
