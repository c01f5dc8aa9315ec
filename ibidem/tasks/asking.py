"""What a question asks for, and what is refused before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, get_args

from ibidem.errors import BadInput, Conflict, TooLarge
from ibidem.jobs.queue import Job
from ibidem.retrieve.followup import Turn
from ibidem.store.runs import Run
from ibidem.tasks.images import Picture, check_pictures
from ibidem.types import Mode

MODES = get_args(Mode)
HEAD: Final = "head"  # the parent of a question that goes on where the session stands
MAX_TEMPERATURE = 2.0
TITLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Ask:
    """A question with its wishes; what is None is as its session says, else as the settings do.

    Without a `session` the `turns` came before it, oldest first. In a session those are the branch that ends in `parent`,
    an id, None for a new beginning; with `regenerate`, the id of an answer or of its question, the question is asked again
    and gets one more answer. Only a session's question may have `attachments`.
    """

    question: str = ""
    workspace: str | None = None
    model: str | None = None
    mode: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    template: str | None = None  # an id; "" for none, whatever the session says
    variables: Mapping[str, str] = field(default_factory=dict)
    texts: Sequence[Mapping[str, str]] = ()  # to be read with it: {"title", "content"} or {"document": id}
    session: str | None = None
    parent: str | None = HEAD
    regenerate: str | None = None
    attachments: Sequence[Picture] = ()
    idempotency_key: str | None = None
    turns: Sequence[Turn] = ()


def check_question(question: str, max_bytes: int) -> None:
    """Raises BadInput for an empty question or one that is no text, TooLarge for one that is a document."""
    if not question.strip():
        raise BadInput("the question is empty", hint="write what you want to know", field="question")
    try:
        size = len(question.encode())
    except UnicodeEncodeError as error:  # JSON's escapes and a command's arguments may hold half a character
        at = error.start
        raise BadInput(
            f"the question holds half a character ({question[at]!a}, character {at + 1})",
            hint="send it as UTF-8",
            field="question",
        ) from error
    if size > max_bytes:
        raise TooLarge(
            f"the question has {size:,} bytes, at most {max_bytes:,} are taken",
            hint="add the text as a document, and ask about it",
            field="question",
        )


def check_attachments(ask: Ask) -> None:
    """Raises BadInput, TooLarge, Refused."""
    if ask.attachments and (not ask.session or ask.regenerate):
        raise BadInput(
            "images belong to a new question of a session", hint="make a session, and ask in it", field="attachments"
        )
    check_pictures(ask.attachments)


def check_mode(mode: str) -> None:
    if mode not in MODES:
        raise BadInput(f"unknown mode {mode!r}", hint=f"one of {', '.join(MODES)}", field="mode")


def title_of(question: str) -> str:
    """A session's title from its first question: the first line, cut between words."""
    line = " ".join(question.strip().partition("\n")[0].split())
    if len(line) <= TITLE_CHARS:
        return line
    return (line[:TITLE_CHARS].rpartition(" ")[0] or line[:TITLE_CHARS]) + " …"


def turns_of(job: Job) -> list[Turn]:
    """The turns that came before the question, as its job carries them."""
    return [Turn(one["question"], one["answer"]) for one in job.payload.get("turns", ())]


def same(known: Run, run: Run) -> Run:
    """The run that the idempotency key stands for. Raises Conflict when that was another question."""
    places = (run.workspace, 0)  # of an old run in a session the place is not kept
    asked = (run.question, run.model, run.mode, run.session)
    if (known.question, known.model, known.mode, known.session) != asked or known.workspace not in places:
        raise Conflict(
            "the idempotency key was used for another question, workspace, model, mode or session",
            hint="use a new key",
            field="idempotency_key",
        )
    return known
