"""Models over the API: what fits, fetched as a job over a network that fails, chosen while the server runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.serving import Server, put_text, serving, start, wait_for
from tests.api.signing_in import add_users, sign_in
from tests.fakes.hub import Hub, hub
from tests.fakes.model_server import FakeModelServer, closed_port, model_server

__all__ = ["hub", "model_server"]


@pytest.fixture
def server(tmp_path: Path, model_server: FakeModelServer) -> Iterator[Server]:
    """No model is set; Ollama offers some, among them one that makes vectors."""
    model_server.models = ("tiny:latest", "bge-m3:latest", "nomic-embed-text:latest")
    model_server.sizes = {"tiny:latest": 500_000_000, "bge-m3:latest": 1_200_000_000}
    urls = {"OLLAMA_URL": model_server.ollama_url, "OPENAI_URL": f"http://127.0.0.1:{closed_port()}/v1"}
    with serving(tmp_path / "data", **{f"IBIDEM_MODELS__{name}": url for name, url in urls.items()}) as running:
        yield running


def got(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def begin(server: Server, name: str, **more: Any) -> Any:
    return got(server.http.post("/api/models/pulls/", json={"name": name, "agreed": True, **more}), 202)


def pull_of(server: Server, job: str) -> Any:
    return next(one for one in got(server.http.get("/api/models/pulls/"))["items"] if one["id"] == job)


def ended(server: Server, job: str) -> Any:
    """The fetch once it is in its last state."""

    def look() -> Any:
        one = pull_of(server, job)
        return one if one["state"] not in ("queued", "running") else None

    return wait_for(look, "the fetch ends", timeout_s=20)


# --- what fits ---------------------------------------------------------------------------------------------------------


def test_every_model_of_the_table_is_judged_with_its_memory_and_one_is_advised(server: Server) -> None:
    told = got(server.http.get("/api/fit/"))
    machine, items = told["machine"], told["items"]
    assert 0 < machine["safe_bytes"] < machine["memory_bytes"]
    table = [one for one in items if one["source"] == "table"]
    assert {"qwen2.5-0.5b", "qwen2.5-7b"} <= {one["name"] for one in table}
    assert sum(one["advised"] for one in table) <= 1
    for one in table:
        fits = one["memory"]["total_bytes"] <= machine["safe_bytes"]
        assert fits is (one["verdict"] != "too_large"), one["name"]
        assert one["licence"]
    served = {one["name"]: (one["verdict"], one["memory"]) for one in items if one["source"] == "server"}
    assert served["ollama:tiny:latest"] == ("fits", None)
    assert served["ollama:nomic-embed-text:latest"] == ("unknown", None)


def test_a_setting_that_makes_a_model_too_large_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "data", IBIDEM_MODELS__SLOTS="4096") as server:
        items = got(server.http.get("/api/fit/"))["items"]
    small = next(one for one in items if one["name"] == "qwen2.5-0.5b")
    assert (small["verdict"], small["settings"]) == ("too_large", ["slots"])


# --- fetching ------------------------------------------------------------------------------------------------------------


def test_a_model_is_fetched_and_can_be_asked(server: Server, hub: Hub) -> None:
    hub.plays = ["cut"]
    done = ended(server, begin(server, hub.address, sha256=hub.sha256)["id"])
    assert (done["state"], done["error"], done["model"]) == ("done", None, "llama:tiny")
    assert (server.data / "models" / "tiny.gguf").read_bytes() == hub.content
    assert "llama:tiny" in {one["name"] for one in got(server.http.get("/api/models/"))["items"]}


def test_a_fetch_shows_how_far_it_is_and_a_cancel_keeps_what_has_come(server: Server, hub: Hub) -> None:
    hub.plays = ["stall"]
    job = begin(server, hub.address)["id"]
    half = len(hub.content) // 2

    def come() -> bool:
        return bool(pull_of(server, job)["progress"]["have_bytes"] == half)

    wait_for(come, "half of it is shown")
    assert pull_of(server, job)["progress"]["total_bytes"] == len(hub.content)
    assert begin(server, hub.address)["id"] == job
    got(server.http.post(f"/api/jobs/{job}/cancel/"))
    assert ended(server, job)["state"] == "cancelled"
    assert (server.data / "models" / "tiny.gguf.part").stat().st_size == half
    hub.go.set()
    got(server.http.post(f"/api/jobs/{job}/retry/"))
    assert ended(server, job)["state"] == "done"
    assert hub.seen[-1]["range"] == f"bytes={half}-"


def test_a_fetch_that_failed_says_why_and_runs_again(server: Server, hub: Hub) -> None:
    hub.plays = ["html"]
    failed = ended(server, begin(server, hub.address)["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "model_file_broken")
    got(server.http.post(f"/api/jobs/{failed['id']}/retry/"))
    assert ended(server, failed["id"])["state"] == "done"


def test_a_file_of_another_hash_is_not_kept(server: Server, hub: Hub) -> None:
    failed = ended(server, begin(server, hub.address, sha256="0" * 64)["id"])
    assert failed["error"]["code"] == "model_file_broken"
    assert list((server.data / "models").glob("*.gguf*")) == []


def test_a_fetch_goes_on_after_the_server_was_killed(tmp_path: Path, hub: Hub) -> None:
    hub.plays = ["stall"]
    first = start(tmp_path / "data")
    job = begin(first, hub.address)["id"]
    assert hub.stalled.wait(10)
    part = first.data / "models" / "tiny.gguf.part"
    half = len(hub.content) // 2
    wait_for(lambda: part.stat().st_size == half, "half of it is written")
    first.kill()
    with serving(tmp_path / "data") as second:
        assert ended(second, job)["state"] == "done"
    assert hub.seen[-1]["range"] == f"bytes={half}-"


def test_the_server_stops_in_order_while_a_download_is_silent(tmp_path: Path, hub: Hub) -> None:
    hub.plays = ["stall"]
    running = start(tmp_path / "data")
    begin(running, hub.address)
    assert hub.stalled.wait(10)
    assert running.stop() == 0


def test_ollama_fetches_with_its_own_words(tmp_path: Path, hub: Hub) -> None:
    layer = {"digest": "sha256:1", "total": 100}
    hub.routes = {"/api/pull": [{"status": "pulling 1", **layer, "completed": 40}, {"status": "success"}]}
    with serving(tmp_path / "data", IBIDEM_MODELS__OLLAMA_URL=hub.url) as server:
        done = ended(server, begin(server, "ollama:tiny")["id"])
    assert (done["state"], done["model"]) == ("done", "ollama:tiny")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "qwen2.5-0.5b"}, "agreed"),
        ({"name": "qwen2.5-0.5b:Q1", "agreed": True}, None),
        ({"name": "no such model", "agreed": True}, None),
        ({"name": "http://1.1.1.1/x.gguf", "agreed": True}, None),
        ({"name": "https://198.51.100.7/x.exe", "agreed": True}, None),
        ({"name": "ollama:x", "sha256": "0" * 64}, "sha256"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_fetched_is_refused_at_once(server: Server, body: Any, field: str | None) -> None:
    error = got(server.http.post("/api/models/pulls/", json=body), 400)["error"]
    assert error.get("field") == field
    assert error["message"]
    assert got(server.http.get("/api/models/pulls/"))["items"] == []


def test_each_admin_sees_and_ends_only_their_own_fetches(tmp_path: Path, hub: Hub) -> None:
    data = tmp_path / "data"
    add_users(data, member="member", admin="admin", helper="admin")
    hub.plays = ["stall"]
    with serving(data, IBIDEM_SERVE__SIGN_IN="password") as server:
        admin, helper, member = (sign_in(server, name) for name in ("admin", "helper", "member"))
        body = {"name": hub.address, "agreed": True}
        job = got(admin.post("/api/models/pulls/", json=body), 202)["id"]
        assert got(helper.get("/api/models/pulls/"))["items"] == []
        got(helper.post(f"/api/jobs/{job}/cancel/"), 404)
        for answer in (member.post("/api/models/pulls/", json=body), member.get("/api/models/pulls/")):
            got(answer, 403)
        got(admin.post(f"/api/jobs/{job}/cancel/"))


# --- choosing --------------------------------------------------------------------------------------------------------------


def said(server: Server, question: str) -> Any:
    """The message that answers, by the default model."""
    run = got(server.http.post("/api/runs/", json={"question": question}), 202)["run_id"]
    return wait_for(lambda: got(server.http.get(f"/api/runs/{run}/")).get("message"), "the answer ends")


def test_another_default_answers_at_once_and_is_written_down(server: Server) -> None:
    path = server.data / "ibidem.toml"
    path.write_text('# mine\n[retrieve]\nhits = 20  # many\n\n[models] # here\n  default = "quotes"\nslots = 1\n')
    put_text(server, "pump.md", "The pump starts at 4.2 bar.")
    assert said(server, "When does the pump start?")["model"] == "quotes"
    told = got(server.http.put("/api/models/default/", json={"model": "ollama:tiny"}))
    assert told == {"default": "ollama:tiny"} == {"default": got(server.http.get("/api/models/"))["default"]}
    assert said(server, "When does the pump start?")["model"] == "ollama:tiny"
    written = path.read_text()
    assert written == (
        '# mine\n[retrieve]\nhits = 20  # many\n\n[models] # here\n  default = "ollama:tiny"\nslots = 1\n'
    )


def test_a_model_set_on_the_page_of_settings_needs_no_other_start(server: Server) -> None:
    changed = got(server.http.put("/api/settings/models.default/", json={"value": "ollama:tiny"}))
    assert (changed["running"], changed["pending"]) == ("ollama:tiny", False)
    assert got(server.http.get("/api/models/"))["default"] == "ollama:tiny"
    changed = got(server.http.delete("/api/settings/models.default/"))
    assert (changed["running"], changed["pending"]) == ("quotes", False)


def test_what_the_environment_sets_is_not_changed_by_the_page(tmp_path: Path) -> None:
    with serving(tmp_path / "data", IBIDEM_MODELS__DEFAULT="quotes") as server:
        error = got(server.http.put("/api/models/default/", json={"model": "ollama:tiny"}), 409)["error"]
        assert "IBIDEM_MODELS__DEFAULT" in error["message"]
        assert got(server.http.get("/api/models/"))["default"] == "quotes"


def test_only_an_address_that_may_be_found_becomes_the_server(server: Server) -> None:
    body = {"model": "openai:x", "setting": "openai_url", "address": "http://198.51.100.7:8080/v1"}
    assert got(server.http.put("/api/models/default/", json=body), 400)["error"]["field"] == "address"
    assert not (server.data / "ibidem.toml").exists()


def embedder(server: Server) -> Any:
    return got(server.http.get("/api/models/embedder/"))


def complete(server: Server, name: str) -> Any:
    """The embedder's state once its vectors answer in every workspace that has chunks."""

    def look() -> Any:
        told = embedder(server)
        waiting = [one for one in told["workspaces"] if one["chunks"] and one["answering"] != name]
        return told if not waiting else None

    return wait_for(look, f"{name} answers")


