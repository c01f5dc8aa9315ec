"""/api/status/: how the server is, and what its data directory takes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import httpx

from ibidem import __version__
from tests.api.serving import Server, ask, is_error, put_text, serving, wait_for
from tests.fakes.model_server import FakeModelServer

BIG = 3_000_000


def parts(server: Server) -> dict[str, int]:
    answer = server.http.get("/api/status/")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one["size_bytes"] for one in answer.json()["disk"]["parts"]}


def test_the_state_is_told_with_versions_and_the_start(server: Server) -> None:
    found = server.http.get("/api/status/").json()
    assert (found["version"], found["sign_in"], found["writable"]) == (__version__, "local", True)
    assert found["data_dir"] == str(server.data)
    assert datetime.fromisoformat(found["started_at"]) < datetime.now().astimezone()


def test_what_each_part_takes_is_told(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        before = parts(server)
        put_text(server, "pump.md", "The pump starts.")
        (server.data / "models").mkdir(exist_ok=True)
        (server.data / "models" / "a.gguf").write_bytes(b"x" * BIG)
        with open(server.data / "models" / ".part", "wb") as holes:
            holes.truncate(50 * BIG)  # announced, not come yet
        after = parts(server)
        disk = server.http.get("/api/status/").json()["disk"]
    assert before["models"] == 0 and BIG <= after["models"] < 2 * BIG
    assert after["files"] > before["files"]
    assert after["database"] > 0
    assert disk["used_bytes"] == sum(one["size_bytes"] for one in disk["parts"])
    assert disk["low"] is (disk["free_bytes"] < disk["low_below_bytes"])


def started(server: Server, *, but: str = "") -> str:
    """When the server that runs now was started; empty while none answers, or while it is that one still."""
    try:
        at: str = server.http.get("/api/status/").json()["started_at"]
    except httpx.TransportError:
        return ""
    return at if at != but else ""


def test_an_admin_starts_it_again_with_what_the_file_says_now(tmp_path: Path, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["word "] * 1000, 0.02
    settings = {"IBIDEM_MODELS__OLLAMA_URL": model.ollama_url, "IBIDEM_MODELS__DEFAULT": "ollama:tiny"}
    with serving(tmp_path / "data", **settings) as server:
        before = started(server)
        pid = server.process.pid
        run_id = ask(server, "How long?", mode="plain")
        wait_for(lambda: server.http.get(f"/api/runs/{run_id}/").json()["state"] == "running", "it is being answered")
        assert server.http.put("/api/settings/retrieve.hits/", json={"value": 7}).json()["pending"] is True
        assert server.http.post("/api/status/restart/", json={"started_at": before}).status_code == 202
        after = wait_for(lambda: started(server, but=before), "it is there again", timeout_s=20)
        (hits,) = [one for one in server.http.get("/api/settings/").json()["items"] if one["name"] == "retrieve.hits"]
        assert (hits["running"], hits["pending"]) == (7, False)
        assert json.loads((server.data / "server.json").read_text())["pid"] == pid
        is_error(server.http.post("/api/status/restart/", json={"started_at": before}), 409, "conflict")
        assert started(server) == after
