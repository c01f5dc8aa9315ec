"""A GGUF file answers from a process of its own, which ends whenever its server does. Real engines, a tiny model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from ibidem.errors import EngineCrashed, EngineFailed, ModelTooLarge
from ibidem.models.base import ChatMessage, ChatRequest, CompletionRequest, Done, PromptProgress, TextDelta
from ibidem.models.engine import Engine
from ibidem.models.engines import Engines
from ibidem.models.llama import LlamaModel
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan, Role

SETTINGS = ModelSettings(load_timeout_s=60.0)
PASSAGE = "Use the passage.\n\n[1] The code of the blue door is 4821 and it changes every Monday.\n\nWhich code?"
REQUEST = ChatRequest(messages=[ChatMessage("user", PASSAGE)], max_tokens=60, temperature=0.0)


def plan(path: str, role: Role = "chat") -> EnginePlan:
    return EnginePlan(path, role, context_tokens=4096, slots=2, insert=True)


@pytest.fixture
def engines() -> Iterator[Engines]:
    loaded = Engines(plan, SETTINGS)
    yield loaded
    loaded.close()


@pytest.fixture
def model(tiny_chat: str, engines: Engines) -> LlamaModel:
    return LlamaModel(tiny_chat, engines)


def processes(path: str) -> list[psutil.Process]:
    """The watcher and the engine of a model file, the engine last."""
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if any(path in part for part in line) and {"ibidem.models.watch", "ibidem.models.xllama"} & set(line):
                found.append(process)
        except psutil.Error:
            continue
    return sorted(found, key=lambda process: process.pid)


def wait_until_gone(path: str, within_s: float) -> float:
    began = time.monotonic()
    while processes(path):
        assert time.monotonic() - began < within_s, f"still there: {processes(path)}"
        time.sleep(0.02)
    return time.monotonic() - began


async def answer(model: LlamaModel, request: ChatRequest = REQUEST) -> tuple[str, Done]:
    events = [event async for event in model.stream(request)]
    assert isinstance(events[-1], Done)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events[-1]


def test_a_gguf_file_answers_with_counts_and_the_second_time_from_its_cache(model: LlamaModel) -> None:
    async def twice() -> tuple[tuple[str, Done], tuple[str, Done]]:
        return await answer(model), await answer(model)

    (first, cold), (second, warm) = asyncio.run(twice())
    assert first == second == " The code of the blue door is 4821 and it changes every Monday. [1]"
    assert cold.usage.prompt == warm.usage.prompt > 20
    assert cold.usage.reused == 0
    assert warm.usage.reused >= warm.usage.prompt - 4
    assert cold.usage.completion > 10


def test_it_tells_how_much_of_a_long_prompt_has_been_read(model: LlamaModel) -> None:
    long = ChatRequest(messages=[ChatMessage("user", "one two three " * 500)], max_tokens=2, temperature=0.0)

    async def asked() -> list[object]:
        return [event async for event in model.stream(long)]

    events = asyncio.run(asked())
    told = [event for event in events if isinstance(event, PromptProgress)]
    done = next(event for event in events if isinstance(event, Done))
    assert told and {one.total for one in told} == {done.usage.prompt}
    assert [one.done for one in told] == sorted({one.done for one in told})
    assert told[-1].done == done.usage.prompt
    assert events.index(told[-1]) < next(at for at, event in enumerate(events) if isinstance(event, TextDelta))


def test_a_json_schema_is_kept_to(model: LlamaModel) -> None:
    schema = {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}},
        "required": ["ok"],
        "additionalProperties": False,
    }
    request = ChatRequest(messages=REQUEST.messages, max_tokens=60, temperature=0.0, schema=schema)
    assert isinstance(json.loads(asyncio.run(answer(model, request))[0])["ok"], bool)


HOLE = "def f(x):\n    "


@pytest.mark.parametrize(
    "request_",
    [
        CompletionRequest(HOLE, suffix="\n", max_tokens=24, temperature=0.0),
        CompletionRequest(f"<|fim_prefix|>{HOLE}<|fim_suffix|>\n<|fim_middle|>", max_tokens=24, temperature=0.0),
    ],
    ids=["both sides", "whole prompt"],
)
def test_code_is_inserted_between_prefix_and_suffix(model: LlamaModel, request_: CompletionRequest) -> None:
    async def insert() -> str:
        events = [event async for event in model.complete(request_)]
        assert isinstance(events[-1], Done)
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    assert asyncio.run(insert()) == "return None  # filled"


def test_it_says_what_it_can_and_counts_exactly(model: LlamaModel) -> None:
    async def ask() -> None:
        able = await model.capabilities()
        assert able.context_tokens == 2048
        assert (able.insert, able.schema, able.images) == (True, True, False)
        counted = await model.count(REQUEST.messages)
        _, done = await answer(model)
        assert counted == done.usage.prompt

    asyncio.run(ask())


def test_leaving_a_stream_frees_the_slot(model: LlamaModel, engines: Engines, tiny_chat: str) -> None:
    endless = ChatRequest(
        messages=[ChatMessage("user", "[1] " + "one two three four. " * 60)], max_tokens=1500, temperature=0.0
    )

    async def leave() -> None:
        async with aclosing(model.stream(endless)) as events:
            await anext(events)

    asyncio.run(leave())
    with engines.use(tiny_chat, "chat") as engine:
        deadline = time.monotonic() + 2.0
        while '"is_processing":true' in get(engine, "/slots"):
            assert time.monotonic() < deadline, "the engine goes on writing for nobody"
            time.sleep(0.01)


def get(engine: Engine, path: str, key: str | None = None) -> str:
    connection = HTTPConnection("127.0.0.1", engine.port, timeout=5)
    connection.request("GET", path, headers={"Authorization": f"Bearer {engine.key if key is None else key}"})
    response = connection.getresponse()
    body = response.read().decode("utf-8")
    connection.close()
    return body if response.status == 200 else str(response.status)


def test_nobody_else_can_use_the_engine(engines: Engines, tiny_chat: str) -> None:
    with engines.use(tiny_chat, "chat") as engine:
        assert get(engine, "/slots", key="guessed") == "401"
        assert get(engine, "/v1/models", key="") == "401"
        assert get(engine, "/") == "404"
        for connection in psutil.Process(processes(tiny_chat)[-1].pid).net_connections("tcp"):
            assert connection.laddr.ip == "127.0.0.1"
        assert engine.key not in " ".join(processes(tiny_chat)[-1].cmdline())


def test_a_killed_engine_costs_its_answer_and_the_next_one_starts_it_anew(model: LlamaModel, tiny_chat: str) -> None:
    async def kill_in_the_middle() -> None:
        async with aclosing(model.stream(REQUEST)) as events:
            await anext(events)
            processes(tiny_chat)[-1].send_signal(signal.SIGKILL)
            with pytest.raises(EngineCrashed) as failed:
                [event async for event in events]
        assert "SIGKILL" in failed.value.message
        assert "4821" in (await answer(model))[0]

    asyncio.run(kill_in_the_middle())


def test_a_killed_watcher_takes_its_engine_along(engines: Engines, tiny_chat: str) -> None:
    with engines.use(tiny_chat, "chat"):
        watcher, engine = processes(tiny_chat)
        watcher.kill()
        assert engine.wait(timeout=2.0) is None or not engine.is_running()


OWNER = """
import sys, threading, time
from ibidem.models.engines import Engines
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan
engines = Engines(lambda path, role: EnginePlan(path, role), ModelSettings())
thread = threading.Thread(target=lambda: print("ready", engines.take(sys.argv[1], "chat").port, flush=True))
thread.start(); thread.join()
time.sleep(60)
"""


def test_an_engine_started_from_a_short_lived_thread_lives_as_long_as_the_program_and_no_longer(tiny_chat: str) -> None:
    own = tiny_chat.replace(".gguf", "-owned.gguf")
    os.link(tiny_chat, own)
    program = subprocess.Popen([sys.executable, "-c", OWNER, own], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline().startswith("ready")
    time.sleep(0.5)  # the thread has long ended
    assert len(processes(own)) == 2
    program.kill()
    program.wait()
    wait_until_gone(own, within_s=2.0)
    program.stdout.close()


def test_two_first_requests_start_one_engine(engines: Engines, tiny_chat: str) -> None:
    seen: list[Engine] = []
    threads = [threading.Thread(target=lambda: seen.append(engines.take(tiny_chat, "chat"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 1
    assert len(engines.loaded()) == 1


def test_an_idle_engine_is_ended_after_its_keep_alive_and_a_used_one_is_not(tiny_chat: str) -> None:
    now = [0.0]
    engines = Engines(plan, SETTINGS, clock=lambda: now[0])
    with engines.use(tiny_chat, "chat"):
        now[0] = 2 * SETTINGS.keep_alive_s
        assert engines.end_idle() == 0
    now[0] += SETTINGS.keep_alive_s - 1
    assert engines.end_idle() == 0
    now[0] += 1
    assert engines.end_idle() == 1
    wait_until_gone(tiny_chat, within_s=2.0)
    engines.close()


def test_a_model_that_nobody_uses_makes_room_for_another(tiny_chat: str) -> None:
    other = tiny_chat.replace(".gguf", "-other.gguf")
    if not Path(other).exists():
        os.link(tiny_chat, other)

    def scarce(path: str, role: Role) -> EnginePlan:
        if any(loaded.path != path for loaded, _ in engines.loaded()):
            raise ModelTooLarge("no room for two", hint="")
        return plan(path, role)

    engines = Engines(scarce, SETTINGS)
    try:
        with engines.use(tiny_chat, "chat"), pytest.raises(ModelTooLarge):
            engines.take(other, "chat")
        with engines.use(other, "chat"):
            assert [loaded.path for loaded, _ in engines.loaded()] == [other]
    finally:
        engines.close()


@pytest.mark.parametrize("content", [b"", b"GGUF", b"\x7fELF" + bytes(100), b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_a_broken_file_is_told_and_nothing_stays_behind(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(EngineFailed) as failed:
        Engine(plan(str(path)), SETTINGS).start()
    assert str(path) in failed.value.message
    assert failed.value.hint
    wait_until_gone(str(path), within_s=1.0)


def fake_server(tmp_path: Path, body: str) -> ModelSettings:
    """A `llama-server` of our own making."""
    path = tmp_path / "llama-server"
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(0o755)
    return ModelSettings(llama_server=str(path), load_timeout_s=1.0)


def test_an_engine_that_never_gets_ready_is_given_up(tmp_path: Path, tiny_chat: str) -> None:
    settings = fake_server(tmp_path, "import time\ntime.sleep(60)")
    with pytest.raises(EngineFailed, match="not loaded after 1 s"):
        Engine(plan(tiny_chat), settings).start()


def test_a_program_that_stops_does_not_wait_for_a_model_to_load(tmp_path: Path, tiny_chat: str) -> None:
    settings = fake_settings(tmp_path, f"open({str(tmp_path / 'began')!r}, 'w')\nimport time\ntime.sleep(60)")
    engines = Engines(plan, ModelSettings(**settings))
    told: list[Exception] = []

    def load() -> None:
        try:
            engines.take(tiny_chat, "chat")
        except EngineFailed as error:
            told.append(error)

    loading = threading.Thread(target=load)
    loading.start()
    deadline = time.monotonic() + 10
    while not (tmp_path / "began").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    engines.close()
    loading.join(timeout=2)
    assert not loading.is_alive()
    assert len(told) == 1
    wait_until_gone(tiny_chat, within_s=2.0)


def test_a_server_that_cannot_be_run_or_ends_at_once_is_named(tmp_path: Path, tiny_chat: str) -> None:
    wrong = fake_server(tmp_path, "import sys\nprint('error: no such flag', file=sys.stderr)\nsys.exit(255)")
    with pytest.raises(EngineFailed, match="status 255; error: no such flag") as failed:
        Engine(plan(tiny_chat), wrong).start()
    assert str(tmp_path / "llama-server") in failed.value.hint
    absent = ModelSettings(llama_server=str(tmp_path / "nothing"))
    with pytest.raises(EngineFailed, match="nothing") as failed:
        Engine(plan(tiny_chat), absent).start()
    assert "llama_server" in failed.value.hint


def test_those_who_wait_for_a_model_take_one_thread(tmp_path: Path, tiny_chat: str) -> None:
    """The server has sixteen for all it does: questions that are asked and stopped while a model loads take one."""
    engines = Engines(plan, ModelSettings(**fake_settings(tmp_path, "import time\ntime.sleep(60)")))
    model = LlamaModel(tiny_chat, engines)

    async def ask_and_stop() -> float:
        for _ in range(40):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await model.capabilities()
        began = time.monotonic()
        await asyncio.to_thread(lambda: None)
        took_s = time.monotonic() - began
        engines.close()
        return took_s

    assert asyncio.run(ask_and_stop()) < 1.0


def test_an_engine_that_dies_before_the_answer_is_told_as_such(model: LlamaModel, tiny_chat: str) -> None:
    async def count_after_a_crash() -> None:
        async with model._engine():
            processes(tiny_chat)[-1].kill()
            await model.count(REQUEST.messages)

    with pytest.raises(EngineCrashed):
        asyncio.run(count_after_a_crash())


def test_a_processor_that_lacks_instructions_is_told(tmp_path: Path, tiny_chat: str) -> None:
    settings = fake_server(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGILL)")
    with pytest.raises(EngineFailed) as failed:
        Engine(plan(tiny_chat), settings).start()
    assert "SIGILL" in failed.value.message
    assert "AVX2" in failed.value.hint


def test_any_llama_server_will_do(tmp_path: Path, tiny_chat: str) -> None:
    """One that takes `llama-server`'s own flags and starts a child, as wrappers do."""
    body = """
import argparse, json, os, subprocess, sys
read = argparse.ArgumentParser()
for flag in ("-m", "--host", "--port", "-c", "-np", "-t", "-ub", "-ngl", "-ctk", "-ctv"): read.add_argument(flag)
read.add_argument("--jinja", action="store_true")
got = vars(read.parse_args())
plan = {"path": got["m"], "context_tokens": int(got["c"]), "slots": int(got["np"]), "kv_type": got["ctk"]}
child = [sys.executable, "-m", "ibidem.models.xllama", json.dumps(plan), got["port"]]
sys.exit(subprocess.run(child).returncode)
"""
    engines = Engines(plan, ModelSettings(**{**fake_settings(tmp_path, body), "load_timeout_s": 30.0}))
    assert "4821" in asyncio.run(answer(LlamaModel(tiny_chat, engines)))[0]
    engines.close()
    wait_until_gone(tiny_chat, within_s=2.0)


def fake_settings(tmp_path: Path, body: str) -> dict[str, str]:
    return {"llama_server": fake_server(tmp_path, body).llama_server}
