"""An answer whose model is silent for long, and one that fails where nobody foresaw it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from ibidem.api.dialects import reply
from ibidem.api.dialects.reply import NDJSON, Reply, packed
from ibidem.errors import ModelCutOff

BEAT = b'{"response":""}\n'


async def played(frames: AsyncGenerator[bytes, None], sent: list[dict[str, Any]], told: asyncio.Event) -> None:
    """The reply to a client that stays."""

    async def send(message: Any) -> None:
        sent.append(message)
        told.set()

    await Reply(frames, "ollama", NDJSON, heartbeat=lambda: BEAT)({"type": "http"}, asyncio.Event().wait, send)  # type: ignore[arg-type]


def test_a_long_silence_is_filled_with_lines_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "HEARTBEAT_S", 0.001)

    async def play() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        told = asyncio.Event()

        async def frames() -> AsyncGenerator[bytes, None]:
            await told.wait()  # the model speaks once the client has heard something
            yield b"text\n"

        await played(frames(), sent, told)
        return sent

    start, *bodies = asyncio.run(play())
    assert start["type"] == "http.response.start" and start["status"] == 200
    said = b"".join(one["body"] for one in bodies)
    assert said.startswith(BEAT) and said.replace(BEAT, b"") == b"text\n"
    assert bodies[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_a_failure_behind_a_heartbeat_is_told_in_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply, "HEARTBEAT_S", 0.001)

    async def play() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        told = asyncio.Event()

        async def frames() -> AsyncGenerator[bytes, None]:
            await told.wait()
            raise ModelCutOff("it broke off", hint="ask again")
            yield b""

        await played(frames(), sent, told)
        return sent

    sent = asyncio.run(play())
    assert sent[-2]["body"] == b'{"error":"it broke off; ask again"}\n'


def test_half_a_character_of_a_model_is_sent_as_an_escape() -> None:
    assert packed({"text": "pump \ud83d, 펌프"}).isascii()
    assert packed({"text": "펌프"}) == '{"text":"펌프"}'.encode()
