"""The loops beside jobs go on, whatever happens in one round."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.tasks.room import Room


def test_indexing_outlives_a_folder_that_goes_meanwhile(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    upkeep, rounds = room.app.upkeep, []

    async def main() -> None:
        again = asyncio.Event()
        loop = asyncio.get_running_loop()

        def replay_all() -> None:
            rounds.append(1)
            if len(rounds) == 1:
                loop.call_soon_threadsafe(upkeep.index_changed)
                raise FileNotFoundError("index/7")
            loop.call_soon_threadsafe(again.set)

        monkeypatch.setattr(room.app.indexes, "replay_all", replay_all)
        running = asyncio.create_task(upkeep.index())
        async with asyncio.timeout(20):
            await again.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert len(rounds) > 1
