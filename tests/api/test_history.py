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
    assert "of 36. [2]" in events  # the [1] of the history is another passage, of which only the number is known


def test_a_conversation_keeps_the_numbers_of_its_passages(engine):
    """Quotes cites across turns as any model would: what was found before under its number, the new behind it."""

    async def work(client):
        async def ask(question, history):
            body = {"question": question, "workspace": "notes", "history": history}
            run = (await client.post("/api/runs/", json=body)).json()["run_id"]
            await client.get(f"/api/runs/{run}/events/")
            message = (await client.get(f"/api/runs/{run}/")).json()["message"]
            return message, [*history, {"question": question, "answer": message["content"]}]

        one, history = await ask("How long is the warranty of the HP-200?", [])
        two, history = await ask("What does the HP-450 weigh?", history)
        three, _ = await ask("How long is the warranty of the HP-450?", history)
        return one, two, three

    messages = requests(engine, work)
    number_of = {}
    for message in messages:
        for one in message["rag_context"]:
            assert number_of.setdefault(one["path"], one["number"]) == one["number"]
        assert message["citations"] and {one["number"] for one in message["citations"]} <= set(number_of.values())
    assert sorted(number_of.values()) == [1, 2]
    assert messages[1]["citations"][0]["path"] == "notes/weight.md"
    assert messages[2]["citations"][0]["path"] == "notes/warranty.md"


def test_a_history_longer_than_any_window_is_refused(engine):
    async def work(client):
        long = [{"question": "q", "answer": "x" * 60_000}] * 7
        return await client.post("/api/runs/", json={"question": "why?", "history": long})

    response = requests(engine, work)
    assert (response.status_code, response.json()["error"]["field"]) == (413, "history")


def test_a_history_out_of_bounds_is_refused(engine):
    bad = [
        TURNS * 101,
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
