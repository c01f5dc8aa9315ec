"""A running server, asked over HTTP with the data directory's secret. Standard library only: it starts at once."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from ibidem.errors import IbidemError, StoreError
from ibidem.store.datadir import DataDir

START_WAIT_S = 3.0  # a server that has just announced itself may need a moment


class Answered(IbidemError):
    """The server's own error, as it came."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(
            error.get("message", "the server failed"), hint=error.get("hint", ""), field=error.get("field")
        )
        self.code = error.get("code", "internal")


class Client:
    """Talks to the server at `address`."""

    def __init__(self, address: str, secret: str) -> None:
        self.address = address
        self._netloc = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON answer. Raises Answered, StoreError when the server does not answer or goes away."""
        if query:
            path = f"{path}?{urlencode({key: value for key, value in query.items() if value is not None})}"
        with self._broken_off(), closing(self._send(method, path, body)) as connection:
            return _answer(connection.getresponse())

    def events(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Server-sent events until the stream ends. Raises Answered, StoreError when the server goes away."""
        with self._broken_off(), closing(self._send("GET", path, None)) as connection:
            response = connection.getresponse()
            if response.status >= 400:
                _answer(response)
            name = ""
            for raw in response:
                line = raw.decode("utf-8").rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:])

    @contextmanager
    def _broken_off(self) -> Iterator[None]:
        """The server was killed, or stopped in the middle of its answer."""
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise StoreError(
                f"the server at {self._netloc} broke off: {error or type(error).__name__}",
                hint="what it had taken goes on when `ibidem serve` runs again",
            ) from error

    def _send(self, method: str, path: str, body: Any) -> http.client.HTTPConnection:
        until = time.monotonic() + START_WAIT_S
        while True:
            connection = http.client.HTTPConnection(self._netloc, timeout=600)
            try:
                connection.request(method, path, None if body is None else json.dumps(body).encode(), self._headers)
            except ConnectionRefusedError:
                connection.close()
                if time.monotonic() > until:
                    raise StoreError(
                        f"the server at {self._netloc} does not answer", hint="start it again with `ibidem serve`"
                    ) from None
                time.sleep(0.1)
            else:
                return connection


def find(data_dir: Path) -> Client | None:
    """The server that runs on this data directory, or None."""
    data = DataDir(data_dir)
    server = data.server()
    return Client(server.address, data.secret()) if server else None


def _answer(response: http.client.HTTPResponse) -> Any:
    raw = response.read()
    try:
        answer = json.loads(raw) if raw else None
    except ValueError:
        answer = None
    if response.status >= 400:
        raise Answered((answer or {}).get("error") or {"message": f"the server answered {response.status}"})
    return answer
