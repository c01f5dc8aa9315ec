"""A plan becomes a running engine: a llama.cpp server on loopback, under a watcher, behind a key nobody else has.

The engine is the `xllamacpp` wheel (`models.xllama`) or any `llama-server` that the settings name; both speak the same
HTTP. Nothing of what it logs is written to disk: its last lines are kept to say why it ended.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from ibidem.errors import EngineFailed
from ibidem.models.http import ModelServer
from ibidem.models.upstream import Advice
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan

READY_POLL_S = 0.02
ENDED_WITHIN_S = 1.0  # a broken stream may be seen before the end of the process that wrote it
LOG_LINES = 60
SPIN_COUNT = "20000"  # of libgomp's waiting threads: the default halves the speed where other work shares the cores


def command(plan: EnginePlan, port: int, llama_server: str = "") -> list[str]:
    """What is run for a plan. The path of the model stands in it, so that `ps` tells whose memory it is."""
    if not llama_server:
        return [sys.executable, "-m", "ibidem.models.xllama", json.dumps(asdict(plan)), str(port)]
    flags = {"-m": plan.path, "--host": "127.0.0.1", "--port": port}
    flags |= {"-c": plan.context_tokens, "-np": plan.slots, "-t": plan.threads, "-ub": plan.batch_tokens}
    flags |= {"-ngl": plan.gpu_layers, "-ctk": plan.kv_type, "-ctv": plan.kv_type}
    role = {"chat": ["--jinja"], "embed": ["--embedding"], "rerank": ["--embedding", "--reranking"]}[plan.role]
    return [llama_server, *(str(part) for flag in flags.items() for part in flag), *role]


def environment(plan: EnginePlan, key: str) -> dict[str, str]:
    """What both kinds of engine are told besides: a `llama-server` passes over names that it does not know yet."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("LLAMA_", "IBIDEM_"))},
        "LLAMA_API_KEY": key,
        "LLAMA_ARG_CACHE_RAM": str(plan.prompt_cache_mib),
        "LLAMA_ARG_CTX_CHECKPOINTS": str(plan.checkpoints),
        "LLAMA_ARG_WEBUI": "0",
        "LLAMA_ARG_UI": "0",
        "LLAMA_ARG_MLOCK": str(int(plan.lock_memory)),
        "LLAMA_ARG_REPACK": str(int(plan.repack)),
        "GOMP_SPINCOUNT": SPIN_COUNT,
    }


class Engine:
    """One engine process and its watcher. `start` blocks until it can be asked; `close`, from any thread, ends that too."""

    def __init__(self, plan: EnginePlan, settings: ModelSettings) -> None:
        self.plan = plan
        self.key = secrets.token_urlsafe(24)
        self.port = _free_port()
        self._settings = settings
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._watcher: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.server = ModelServer(
            f"llama.cpp with {Path(plan.path).name}",
            f"http://127.0.0.1:{self.port}",
            settings,
            Advice(absent="ask again: the engine is started anew", locked="ask again", unknown="ask again"),
            key=self.key,
        )

    def start(self) -> None:
        """Run the engine and wait until the model is loaded. Raises EngineFailed, and leaves nothing running."""
        run = command(self.plan, self.port, self._settings.llama_server)
        try:
            self._watcher = subprocess.Popen(
                [sys.executable, "-m", "ibidem.models.watch", str(self.plan.niceness), *run],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment(self.plan, self.key),
                process_group=0,  # Ctrl-C is for the server
            )
        except OSError as error:
            raise EngineFailed(
                f"{run[0]} cannot be run: {error}", hint="check `llama_server` under [models]"
            ) from error
        threading.Thread(target=self._keep_log, args=(self._watcher.stderr,), daemon=True).start()
        deadline = time.monotonic() + self._settings.load_timeout_s
        while not self._is_ready():
            if self._closed:
                self.close()
                raise EngineFailed(f"{self.plan.path} was given up while it was loaded", hint="ask again")
            if not self.alive:
                why = self.why_ended()
                self.close()
                raise EngineFailed(f"{self.plan.path} could not be loaded: {why}", hint=self._next_step(why))
            if time.monotonic() > deadline:
                self.close()
                raise EngineFailed(
                    f"{self.plan.path} was not loaded after {self._settings.load_timeout_s:g} s",
                    hint="pick a smaller model (`ibidem fit`), or raise `load_timeout_s` under [models]",
                )
            time.sleep(READY_POLL_S)

    @property
    def alive(self) -> bool:
        return self._watcher is not None and self._watcher.poll() is None

    @property
    def pid(self) -> int | None:
        """Of the watcher, whose child the engine is."""
        return self._watcher.pid if self._watcher else None

    def has_ended(self) -> bool:
        """Whether it is gone, also when its end is only just coming to be known."""
        if self._watcher is None:
            return True
        try:
            self._watcher.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            return False
        return True

    def why_ended(self) -> str:
        """The signal or status it ended with, and the last it said."""
        status = self._watcher.wait() if self._watcher else 0
        by = next((one.name for one in signal.Signals if status == 128 + one), "")
        ended = f"the engine ended by {by}" if by else f"the engine ended with status {status}"
        errors = [line for line in self._log if "error" in line.lower() or "failed" in line.lower()]
        return "; ".join((ended, *errors[-3:]))

    def close(self) -> None:
        """End it, also while it starts. May be called twice."""
        self._closed = True
        if self._watcher is None:
            return
        if self._watcher.stdin:
            self._watcher.stdin.close()  # the watcher ends the engine, and itself
        try:
            self._watcher.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._watcher.kill()  # the engine dies with it
            self._watcher.wait()

    def _is_ready(self) -> bool:
        """Asked for what needs both the key and the loaded model: some servers list their models before that."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ENDED_WITHIN_S)
        try:
            connection.request("GET", "/props", headers={"Authorization": f"Bearer {self.key}"})
            return connection.getresponse().status == 200 and self.alive
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _keep_log(self, stream: IO[bytes]) -> None:
        """The deque is bounded, and so is a line: a model's text may be in it, and is gone with the process."""
        for line in iter(partial(stream.readline, 2000), b""):
            self._log.append(line.decode("utf-8", "replace").strip())

    def _next_step(self, why: str) -> str:
        if "SIGILL" in why:
            return "this processor lacks instructions the wheel needs (AVX2): name a `llama_server` under [models]"
        if "SIGKILL" in why:
            return "the system may have run out of memory: `ibidem fit` says which models and contexts hold here"
        if self._settings.llama_server:
            return f"check `llama_server` under [models]: {self._settings.llama_server}"
        return "check the file (`ibidem fit --model FILE`), or fetch it again with `ibidem models pull`"


def _free_port() -> int:
    """A loopback port that is free now. Should another take it meanwhile, the engine fails to start and says so."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
