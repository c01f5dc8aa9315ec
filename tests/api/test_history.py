"""A request may bring the turns before its question, within bounds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from ibidem.api.server import create
from ibidem.app import build
from ibidem.cli.throwaway import add_folders
from ibidem.settings import Settings

TURNS = [{"question": "How long is the warranty of the HP-200?", "answer": "24 months. [1]"}]


@pytest.fixture
def engine(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    Path(folder, "warranty.md").write_text("# Warranty\n\nThe HP-200 has a warranty of 24 months, the HP-450 of 36.\n")
    Path(folder, "weight.md").write_text(
        "# Weight\n\nThe HP-450 weighs 142 kg and hangs from a chain. HP-450, HP-450.\n"
    )
    app = build(Settings(tmp_path / "data"))
    add_folders(app, "Notes", [folder])
    yield app
    app.close()


def requests(engine, work):
    async def main():
        asgi, _ = create(engine, port=80)
        key = {"Authorization": f"Bearer {engine.data.secret()}"}
        transport = httpx.ASGITransport(asgi)
        async with (
            engine.running(watch=False),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=key) as client,
        ):
            return await work(client)

    return asyncio.run(main())


def test_a_search_says_what_it_was_made_with(engine):
    async def work(client):
        body = {"query": "And the HP-450?", "workspace": "notes", "trace": True}
        alone = (await client.post("/api/search/", json=body)).json()
        after = (await client.post("/api/search/", json={**body, "history": TURNS})).json()
        return alone, after

    alone, after = requests(engine, work)
    assert "searched" not in alone
    assert alone["hits"][0]["path"] == "notes/weight.md"
    assert after["hits"][0]["path"] == "notes/warranty.md"
    assert after["searched"] == "HP-450 warranty"
    because = {"carried": {"warranty": 0.6}, "because": "opener: And"}
    assert after["trace"]["searched"] == {"text": "HP-450", **because, "wants_code": False}


def test_a_run_is_searched_with_its_history(engine):
    async def work(client):
        body = {"question": "And the HP-450?", "workspace": "notes", "history": TURNS}
        run = (await client.post("/api/runs/", json=body)).json()["run_id"]
        return (await client.get(f"/api/runs/{run}/events/")).text

    events = requests(engine, work)
    assert '"searched":"HP-450 warranty"' in events
    assert "of 36. [1]" in events


def test_a_history_out_of_bounds_is_refused(engine):
    bad = [
        TURNS * 11,
        [{"answer": "no question"}],
        [{"question": "x" * 8_001}],
        [{"question": "q", "answer": "x" * 64_001}],
        "text",
    ]

    async def work(client):
        return [
            (await client.post(path, json={field: "why?", "history": history})).status_code
            for path, field in (("/api/search/", "query"), ("/api/runs/", "question"))
            for history in bad
        ]

    assert requests(engine, work) == [400] * 10
