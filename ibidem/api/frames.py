"""Frames of the WebSocket: text -> what a client asks for; events of a run -> what it is told. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ibidem.api.attached import Variables, WithImages
from ibidem.api.errors import bad_shape
from ibidem.errors import BadInput, TooLarge
from ibidem.store.runs import EventNumber
from ibidem.types import Event

MAX_FRAME_BYTES = 8 << 20  # a question with the texts and images that come with it

Frame = dict[str, Any]

# Events whose data is passed on under a name of the socket. Those that the contract does not name are passed on too, so
# that the numbers a client sees have no gap.
_NAMES = {"status": "stream_status", "retrieved": "stream_context", "restarted": "stream_reset"}
_TOKENS = {"delta": "stream_token", "reasoning": "stream_reasoning"}


class _Asked(BaseModel):
    model_config = ConfigDict(strict=True)


class Send(_Asked):
    """A question, or with `regenerate` one asked again. The same `id` never starts twice; `use_rag` false means `plain`."""

    type: Literal["message"]
    id: str | None = Field(None, min_length=1, max_length=100)
    content: str = ""
    use_rag: bool | None = None
    mode: str | None = None
    model: str | None = None
    parent: str | None = None
    regenerate: str | None = None
    template: str | None = None
    variables: Variables = {}
    attachments: WithImages = []

    def wished_mode(self) -> str | None:
        """None: as the session says."""
        return "plain" if self.use_rag is False else self.mode


class Stop(_Asked):
    """End one run, or all of the session."""

    type: Literal["stop"]
    run_id: str | None = None


class Resume(_Asked):
    """Go on with a run's events behind `after`."""

    type: Literal["resume"]
    run_id: str
    after: str = ""


_CLIENT = TypeAdapter[Send | Stop | Resume](Annotated[Send | Stop | Resume, Field(discriminator="type")])


def read(text: str | None) -> Send | Stop | Resume:
    """Raises BadInput for what is no frame of ours, TooLarge."""
    hint = "see docs/websocket.md for the frames"
    if text is None:
        raise BadInput("a binary frame", hint="send JSON in text frames")
    if len(text) > MAX_FRAME_BYTES:
        raise TooLarge(
            f"the frame has more than {MAX_FRAME_BYTES:,} characters",
            hint="add long texts as documents, and ask about them",
        )
    try:
        return _CLIENT.validate_json(text)
    except ValidationError as error:
        shape = bad_shape(error.errors(include_url=False, include_context=False, include_input=False))
        raise BadInput(shape.message, hint=hint, field=shape.field) from None


def number_text(number: EventNumber) -> str:
    """`A.S`"""
    return f"{number[0]}.{number[1]}"


def frame(run_id: str, number: EventNumber, event: Event) -> Frame:
    """What a client is told of an event."""
    head: Frame = {"type": f"stream_{event.name}", "run_id": run_id, "seq": number_text(number)}
    if event.name in _TOKENS:
        return {**head, "type": _TOKENS[event.name], "token": event.data["text"]}
    if event.terminal or event.name == "snapshot":
        return {**head, "type": "stream_end", **event.data}
    if event.name == "started":
        return {
            **head,
            "type": "stream_start",
            "message": {"id": run_id, "role": "assistant", "model": event.data["model"]},
        }
    return {**head, "type": _NAMES.get(event.name, head["type"]), **event.data}
