"""A session's WebSocket as a client uses it: frames out, frames in, what stands on the screen."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.api.serving import Server

TIMEOUT_S = 15.0
Frame = dict[str, Any]


@dataclass
class Screen:
    """What a client shows of one run: it drops what it has seen, and clears the text at a reset."""

    text: str = ""
    last: tuple[int, int] = (0, 0)
    names: list[str] = field(default_factory=list)
    message: Frame | None = None

    @property
    def after(self) -> str:
        return f"{self.last[0]}.{self.last[1]}"

    def show(self, frame: Frame) -> None:
        attempt, _, seq = frame["seq"].partition(".")
        number = int(attempt), int(seq)
        if number <= self.last:
            return
        self.last = number
        self.names.append(frame["type"])
        match frame["type"]:
            case "stream_token":
                self.text += frame["token"]
            case "stream_reset":
                self.text = ""
            case "stream_end":
                self.message, self.text = frame["message"], frame["message"]["content"]


class Chat:
    """An open socket. `greeting` is its first frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.greeting = self.next()

    def send(self, **frame: Any) -> None:
        self.connection.send(json.dumps(frame))

    def ask(self, content: str, **more: Any) -> None:
        self.send(type="message", content=content, **{"id": secrets.token_hex(4), **more})

    def next(self) -> Frame:
        frame: Frame = json.loads(self.connection.recv(timeout=TIMEOUT_S))
        return frame

    def until(self, kind: str, run: str | None = None) -> Iterator[Frame]:
        """The frames up to the first of that kind (of that run), which is the last."""
        while True:
            frame = self.next()
            yield frame
            if frame["type"] == kind and run in (None, frame["run_id"]):
                return

    def show_all(self, screen: Screen) -> None:
        """Everything that comes, until the connection ends with an error."""
        while True:
            screen.show(self.next())

    def the(self, kind: str, run: str | None = None) -> Frame:
        """The next frame of that kind."""
        return list(self.until(kind, run))[-1]


def session(server: Server, **body: Any) -> str:
    """The id of a new session, whose questions go to the fake model unless the settings say otherwise."""
    made = server.http.post("/api/sessions/", json={"settings": {"model": "openai:tiny", "mode": "plain"}, **body})
    assert made.status_code == 201, made.text
    session_id: str = made.json()["id"]
    return session_id


def messages(server: Server, session_id: str) -> list[Frame]:
    items: list[Frame] = server.http.get(f"/api/sessions/{session_id}/messages/", params={"limit": 500}).json()["items"]
    return items


def address(server: Server, session_id: str) -> str:
    return f"ws://127.0.0.1:{server.port}/ws/chat/{session_id}/"


@contextmanager
def chatting(server: Server, session_id: str) -> Iterator[Chat]:
    headers = {"Authorization": f"Bearer {server.secret}"}
    with connect(
        address(server, session_id), additional_headers=headers, open_timeout=TIMEOUT_S, max_size=None, proxy=None
    ) as connection:
        yield Chat(connection)
