"""`ibidem serve` as a real process, and the few words that tests say to it over a real socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ibidem.types import TERMINAL_EVENTS
from tests.api.forks import Forks

T = TypeVar("T")
SseEvent = tuple[str | None, str, dict[str, Any]]  # id, event, data

IBIDEM = str(Path(sys.executable).with_name("ibidem"))
START_S = 60.0  # two shared cores; test_kill.py holds the start to its figure
ENDED = ("ok", "partial", "skipped", "failed")


def wait_for(look: Callable[[], T], what: str, *, timeout_s: float = 30.0, every_s: float = 0.02) -> T:
    """The first true value of `look()`; fails when none comes in time."""
    until = time.monotonic() + timeout_s
    while True:
        if value := look():
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {timeout_s:g} s: {what}; last seen {value!r}")
        time.sleep(every_s)


def environment(**settings: str) -> dict[str, str]:
    """The tests' environment without the user's own settings; compiled modules are kept, as they are for users."""
    left_out = ("IBIDEM_", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**inherited, "PYTHONFAULTHANDLER": "1", **settings}


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@dataclass
class Server:
    """A running `ibidem serve`. `http` sends the secret."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    http: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def secret(self) -> str:
        return (self.data / "secret").read_text().strip()

    def logged(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """As a power cut would: no last words."""
        self.process.kill()
        self.process.wait(10)
        self.http.close()

    def stop(self) -> int:
        """In order; returns the exit code."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # faulthandler writes where every thread stands
            self.process.wait(5)
            raise AssertionError(f"the server did not stop within 15 s:\n{self.logged()[-6000:]}") from None


def start(data: Path, *paths: Path, port: int = 0, **settings: str) -> Server:
    """Start a server and wait until it answers."""
    port = port or free_port()
    log = data.with_name(f"{data.name}.log")
    with open(log, "ab") as out:
        process = subprocess.Popen(
            [IBIDEM, "serve", *map(str, paths), "--port", str(port), "--data-dir", str(data)],
            stdout=out,
            stderr=out,
            env=environment(**settings),
        )
    http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False)

    def up() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        try:
            return http.get("/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_for(up, "/health answers", timeout_s=START_S)
    except BaseException:
        process.kill()
        process.wait()
        raise
    http.headers["Authorization"] = f"Bearer {(data / 'secret').read_text().strip()}"
    return Server(data, port, process, log, http)


@contextmanager
def serving(data: Path, *paths: Path, **settings: str) -> Iterator[Server]:
    """A server for one test. Whatever it did, it must not have shown a traceback, and must stop in order."""
    server = start(data, *paths, **settings)
    try:
        yield server
    finally:
        was_running = server.process.poll() is None
        code = server.stop()
    assert "Traceback" not in server.logged(), server.logged()[-4000:]
    assert not was_running or code == 0, (code, server.logged()[-2000:])


# --- words -----------------------------------------------------------------------------------------------------------


def search(server: Server, query: str, workspace: str = "home", **more: Any) -> list[dict[str, Any]]:
    answer = server.http.post("/api/search/", json={"query": query, "workspace": workspace, **more})
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


def paths_found(server: Server, query: str, workspace: str = "home") -> list[str]:
    return [hit["path"] for hit in search(server, query, workspace)]


def put_text(server: Server, title: str, content: str, workspace: str = "home") -> dict[str, Any]:
    """A pasted document, once it is searchable."""
    body = {"title": title, "content": content, "workspace": workspace}
    made = server.http.post("/api/rag/documents/", json=body)
    assert made.status_code == 201, made.text
    return settled(server, made.json()["id"])


def settled(server: Server, document_id: str) -> dict[str, Any]:
    """The document once it is in its last state."""

    def look() -> dict[str, Any] | None:
        document: dict[str, Any] = server.http.get(f"/api/rag/documents/{document_id}/").json()
        return document if document["state"] in ENDED else None

    found = wait_for(look, f"document {document_id} settles")
    assert found is not None
    return found


def add_folder(server: Server, folder: Path, workspace: str = "home", *, watch: bool = True) -> dict[str, Any]:
    """The folder's source, once all of it is searchable."""
    made = server.http.post(f"/api/workspaces/{workspace}/sources/", json={"path": str(folder), "watch": watch})
    assert made.status_code == 201, made.text
    return synced(server, made.json(), workspace)


def synced(server: Server, source: dict[str, Any], workspace: str = "home", *, timeout_s: float = 60) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job = server.http.get(f"/api/jobs/{source['job']}/").json()
        found: dict[str, Any] = server.http.get(f"/api/workspaces/{workspace}/sources/{source['id']}/").json()
        waiting = any(found["counts"].get(state) for state in ("queued", "reading", "indexing"))
        return None if job["state"] in ("queued", "running") or waiting else found

    found = wait_for(look, f"source {source['path']} is in step", timeout_s=timeout_s)
    assert found is not None
    return found


def documents(server: Server, **query: Any) -> list[dict[str, Any]]:
    """All documents, page by page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = server.http.get(
            "/api/rag/documents/", params={"limit": 500, **query, **({"cursor": cursor} if cursor else {})}
        )
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            return found


def ask(server: Server, question: str, **more: Any) -> str:
    """The id of the run that was started."""
    answer = server.http.post("/api/runs/", json={"question": question, **more})
    assert answer.status_code == 202, answer.text
    run_id: str = answer.json()["run_id"]
    return run_id


def events(server: Server, run_id: str, *, headers: dict[str, str] | None = None, **query: str) -> Iterator[SseEvent]:
    """Events as they come, up to the terminal one."""
    place = f"/api/runs/{run_id}/events/"
    with server.http.stream("GET", place, params=query, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        got: dict[str, str] = {}
        for line in answer.iter_lines():
            field, _, value = line.partition(":")
            if line and field:
                got[field] = value.strip()
            elif not line and "data" in got:
                yield got.get("id"), got["event"], json.loads(got["data"])
                if got["event"] in TERMINAL_EVENTS or got["event"] == "snapshot":
                    return
                got = {}


def ended(server: Server, run_id: str, *, timeout_s: float = 60) -> dict[str, Any]:
    """The run once it has ended."""

    def look() -> dict[str, Any] | None:
        run: dict[str, Any] = server.http.get(f"/api/runs/{run_id}/").json()
        return run if run["state"] in TERMINAL_EVENTS else None

    found = wait_for(look, f"run {run_id} ends", timeout_s=timeout_s)
    assert found is not None
    return found


def workspace(server: Server, name: str) -> str:
    """The slug of a new workspace."""
    made = server.http.post("/api/workspaces/", json={"name": name})
    assert made.status_code == 201, made.text
    slug: str = made.json()["slug"]
    return slug


def is_error(answer: httpx.Response, status: int, code: str = "") -> dict[str, Any]:
    """The answer is an error of that status in the contract's shape; returns what is inside."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert {"code", "message", "hint"} <= set(error) <= {"code", "message", "hint", "field", "faults"}
    assert all(isinstance(value, str) for key, value in error.items() if key != "faults")
    assert error["message"] and error["hint"], error
    assert not code or error["code"] == code, error
    return error


# --- the command line ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(
    *arguments: str | Path,
    data: Path | None,
    wrap: Sequence[str] = (),
    fresh: bool = False,
    said: str = "",
    **settings: str,
) -> Ran:
    """`ibidem ...` to its end: with `fresh` or `wrap` by its own start, else as a fork. A traceback fails the test.

    `said` is what a fork finds on its standard input.
    """
    words = [*map(str, arguments), *(["--data-dir", str(data)] if data else [])]
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        began = time.monotonic()
        if fresh or wrap:
            with open(out, "wb") as said, open(err, "wb") as cried:
                command = [*wrap, IBIDEM, *words]
                code = subprocess.run(
                    command, stdout=said, stderr=cried, env=environment(**settings), timeout=60, check=False
                ).returncode
        else:
            heard = Path(place, "in")
            heard.write_text(said, "utf-8")
            code = forks().run(words, environment(**settings), out, err, read=heard)
        ran = Ran(code, out.read_text("utf-8"), err.read_text("utf-8", "replace"), time.monotonic() - began)
    assert "Traceback" not in ran.err + ran.out, ran.err + ran.out
    return ran


@cache
def forks() -> Forks:
    """One for the whole session; it ends with its standard input."""
    return Forks()


def without_privileges() -> list[str]:
    """What to put before a command so that file rights bind it even when the tests run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
