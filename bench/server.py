"""A data directory -> a running `ibidem serve`, spoken to over HTTP as a page would."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibidem.cli.engine import searchable

START_S = 30.0
TIMEOUT_S = 900.0


class Client:
    """One kept connection; not for two threads at once."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._kept = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer. Raises RuntimeError for a status of 400 or more."""
        try:
            return self._call(method, path, body)
        except ConnectionError:  # kept for longer than the server keeps it
            self._kept.close()
            return self._call(method, path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        self._kept.request(method, path, None if body is None else json.dumps(body).encode(), self._headers)
        response = self._kept.getresponse()
        raw = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {raw[:300]!r}")
        return json.loads(raw) if raw else None

    def search(self, query: str) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = self.call("POST", "/api/search/", {"query": query, "limit": 10})["hits"]
        return hits

    def ask(self, question: str) -> dict[str, float]:
        """Milliseconds from before the POST to the first event, and to the first event of each name."""
        began = time.perf_counter()
        run = self.call("POST", "/api/runs/", {"question": question, "model": "quotes"})["run_id"]
        arrived: dict[str, float] = {}
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as stream:
            stream.request("GET", f"/api/runs/{run}/events/", None, self._headers)
            for line in stream.getresponse():
                if line.startswith(b"event: "):
                    now_ms = (time.perf_counter() - began) * 1000
                    arrived.setdefault("first", now_ms)
                    arrived.setdefault(line[7:].decode().strip(), now_ms)
        if "finished" not in arrived:
            raise RuntimeError(f"the answer to {question!r} did not finish: {list(arrived)}")
        return arrived

    def add(self, path: Path, *, watch: bool = False) -> str:
        """Begin to take a folder or file in; the source's id."""
        source = self.call("POST", "/api/workspaces/home/sources/", {"path": str(path), "watch": watch})
        return str(source["id"])

    def is_searchable(self, source: str) -> bool:
        found = self.call("GET", f"/api/workspaces/home/sources/{source}/")
        return found["state"] == "ready" and searchable(found)

    def wait_searchable(self, source: str, *, poll_s: float = 0.25) -> None:
        wait(lambda: self.is_searchable(source), poll_s=poll_s)


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[str]
    port: int
    data_dir: Path
    start_s: float  # from the spawn until /health answered

    def client(self) -> Client:
        return Client(self.port, (self.data_dir / "secret").read_text().strip())


@contextmanager
def serving(data_dir: Path, *paths: Path, program: Sequence[str] = ("-m", "ibidem")) -> Iterator[Server]:
    """`ibidem serve` on a free port, stopped in order at the end. `program` is what Python runs instead of Ibidem."""
    port = free_port()
    command = [sys.executable, *program, "serve", *map(str, paths), "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)], stdout=subprocess.DEVNULL, text=True, env=plain_environment()
    )
    try:
        wait(lambda: _answers(process, port), poll_s=0.005, timeout_s=START_S)
        yield Server(process, port, data_dir, time.perf_counter() - began)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run_cli(*words: str, data_dir: Path) -> float:
    """Seconds that an `ibidem` command takes from its spawn to its end. Raises CalledProcessError."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "ibidem", *words, "--data-dir", str(data_dir)]
    subprocess.run(command, check=True, capture_output=True, env=plain_environment())
    return time.perf_counter() - began


def plain_environment() -> dict[str, str]:
    """This process's, without options of Ibidem's: figures are those of the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("IBIDEM_")}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait(done: Callable[[], bool], *, poll_s: float, timeout_s: float = TIMEOUT_S) -> None:
    """Raises TimeoutError."""
    until = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {timeout_s:g} s")
        time.sleep(poll_s)


def _answers(process: subprocess.Popen[str], port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"the server ended with code {process.returncode}")
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