def test_an_embedder_is_chosen_changed_and_left_while_the_server_runs(server: Server) -> None:
    put_text(server, "pump.md", "The relief valve of the pump opens at 4.2 bar.")
    told = embedder(server)
    assert (told["embedder"], [one["answering"] for one in told["workspaces"]]) == ("", [None])
    languages = {one["name"]: one["languages"] for one in told["items"] if one["here"]}
    assert languages == {"ollama:bge-m3:latest": ["*"], "ollama:nomic-embed-text:latest": ["en"]}
    assert "bge-m3" in {one["name"] for one in told["items"] if not one["here"]}

    for name in ("ollama:bge-m3:latest", "ollama:nomic-embed-text:latest"):
        got(server.http.put("/api/models/embedder/", json={"embedder": name}))
        (home,) = complete(server, name)["workspaces"]
        assert home["embedded"] == home["chunks"] == 1
        found = got(server.http.post("/api/search/", json={"query": "relief valve", "trace": True}))
        assert found["trace"]["dense"] == {"embedder": name, "state": "used"}
        assert tomllib.loads((server.data / "ibidem.toml").read_text())["models"]["embedder"] == name

    got(server.http.put("/api/models/embedder/", json={"embedder": ""}))
    assert embedder(server)["embedder"] == ""
    found = got(server.http.post("/api/search/", json={"query": "relief valve", "trace": True}))
    assert "dense" not in found["trace"]


def test_old_vectors_answer_while_the_new_ones_fail(server: Server, model_server: FakeModelServer) -> None:
    put_text(server, "pump.md", "The relief valve of the pump opens at 4.2 bar.")
    got(server.http.put("/api/models/embedder/", json={"embedder": "ollama:bge-m3:latest"}))
    complete(server, "ollama:bge-m3:latest")
    model_server.behaviour = "server_error"
    error = got(server.http.put("/api/models/embedder/", json={"embedder": "ollama:nomic-embed-text:latest"}), 502)
    assert error["error"]["code"] == "model_rejected"
    assert embedder(server)["embedder"] == "ollama:bge-m3:latest"
    model_server.behaviour = "answer"
    model_server.seen.clear()
    hits = got(server.http.post("/api/search/", json={"query": "relief valve", "trace": True}))
    assert hits["trace"]["dense"]["embedder"] == "ollama:bge-m3:latest"


def test_the_schema_names_what_the_page_reads(server: Server) -> None:
    schema = got(server.http.get("/openapi.json"))
    for path in ("/api/fit/", "/api/models/", "/api/models/pulls/", "/api/models/embedder/", "/api/models/nearby/"):
        answer = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert re.match("#/components/schemas/", answer["$ref"]), path
