"""Between a client and the server: passes on what both say, and keeps each request as the client sent it."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httptools

from tests.fakes.model_server import Seen

WAIT_S = 120.0  # for a program to start, on two shared cores


class Relay:
    """Passes on to `to_port` of this machine, `piece_bytes` at once back to the client: few split characters and frames."""

    def __init__(self) -> None:
        self.to_port = 0
        self._news = threading.Condition()
        self.start_anew()

        class Connection(socketserver.BaseRequestHandler):
            def handle(connection) -> None:
                self._pass_on(connection.request)

        self._listener = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._listener.daemon_threads = True
        self.port: int = self._listener.server_address[1]

    def start_anew(self) -> None:
        self.heard: list[Seen] = []
        self.piece_bytes = 1 << 16
        self._said = bytearray()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, *paths: str) -> list[Seen]:
        """The requests for these paths, or all of them."""
        return [seen for seen in self.heard if not paths or seen.path in paths]

    def wait_said(self, text: str, times: int) -> None:
        """Returns once the server has said it so often."""
        with self._news:
            came = self._news.wait_for(lambda: self._said.count(text.encode()) >= times, WAIT_S)
        assert came, f"{text!r} was not said {times} times: {bytes(self._said[-500:])!r}"

    def _pass_on(self, client: socket.socket) -> None:
        requests = _Requests(lambda seen: self.heard.append(seen))
        with socket.create_connection(("127.0.0.1", self.to_port)) as server:
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._pass_back, args=(server, client), daemon=True)
            back.start()
            with suppress(OSError):  # who leaves may do so rudely
                while piece := client.recv(1 << 16):
                    requests.parser.feed_data(piece)
                    server.sendall(piece)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join()

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(1 << 16):
                with self._news:
                    self._said += said
                    self._news.notify_all()
                for start in range(0, len(said), self.piece_bytes):
                    client.sendall(said[start : start + self.piece_bytes])
            client.shutdown(socket.SHUT_WR)


class _Requests:
    """Reads one request after another off a connection."""

    def __init__(self, keep: Callable[[Seen], None]) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self._keep = keep
        self._start()

    def _start(self) -> None:
        self._url, self._body, self._headers = b"", b"", dict[str, str]()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode()
        self._keep(Seen(method, self._url.decode(), self._headers, json.loads(self._body or b"{}")))
        self._start()


@contextmanager
def relaying() -> Iterator[Relay]:
    relay = Relay()
    thread = threading.Thread(target=relay._listener.serve_forever, name="relay", daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay._listener.shutdown()
        relay._listener.server_close()
        thread.join()
