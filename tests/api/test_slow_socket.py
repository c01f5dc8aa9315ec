"""A client that takes nothing is let go, with a word that it may come back; a run never waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocket

from ibidem.api import websocket
from ibidem.api.websocket import SLOW, ChatSocket
from ibidem.app import App, build
from ibidem.settings import Settings
from ibidem.store.runs import get_run
from ibidem.store.sessions import Session
from ibidem.tasks.asking import Ask
from ibidem.types import Event


class Peer:
    """The server's side of a connection whose client stops reading: what is sent from then on waits, as under uvicorn."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._connected = False

    async def receive(self) -> dict[str, Any]:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        return await asyncio.get_running_loop().create_future()  # it says nothing

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":  # until then it slept
            self.reads.set()
        await self.reads.wait()
        self.sent.append(message)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    built = build(Settings(tmp_path / "data"))
    yield built
    built.close()


def test_a_client_that_takes_nothing_is_let_go_and_the_run_goes_on(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        session: Session = app.chats.create(1)
        run = app.answers.start(1, Ask("why?", session=session.id))
        peer = Peer()
        socket = WebSocket({"type": "websocket", "headers": []}, peer.receive, peer.send)
        await socket.accept()
        connection = ChatSocket(socket, app, session, ended=asyncio.Event(), holds=lambda: True)
        open_ = asyncio.create_task(connection.run())
        while len(peer.sent) < 2:  # accepted, greeted
            await asyncio.sleep(0.001)
        monkeypatch.setattr(websocket, "TAKEN_S", 0.05)
        peer.reads.clear()
        stream = app.streams.open(run, 1)
        for number in range(1000):
            stream.emit(Event("delta", {"text": f"word{number} "}))
        assert len(stream.events) == 1000  # nobody has waited
        async with asyncio.timeout(10):
            await open_
        assert peer.sent[-1]["type"] == "websocket.close"
        assert peer.sent[-1]["code"] == SLOW and "resume" in peer.sent[-1]["reason"]
        assert len(peer.sent) < 10
        assert not get_run(app.db, 1, run.id).ended

    asyncio.run(test())
