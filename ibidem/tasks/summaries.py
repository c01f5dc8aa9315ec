"""The job `summary`: a long answer of a session gets a few sentences for later turns, once, and after all answers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import aclosing

from ibidem.chat.memory import is_long, request, summary_of
from ibidem.jobs.queue import Queue
from ibidem.jobs.worker import Later, Ticket
from ibidem.models.base import ChatModel, TextDelta
from ibidem.store.database import Database
from ibidem.store.messages import set_summary, to_summarise
from ibidem.store.runs import Run, answers_need

PRIORITY = -10
LOOK_S = 0.25  # how often a summary that is being written looks for answers that need its model
LATER_S = 2.0  # it then waits for so long at least
WITHOUT_WORDS = "quotes"  # has none of its own: its answers are cut to their first sentences


def put_summary(queue: Queue, tx: sqlite3.Connection, run: Run, answer: str) -> None:
    """Queue the job for an answer, in the transaction that ends its run: that comes once, and so does the job."""
    if run.session and run.model != WITHOUT_WORDS and is_long(answer):
        queue.add(tx, "summary", {"message": run.id, "model": run.model}, owner=run.owner, priority=PRIORITY)


class Summaries:
    """`handle` is the worker's. A model that fails leaves the answer without a summary, and its job as failed."""

    def __init__(self, db: Database, *, open_model: Callable[[str], ChatModel]) -> None:
        self._db = db
        self._open_model = open_model

    async def handle(self, ticket: Ticket) -> None:
        """Raises Later while answers need the model, ModelError."""
        owner, message, name = ticket.job.owner, ticket.job.payload["message"], ticket.job.payload["model"]
        answer = await asyncio.to_thread(to_summarise, self._db, owner, message)
        if answer is None:
            return
        writing = asyncio.ensure_future(_written(self._open_model(name), answer))
        try:
            while not (await asyncio.wait([writing], timeout=LOOK_S))[0]:
                if await asyncio.to_thread(answers_need, self._db, name):
                    raise Later(LATER_S)
            summary = summary_of(writing.result(), answer)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        await asyncio.to_thread(ticket.finish, "done", also=lambda tx: set_summary(tx, owner, message, summary))


async def _written(model: ChatModel, answer: str) -> str:
    async with aclosing(model.stream(request(answer))) as stream:
        return "".join([part.text async for part in stream if isinstance(part, TextDelta)])
