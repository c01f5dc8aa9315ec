"""/api/status/: how the server is, and what its data directory takes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ibidem import __version__
from tests.api.serving import Server, put_text, serving

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
