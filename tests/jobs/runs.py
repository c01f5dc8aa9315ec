"""Runs to write about, and readers of their events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from ibidem.jobs.queue import Queue
from ibidem.jobs.streams import Streams
from ibidem.store.database import Database
from ibidem.store.runs import EventNumber, Run, get_run, insert_run, new_run_id
from ibidem.types import Event

TIMEOUT_S = 10.0
Seen = list[tuple[EventNumber | None, Event]]


def new_run(db: Database, queue: Queue, workspace: int, question: str = "why?") -> Run:
    """A run with its job, both waiting."""
    run_id = new_run_id()

    def insert(tx: object, job_id: str) -> None:
        run = Run(run_id, 1, workspace, job_id, question, "scripted:x", "chat", "queued", 0, None, None, 0.0, None)
        insert_run(tx, run, idempotency_key=None)  # type: ignore[arg-type]

    queue.put("answer", {"run": run_id}, owner=1, also=insert)
    return get_run(db, 1, run_id)


async def read(streams: Streams, run: Run, *, after: EventNumber = (0, 0), until: int | None = None) -> Seen:
    """What a reader sees up to the end, or its first `until` events."""
    seen: Seen = []
    events = streams.follow(run.owner, run.id, after=after)
    async with asyncio.timeout(TIMEOUT_S):
        try:
            async for number, event in events:
                seen.append((number, event))
                if until is not None and len(seen) >= until:
                    break
        finally:
            await events.aclose()
    return seen


async def next_of(events: AsyncGenerator[tuple[EventNumber | None, Event], None]) -> tuple[EventNumber | None, Event]:
    async with asyncio.timeout(TIMEOUT_S):
        return await anext(events)


def names(seen: Seen) -> list[str]:
    return [event.name for _, event in seen]


def text(seen: Seen) -> str:
    """What stands on the reader's screen: a restart clears it."""
    shown = ""
    for _, event in seen:
        if event.name == "restarted":
            shown = ""
        elif event.name == "delta":
            shown += event.data["text"]
    return shown
