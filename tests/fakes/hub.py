"""A server of files on a real socket that serves one GGUF file, or JSON by path, and misbehaves as told.

def test_a_cut_download_goes_on(hub):
    hub.plays = ["cut"]          # what the first requests meet, in turn; the ones after are served as they should be
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

PIECE_BYTES = 16_384


@dataclass
class Hub:
    """`plays` are, one for a request: serve, cut (half of what is left, then hangs up), hang_up (before any answer),
    ignores_range, ignores_if_range, html, stall (half, then silence until
    `go`), `redirect ADDRESS`, or a status such as `500`."""

    content: bytes = b"GGUF" + bytes(range(256)) * 1200  # 307 kB
    etag: str = '"v1"'
    plays: list[str] = field(default_factory=list)
    stated: dict[str, str] = field(default_factory=dict)  # headers on every answer
    routes: dict[str, Any] = field(default_factory=dict)  # JSON, or a list of JSON lines, by path
    seen: list[dict[str, str]] = field(default_factory=list)  # headers of requests, names in lower case
    asked: list[str] = field(default_factory=list)  # paths
    go: threading.Event = field(default_factory=threading.Event)
    stalled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                hub.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.url}/models/tiny.gguf"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def close(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.seen.append({name.lower(): value for name, value in request.headers.items()})
        self.asked.append(request.path)
        if self.routes:
            self._json(request)
            return
        play, _, target = (self.plays.pop(0) if self.plays else "serve").partition(" ")
        if play == "hang_up":
            request.close_connection = True
        elif play == "redirect":
            self._head(request, 302, 0, {"Location": target})
        elif play == "html":
            self._send(request, 200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"})
        elif play.isdecimal():
            self._send(request, int(play), b"no", {"Retry-After": "7"} if play == "429" else {})
        else:
            self._file(request, play)

    def _file(self, request: BaseHTTPRequestHandler, play: str) -> None:
        content = self.content
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        unchanged = request.headers.get("if-range", self.etag) == self.etag or play == "ignores_if_range"
        start = int(wanted[1]) if wanted and unchanged and play != "ignores_range" else 0
        headers = {"ETag": self.etag} if self.etag else {}
        if start and start >= len(content):
            self._head(request, 416, 0, {"Content-Range": f"bytes */{len(content)}"})
            return
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        self._head(request, 206 if start else 200, len(rest), headers)
        end = len(rest) if play in ("serve", "ignores_range", "ignores_if_range") else len(rest) // 2
        for at in range(0, end, PIECE_BYTES):
            request.wfile.write(rest[at : min(at + PIECE_BYTES, end)])
        request.wfile.flush()
        if play == "stall":
            self.stalled.set()
            self.go.wait(60)
        request.close_connection = True

    def _json(self, request: BaseHTTPRequestHandler) -> None:
        found = self.routes.get(request.path)
        lines = found if isinstance(found, list) else [found]
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self._send(request, 404 if found is None else 200, body, {"Content-Type": "application/json"})

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(request, status, len(body), headers)
        request.wfile.write(body)

    def _head(self, request: BaseHTTPRequestHandler, status: int, length: int, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(length), **self.stated, **headers}.items():
            request.send_header(name, value)
        request.end_headers()


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


@pytest.fixture
def other_hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()
