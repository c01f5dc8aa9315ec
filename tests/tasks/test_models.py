"""The models of a folder, and what a test of one finds: a real engine, a tiny model."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ibidem.errors import EngineFailed
from ibidem.hardware import calibration
from ibidem.hardware.header import read_header
from ibidem.hardware.survey import survey
from ibidem.models.engines import Engines
from ibidem.models.llama import LlamaModel
from ibidem.models.ollama import OllamaModel
from ibidem.models.speed import resident_bytes
from ibidem.settings import ModelSettings
from ibidem.tasks.models import list_models, local_models, try_model
from ibidem.types import EnginePlan
from tests.fakes.model_server import FakeModelServer, closed_port, model_server
from tests.models.conftest import made, tiny_chat

__all__ = ["made", "model_server", "tiny_chat"]

SETTINGS = ModelSettings(load_timeout_s=60.0)


@pytest.fixture
def engines() -> Iterator[Engines]:
    loaded = Engines(lambda path, role: EnginePlan(path, role, context_tokens=4096), SETTINGS)
    yield loaded
    loaded.close()


def test_a_folder_lists_its_models_by_the_names_that_can_be_asked(
    tmp_path: Path, made: Callable[[str], Path], tiny_chat: str
) -> None:
    for name, source in [("mine.gguf", tiny_chat), ("vectors.gguf", made("embed"))]:
        os.link(source, tmp_path / name)
    for number in (1, 2):
        (tmp_path / f"big-0000{number}-of-00002.gguf").write_bytes(b"GGUF" + bytes(100))
    (tmp_path / "coming.gguf.part").write_bytes(b"GGUF")
    (tmp_path / "notes.txt").write_text("no model")
    (tmp_path / "folder.gguf").mkdir()
    big, mine, vectors = local_models(tmp_path)
    assert (mine.name, mine.size_bytes, mine.context_tokens) == ("llama:mine", os.path.getsize(tiny_chat), 8192)
    assert mine.detail == "Q8_0"
    assert vectors.detail.endswith("embedder")
    assert (big.name, big.size_bytes) == ("llama:big-00001-of-00002", 208)
    assert big.detail.startswith("unusable:")


def test_the_list_works_without_a_folder_and_without_a_server(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{closed_port()}"
    found = asyncio.run(list_models(ModelSettings(ollama_url=nobody, openai_url=nobody), tmp_path / "absent"))
    assert [one["name"] for one in found["items"]] == ["quotes"]
    assert [one["reachable"] for one in found["servers"]] == [False, False]
    assert json.loads(json.dumps(found)) == found


def test_a_gguf_file_is_measured_and_its_speed_kept_for_this_machine(
    tmp_path: Path, tiny_chat: str, engines: Engines
) -> None:
    found = asyncio.run(try_model(LlamaModel(tiny_chat, engines), engines, tmp_path, SETTINGS))
    assert found["model"] == f"llama:{tiny_chat}"
    assert "hello" in found["said"]
    assert 300 < found["prompt_tokens"] < 1000
    assert found["written_tokens"] == 64
    assert found["first_token_s"] > 0 and found["load_s"] > 0
    assert 40e6 < found["memory_bytes"] < 400e6
    assert found["calibrated"]
    machine, kept = survey(tmp_path)
    assert [(one.name, one.weights_bytes) for one in kept] == [
        ((header := read_header(Path(tiny_chat))).name, header.weights_bytes)
    ]
    assert kept[0].prompt_tokens_s == pytest.approx(found["prompt_tokens_s"], abs=0.01)
    assert kept[0].generation_tokens_s == pytest.approx(found["written_tokens_s"], abs=0.01)
    assert [used for _, used in engines.loaded()] == [False]
    nobody = f"http://127.0.0.1:{closed_port()}"
    unreachable = ModelSettings(ollama_url=nobody, openai_url=nobody)
    listed = asyncio.run(list_models(unreachable, Path(tiny_chat).parent, engines))
    assert [one["name"] for one in listed["items"] if one["loaded"]] == [f"llama:{Path(tiny_chat).stem}"]
    asyncio.run(try_model(LlamaModel(tiny_chat, engines), engines, tmp_path, SETTINGS))
    assert len(calibration.load(tmp_path, machine)) == 1


def test_each_test_reads_a_prompt_that_no_cache_knows(tmp_path: Path, tiny_chat: str, engines: Engines) -> None:
    speeds = [
        asyncio.run(try_model(LlamaModel(tiny_chat, engines), engines, tmp_path, SETTINGS))["prompt_tokens_s"]
        for _ in range(3)
    ]
    assert max(speeds) < 20 * min(speeds)  # what a cache gave does not count as read: it would seem slow


def test_a_model_of_another_server_is_measured_by_the_clock_alone(
    tmp_path: Path, model_server: FakeModelServer, engines: Engines
) -> None:
    model_server.reply, model_server.pause_s = ["word "] * 12, 0.01
    model = OllamaModel("tiny", ModelSettings(ollama_url=model_server.ollama_url))

    async def measured() -> dict[str, object]:
        try:
            return await try_model(model, engines, tmp_path, SETTINGS)
        finally:
            await model.close()

    found = asyncio.run(measured())
    assert found["written_tokens"] == 9 and found["prompt_tokens"] == 26  # as the server counts
    assert found["written_tokens_s"] is not None and 10 < float(str(found["written_tokens_s"])) < 100
    assert (found["memory_bytes"], found["calibrated"]) == (None, False)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_writes_too_little_has_no_speed(
    tmp_path: Path, model_server: FakeModelServer, engines: Engines
) -> None:
    model_server.reply = ["Hello"]
    model = OllamaModel("tiny", ModelSettings(ollama_url=model_server.ollama_url))
    found = asyncio.run(try_model(model, engines, tmp_path, SETTINGS))
    assert found["said"] == "Hello"
    assert (found["prompt_tokens_s"], found["written_tokens_s"]) == (None, None)


def test_a_file_that_is_no_model_fails_and_leaves_nothing(tmp_path: Path, engines: Engines) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(EngineFailed):
        asyncio.run(try_model(LlamaModel(str(broken), engines), engines, tmp_path, SETTINGS))
    assert engines.loaded() == []
    assert not (tmp_path / calibration.FILE).exists()


def test_the_memory_of_a_process_is_that_of_its_family() -> None:
    held = "held = bytearray(60_000_000); print('ready', flush=True); import time; time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {held!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, process_group=0) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            assert 60e6 < resident_bytes(process.pid) < 200e6
            assert resident_bytes(process.pid) < resident_bytes(os.getpid())
        finally:
            os.killpg(process.pid, 9)
