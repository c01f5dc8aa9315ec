"""What server-sent events and the WebSocket share: where to go on from, and what to tell while a run waits."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from ibidem.app import App
from ibidem.errors import BadInput
from ibidem.store.runs import EventNumber, Run
from ibidem.types import Event


def follow(
    app: App, owner: int, run_id: str, after: EventNumber
) -> AsyncGenerator[tuple[EventNumber | None, Event], None]:
    """The run's events behind `after`, as they come; see `Streams.follow`."""

    def position(run: Run) -> int:
        return app.queue.waiting_before(run.job)

    return app.streams.follow(owner, run_id, after=after, position=position)


def event_number(text: str | None) -> EventNumber:
    """`A.S` as a reader sends it. Raises BadInput."""
    if not text:
        return 0, 0
    attempt, _, seq = text.partition(".")
    if not (text.isascii() and attempt.isdigit() and seq.isdigit() and len(text) < 20):
        raise BadInput(f"{text!r} is no event number", hint="send the `id` of the last event you have", field="after")
    return int(attempt), int(seq)
