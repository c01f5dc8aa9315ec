"""The minute of a one-time link, with a server in this process whose clock the test holds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from ibidem.api import access
from ibidem.api.access import Access
from ibidem.api.server import bind, create
from ibidem.app import build
from ibidem.settings import load
from tests.api.serving import is_error, wait_for


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[tuple[httpx.Client, Access]]:
    """A client without credentials, and the server's own list of links."""
    engine = build(replace(load(tmp_path / "data", environ={})))
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app, links = create(engine, port=port)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    wait_for(lambda: server.started, "the server listens")
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", trust_env=False, headers={"Origin": f"http://127.0.0.1:{port}"}
    ) as client:
        yield client, links
    server.should_exit = True
    thread.join(10)
    engine.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


def test_a_link_older_than_a_minute_is_refused(
    inside: tuple[httpx.Client, Access], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, links = inside
    clock = Clock()
    monkeypatch.setattr(access, "time", clock)
    late, in_time = links.new_link_token(), links.new_link_token()
    clock.now += 59
    assert client.post("/api/auth/exchange/", json={"token": in_time}).status_code == 200
    clock.now += 2
    is_error(client.post("/api/auth/exchange/", json={"token": late}), 401, "no_credentials")


def test_two_exchanges_of_one_link_at_once_give_one_cookie(inside: tuple[httpx.Client, Access]) -> None:
    client, links = inside
    for _ in range(5):
        token = links.new_link_token()
        answers: list[int] = []
        threads = [
            threading.Thread(
                target=lambda token=token, answers=answers: answers.append(  # type: ignore[misc]
                    client.post("/api/auth/exchange/", json={"token": token}).status_code
                )
            )
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 401, 401, 401, 401, 401]
