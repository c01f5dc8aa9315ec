"""`ibidem models` as a user types it: alone and with a server, on networks that break and after interrupts."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.api.serving import IBIDEM, Ran, Server, environment, run, serving, wait_for
from tests.cli.test_alone import fails
from tests.fakes.hub import Hub, hub
from tests.fakes.model_server import closed_port
from tests.models.conftest import made, tiny_chat

__all__ = ["hub", "made", "tiny_chat"]


def nowhere() -> dict[str, str]:
    """Settings under which no model server answers."""
    nobody = f"http://127.0.0.1:{closed_port()}"
    return {"IBIDEM_MODELS__OLLAMA_URL": nobody, "IBIDEM_MODELS__OPENAI_URL": f"{nobody}/v1"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def with_tiny(data: Path, tiny_chat: str) -> Path:
    (data / "models").mkdir(parents=True)
    os.link(tiny_chat, data / "models" / "tiny.gguf")
    return data


# --- list ----------------------------------------------------------------------------------------------------------------


def test_list_is_the_default_and_needs_neither_server_nor_data_directory(data: Path) -> None:
    ran = run("models", data=data, **nowhere())
    assert ran.code == 0, ran.err
    assert "quotes" in ran.out and "ollama serve" in ran.out
    assert run("models", "list", data=data, **nowhere()).out.splitlines()[0] == ran.out.splitlines()[0]
    assert not data.exists()


def test_a_file_in_the_folder_of_models_is_listed_as_model_takes_it(data: Path, tiny_chat: str) -> None:
    ran = run("models", "list", "--json", data=with_tiny(data, tiny_chat), **nowhere())
    (tiny,) = [one for one in ran.json["items"] if one["provider"] == "llama"]
    assert (tiny["name"], tiny["context_tokens"]) == ("llama:tiny", 8192)
    asked = run("ask", "What is it?", "--mode", "plain", "--model", tiny["name"], data=data)
    assert asked.code == 0, asked.err


@pytest.mark.parametrize("words", [["pull"], ["test"], ["list", "more"], ["fetch", "tiny"]])
def test_a_wrong_use_is_told(data: Path, words: list[str]) -> None:
    fails(run("models", *words, data=data), 2, "unknown use")


# --- pull ----------------------------------------------------------------------------------------------------------------


def test_pull_fetches_an_address_into_the_data_directory(data: Path, hub: Hub) -> None:
    ran = run("models", "pull", hub.address, "--yes", "--json", "--sha256", hub.sha256, data=data)
    assert ran.code == 0, ran.err
    assert ran.json["model"] == "llama:tiny"
    (file,) = ran.json["files"]
    assert file == {
        "path": str(data / "models" / "tiny.gguf"),
        "size_bytes": len(hub.content),
        "sha256": hub.sha256,
        "verified": True,
    }
    assert "licence: not known here" in ran.err
    assert [line for line in ran.err.splitlines() if line.startswith("tiny.gguf: ")]
    assert Path(file["path"]).read_bytes() == hub.content


def test_pull_fetches_all_files_of_a_model(data: Path, hub: Hub) -> None:
    ran = run("models", "pull", f"{hub.url}/big-00001-of-00002.gguf", "--yes", data=data)
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (data / "models").iterdir()) == [
        "big-00001-of-00002.gguf",
        "big-00002-of-00002.gguf",
    ]


def test_nothing_is_fetched_before_the_licence_is_agreed_to(data: Path, hub: Hub) -> None:
    ran = run("models", "pull", hub.address, data=data)
    assert ran.code == 2
    assert "licence: " in ran.err and "--yes" in ran.err
    assert hub.asked == [] and not data.exists()
    table = run("models", "pull", "nomic-embed-text-v1.5", data=data)
    assert table.code == 2 and "licence: Apache-2.0" in table.err
    assert "nomic-embed-text-v1.5.Q8_0.gguf" in table.err


def test_an_unknown_name_lists_the_known_ones(data: Path) -> None:
    fails(run("models", "pull", "gpt-17", "--yes", data=data), 2, "gpt-17", "bge-m3", "address")
    fails(run("models", "pull", "bge-m3:Q2_K", "--yes", data=data), 2, "Q8_0")


def test_a_failure_has_its_exit_code_and_next_step(data: Path, hub: Hub) -> None:
    hub.plays = ["404"]
    ran = run("models", "pull", hub.address, "--yes", data=data)
    assert ran.code == 4 and "hint: " in ran.err
    ran = run("models", "pull", f"http://127.0.0.1:{closed_port()}/a.gguf", "--yes", data=data)
    assert ran.code == 5 and "hint: " in ran.err
    ran = run("models", "pull", hub.address, "--yes", "--sha256", "0" * 64, data=data)
    assert ran.code == 1 and hub.sha256 in ran.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_pull_keeps_its_part_and_goes_on(data: Path, hub: Hub, how: signal.Signals) -> None:
    hub.plays = ["stall"]
    words = [IBIDEM, "models", "pull", hub.address, "--yes", "--data-dir", str(data)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment()) as process:
        assert hub.stalled.wait(20)
        part = data / "models" / "tiny.gguf.part"
        half = len(hub.content) // 2
        wait_for(lambda: part.exists() and part.stat().st_size == half, "half of it is on the disk")
        process.send_signal(how)
        said = process.stderr.read().decode() if process.stderr else ""
        assert process.wait(10) == (130 if how == signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    assert ("goes on" in said) is (how == signal.SIGINT)
    hub.go.set()
    ran = run("models", "pull", hub.address, "--json", data=data)  # agreed to once
    assert ran.code == 0, ran.err
    assert hub.seen[-1]["range"] == f"bytes={half}-"
    assert ran.json["files"][0]["sha256"] == hub.sha256
    assert "going on after" in ran.err


def test_ollama_pulls_its_own(data: Path, hub: Hub) -> None:
    hub.routes = {
        "/api/pull": [
            {"status": "pulling a1", "digest": "sha256:a1", "total": 4_000_000_000, "completed": 1_000_000_000},
            {"status": "success"},
        ]
    }
    ran = run("models", "pull", "ollama:tiny", "--json", data=data, IBIDEM_MODELS__OLLAMA_URL=hub.url)
    assert ran.code == 0, ran.err
    assert ran.json["model"] == "ollama:tiny"
    assert "1.00 of 4.00 GB" in ran.err


# --- test ----------------------------------------------------------------------------------------------------------------


def speeds(data: Path) -> list[str]:
    return [one["name"] for one in json.loads((data / "speeds.json").read_text())["speeds"]]


def test_test_measures_a_file_and_fit_knows_of_it(data: Path, tiny_chat: str) -> None:
    ran = run("models", "test", "llama:tiny", data=with_tiny(data, tiny_chat))
    assert ran.code == 0, ran.err
    for word in ("hello", "reads", "writes", "memory", "kept"):
        assert word in ran.out
    assert speeds(data) == ["tiny-copy-chat"]
    assert run("models", "test", "quotes", "--json", data=data).json["calibrated"] is False


def test_test_of_what_is_not_there_is_told(data: Path) -> None:
    fails(run("models", "test", "llama:absent", data=data), 2, "absent")
    fails(run("models", "test", "ollama:tiny", data=data, **nowhere()), 5, "Ollama")


# --- with a server -------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(data: Path, tiny_chat: str) -> Iterator[Server]:
    with serving(with_tiny(data, tiny_chat), **nowhere()) as server:
        yield server


def test_a_running_server_lists_tests_and_keeps(served: Server, hub: Hub) -> None:
    def asked(*words: str) -> Ran:
        ran = run("models", *words, "--json", data=served.data)
        assert ran.code == 0, ran.err
        return ran

    assert "llama:tiny" in [one["name"] for one in asked("list").json["items"]]
    measured = asked("test", "llama:tiny").json
    assert measured["written_tokens_s"] > 0 and measured["memory_bytes"] > 40e6 and measured["calibrated"]
    assert speeds(served.data) == ["tiny-copy-chat"]
    fails(run("models", "test", "llama:absent", data=served.data), 2, "absent")
    hub.content = hub.content + b"2"
    asked("pull", f"{hub.url}/second.gguf", "--yes")
    listed = served.http.get("/api/models/").json()["items"]
    (second,) = [one for one in listed if one["name"] == "llama:second"]
    assert second["detail"].startswith("unusable")
    assert hashlib.sha256((served.data / "models" / "second.gguf").read_bytes()).hexdigest() == hub.sha256


def test_a_file_of_this_folder_is_the_same_for_a_server_with_another(
    served: Server, tmp_path: Path, tiny_chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(tiny_chat, tmp_path / "here.gguf")
    monkeypatch.chdir(tmp_path)
    asked = run(
        "ask", "What is it?", "--mode", "plain", "--model", "llama:here.gguf", "--json", data=served.data, fresh=True
    )
    assert asked.json["model"] == f"llama:{tmp_path / 'here.gguf'}"
    assert run("models", "test", "llama:./here.gguf", data=served.data, fresh=True).code == 0


def test_the_doctor_looks_at_the_files_that_the_settings_name(data: Path, tiny_chat: str) -> None:
    with_tiny(data, tiny_chat)
    (data / "models" / "cut.gguf").write_bytes(Path(tiny_chat).read_bytes()[:100_000])
    named = {"IBIDEM_MODELS__DEFAULT": "llama:tiny", "IBIDEM_MODELS__EMBEDDER": "llama:cut"}
    doctor = run("doctor", data=data, **named, **nowhere())
    assert doctor.code == 1
    assert "ok    model llama:tiny: 0." in doctor.out and "tokens of context" in doctor.out
    assert "BAD   model llama:cut" in doctor.out and "truncated" in doctor.out
    absent = run("doctor", data=data, IBIDEM_MODELS__DEFAULT="llama:absent", **nowhere())
    assert absent.code == 1 and "no GGUF file 'absent'" in absent.out


@pytest.mark.parametrize(
    "words",
    [["ask", "--mode", "plain", "--model", "llama:tiny", "hello"], ["models", "test", "llama:tiny"]],
    ids=" ".join,
)
@pytest.mark.parametrize("how", ["alone", "served"])
def test_an_interrupt_does_not_wait_for_a_model_that_is_being_loaded(
    data: Path, tiny_chat: str, tmp_path: Path, words: list[str], how: str
) -> None:
    slow, began = tmp_path / "llama-server", tmp_path / "began"
    slow.write_text(f"#!/bin/sh\ntouch {began}\nsleep 60\n")
    slow.chmod(0o755)
    settings = {"IBIDEM_MODELS__LLAMA_SERVER": str(slow), **nowhere()}
    with_tiny(data, tiny_chat)
    with serving(data, **settings) if how == "served" else nullcontext() as server:
        asking = subprocess.Popen(
            [IBIDEM, *words, "--data-dir", str(data)],
            env=environment(**settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(began.exists, "the model is being loaded")
        stopped = server.process if server else asking
        at = time.monotonic()
        stopped.send_signal(signal.SIGINT)
        stopped.wait(timeout=20)
        asking.wait(timeout=20)
        assert time.monotonic() - at < 6


def test_nobody_else_may_list_or_test(served: Server) -> None:
    stranger = {"Authorization": "Bearer guessed"}
    assert served.http.get("/api/models/", headers=stranger).status_code == 401
    assert served.http.post("/api/models/test/", json={"model": "quotes"}, headers=stranger).status_code == 401
    assert served.http.post("/api/models/test/", json={"model": "nobody:x"}).json()["error"]["code"] == "model_unknown"
