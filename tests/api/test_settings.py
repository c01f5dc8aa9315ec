"""/api/settings/: every option with where its value comes from; what is changed goes into the file, and holds from the next start on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibidem.settings.options import each_option
from tests.api.serving import Server, is_error, serving
from tests.api.signing_in import browser

FILE = "# mine\n[retrieve]\nhits = 20  # many\n\n[models]\nopenai_key = 'sk-canary-of-the-file'\n"
SET = {
    "IBIDEM_JOBS__ANSWERS": "3",
    "IBIDEM_MODELS__OPENAI_URL": "http://someone:canary-word@127.0.0.1:1/v1",
}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server with a file and an environment of its own."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "ibidem.toml").write_text(FILE)
    with serving(data, **SET) as running:
        yield running


def listed(server: Server) -> dict[str, dict[str, Any]]:
    answer = server.http.get("/api/settings/")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["items"]}


def put(server: Server, name: str, value: Any) -> Any:
    return server.http.put(f"/api/settings/{name}/", json={"value": value})


def said(server: Server) -> str:
    return (server.data / "ibidem.toml").read_text("utf-8")


def test_every_option_is_listed_with_its_words_and_where_it_comes_from(own: Server) -> None:
    found = listed(own)
    assert {name: one["meaning"] for name, one in found.items()} == {
        f"{section}.{item.name}": item.metadata["meaning"] for section, item in each_option()
    }
    hits, answers, read_s = found["retrieve.hits"], found["jobs.answers"], found["retrieve.read_s"]
    assert (hits["value"], hits["default"], hits["source"]) == (20, 30, "file")
    assert (answers["value"], answers["source"], answers["variable"]) == (3, "environment", "IBIDEM_JOBS__ANSWERS")
    assert (read_s["value"], read_s["source"], read_s["kind"]) == (8.0, "default", "number")
    assert found["index.korean"]["choices"] == ["morphemes", "bigrams"]


def test_no_secret_is_shown(own: Server) -> None:
    answer = own.http.get("/api/settings/").text
    assert "canary" not in answer
    key = listed(own)["models.openai_key"]
    assert (key["secret"], key["value"], key["running"], key["source"]) == (True, None, None, "file")
    changed = put(own, "models.openai_key", "sk-another-canary")
    assert changed.status_code == 200 and "canary" not in changed.text
    assert changed.json()["pending"] is True
    assert "sk-another-canary" in said(own)
    assert (own.data / "ibidem.toml").stat().st_mode & 0o077 == 0


def test_a_change_is_written_beside_what_is_there_and_holds_from_the_next_start_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "ibidem.toml").write_text(FILE)
    with serving(data) as first:
        assert first.http.get("/api/settings/").json()["restart"] is False
        changed = put(first, "retrieve.hits", 7).json()
        assert (changed["value"], changed["running"], changed["pending"]) == (7, 20, True)
        assert first.http.get("/api/settings/").json()["restart"] is True
        assert said(first) == FILE.replace("hits = 20", "hits = 7")
    with serving(data) as second:
        found = listed(second)["retrieve.hits"]
        assert (found["value"], found["running"], found["pending"]) == (7, 7, False)


def test_a_reset_takes_the_line_away(own: Server) -> None:
    reset = own.http.delete("/api/settings/retrieve.hits/").json()
    assert (reset["value"], reset["source"]) == (30, "default")
    assert tomllib.loads(said(own))["retrieve"] == {}
    assert own.http.delete("/api/settings/retrieve.hits/").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("retrieve.hits", "many", "'many'"),
        ("retrieve.hits", -3, "-3"),
        ("retrieve.hits", 2.5, "2.5"),
        ("retrieve.hits", True, "True"),
        ("retrieve.read_s", float("1e400"), ""),
        ("index.korean", "letters", "morphemes or bigrams"),
        ("models.default", "nobody:x", "nobody:x"),
        ("models.default", "llama:absent.gguf", "absent.gguf"),
        ("models.embedder", "quotes", "embedder"),
        ("models.reranker", "hashed:64", "reranker"),
        ("models.ollama_url", "somewhere", "address"),
        ("models.offline", "perhaps", "bool"),
        ("dialects.aliases", "a=b, c", "alias"),
        ("models.openai_key", "two\nlines", "character"),
    ],
)
def test_what_the_field_does_not_take_is_refused_in_its_own_words(
    own: Server, name: str, value: Any, told: str
) -> None:
    if value == float("inf"):
        answer = own.http.put(f"/api/settings/{name}/", content=b'{"value": 1e400}', headers=JSON)
    else:
        answer = put(own, name, value)
    error = is_error(answer, 400)
    assert told in error["message"] and error["field"] == "value"
    assert str(own.data) not in error["message"]
    assert said(own) == FILE


JSON = {"Content-Type": "application/json"}


def test_what_the_environment_sets_and_what_opens_the_machine_is_not_changed_from_the_page(own: Server) -> None:
    assert "IBIDEM_JOBS__ANSWERS" in is_error(put(own, "jobs.answers", 9), 409, "conflict")["message"]
    for name in ("serve.host", "serve.sign_in", "models.llama_server", "models.openai_key_file", "dialects.key"):
        is_error(put(own, name, "x"), 403, "forbidden")
        is_error(own.http.delete(f"/api/settings/{name}/"), 403, "forbidden")
    is_error(put(own, "retrieve.hit", 3), 404, "not_found")
    assert said(own) == FILE


def test_a_file_that_was_broken_meanwhile_is_told_and_kept(own: Server) -> None:
    (own.data / "ibidem.toml").write_text("[retrieve\n")
    assert "ibidem.toml" in is_error(own.http.get("/api/settings/"), 400)["message"]
    is_error(put(own, "retrieve.hits", 7), 400)
    assert said(own) == "[retrieve\n"


def test_a_link_to_a_file_elsewhere_stays_a_link(own: Server, tmp_path: Path) -> None:
    kept = tmp_path / "kept.toml"
    (own.data / "ibidem.toml").rename(kept)
    (own.data / "ibidem.toml").symlink_to(kept)
    assert put(own, "retrieve.hits", 9).status_code == 200
    assert (own.data / "ibidem.toml").is_symlink() and "hits = 9" in kept.read_text()


def test_a_profile_sees_the_settings_and_does_not_change_them(own: Server) -> None:
    with browser(own) as page:
        token = own.http.post("/api/auth/link/").json()["url"].partition("#t=")[2]
        page.post("/api/auth/exchange/", json={"token": token})
        assert page.put("/api/settings/retrieve.hits/", json={"value": 8}).status_code == 200
        page.post("/api/auth/login/", json={"username": "minji"})
        assert page.get("/api/settings/").status_code == 200
        is_error(page.put("/api/settings/retrieve.hits/", json={"value": 9}), 403, "forbidden")
        is_error(page.delete("/api/settings/retrieve.hits/"), 403, "forbidden")
