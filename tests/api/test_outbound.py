"""/api/outbound/: whom the server may speak to, and whom it has spoken to; offline mode keeps it on this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.api.serving import Server, is_error, run, serving
from tests.fakes.model_server import FakeModelServer

ELSEWHERE = "http://192.0.2.7:9/v1"  # an address for examples: nobody is there
HUB = "https://huggingface.co"

TRY = """
import socket, sys
from ibidem.models.outbound import Outbound
seen = Outbound(offline=True)
seen.watch()
for host, port in (("192.0.2.7", 9), ("example.invalid", 443), ("127.0.0.1", int(sys.argv[1])), ("localhost", int(sys.argv[1]))):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except PermissionError as error:
        print("refused", error)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    try:
        datagrams.sendto(b"x", ("192.0.2.8", 53))
    except PermissionError as error:
        print("refused", error)
for one in seen.contacts():
    print(one.host, one.connections, one.refused)
"""


def listed(server: Server) -> dict[str, Any]:
    answer = server.http.get("/api/outbound/")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def target(server: Server, provider: str) -> dict[str, Any]:
    (one,) = [one for one in listed(server)["items"] if one["provider"] == provider]
    return dict(one)


def test_every_target_is_listed_with_what_it_is_for(server: Server, model: FakeModelServer) -> None:
    found = {one["address"]: one for one in listed(server)["items"]}
    assert found[model.ollama_url]["uses"] == ["questions", "models"]
    assert (found[HUB]["uses"], found[HUB]["here"], found[HUB]["seen"]["connections"]) == (["download"], False, 0)
    assert listed(server)["offline"] is False


def test_connections_are_counted_as_they_are_made(server: Server, model: FakeModelServer) -> None:
    before = target(server, "ollama")["seen"]["connections"]
    assert server.http.get("/api/models/").status_code == 200
    after = target(server, "ollama")["seen"]
    assert after["connections"] > before
    assert after["last_at"].endswith("Z")


def test_what_no_target_explains_is_listed_too(tmp_path: Path) -> None:
    """A server that has spoken to nobody lists nobody."""
    with serving(tmp_path / "data") as server:
        found = listed(server)
        assert found["others"] == []
        assert all(one["seen"] == {"connections": 0, "refused": 0, "last_at": None} for one in found["items"])


def test_addresses_are_shown_without_the_name_and_password_in_them(tmp_path: Path) -> None:
    with serving(tmp_path / "data", IBIDEM_MODELS__OPENAI_URL="http://someone:canary@127.0.0.1:1/v1") as server:
        assert "canary" not in server.http.get("/api/outbound/").text


def test_offline_nothing_beyond_this_machine_is_asked(tmp_path: Path, model: FakeModelServer) -> None:
    settings = {"IBIDEM_MODELS__OLLAMA_URL": model.ollama_url, "IBIDEM_MODELS__OPENAI_URL": ELSEWHERE}
    with serving(tmp_path / "data", IBIDEM_MODELS__OFFLINE="true", **settings) as server:
        found = listed(server)
        assert found["offline"] is True
        assert [one["allowed"] for one in found["items"]] == [one["here"] for one in found["items"]]
        told = server.http.get("/api/models/").json()
        assert any(one["provider"] == "ollama" for one in told["items"])
        error = is_error(server.http.post("/api/models/test/", json={"model": "openai:x"}), 502, "model_unreachable")
        assert "offline" in error["message"] and "offline = false" in error["hint"]
        assert target(server, "openai")["seen"]["connections"] == 0
        assert target(server, "ollama")["seen"]["connections"] > 0


def test_offline_no_library_of_the_process_gets_out_whatever_it_tries() -> None:
    """By the guard itself, in a process of its own: it cannot be taken away again."""
    with socket.create_server(("127.0.0.1", 0)) as near:
        port = str(near.getsockname()[1])
        ran = subprocess.run([sys.executable, "-c", TRY, port], capture_output=True, text=True, timeout=20, check=True)
    lines = ran.stdout.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("refused")] == [
        "192.0.2.7:9",
        "example.invalid:443",
        "192.0.2.8:53",
    ]
    counted = sorted(line for line in lines if not line.startswith("refused"))
    assert counted == ["127.0.0.1 1 0", "192.0.2.7 0 1", "192.0.2.8 0 1", "example.invalid 0 1", "localhost 1 0"]


def test_offline_the_command_line_fetches_nothing(tmp_path: Path) -> None:
    address = f"{HUB}/x/y/resolve/main/z.gguf"
    ran = run("models", "pull", address, "--yes", data=tmp_path / "data", IBIDEM_MODELS__OFFLINE="1")
    assert ran.code == 5, ran.err
    assert "offline" in ran.err


def test_doctor_tells_what_offline_mode_forbids(tmp_path: Path) -> None:
    ran = run("doctor", data=tmp_path / "data", IBIDEM_MODELS__OFFLINE="1")
    assert f"{HUB}  (forbidden: offline mode is on)" in ran.out
