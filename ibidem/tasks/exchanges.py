"""A run in a session: its question and its answer as messages, and the exchanges before it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ibidem.chat.answer import Draft
from ibidem.chat.history import Exchange, pack, rebuild
from ibidem.chat.memory import remembered
from ibidem.chat.transcript import Transcript
from ibidem.errors import BadInput
from ibidem.index.analyze import tokenize
from ibidem.store.attachments import Attachment, add_attachment
from ibidem.store.database import Database
from ibidem.store.messages import (
    Message,
    add_message,
    branch_texts,
    end_answer,
    get_message,
    parent_for,
    sent_with,
    summaries_of,
)
from ibidem.store.runs import Run
from ibidem.store.sessions import lock_session, set_title
from ibidem.tasks.asking import HEAD, Ask, title_of


def add_exchange(
    tx: sqlite3.Connection, run: Run, ask: Ask, *, words: str, new: bool, attachments: Sequence[Attachment]
) -> None:
    """The question of a run, if it is `new`, and its answer that is to come. `words` are the question's tokens.

    The texts `given` with the question are kept with it.

    Raises NotFound for a session or parent that is not there, Conflict behind an answer that is still being written.
    """
    session = lock_session(tx, run.owner, run.session or "")
    now = run.created_at
    if new:
        above = parent_for(tx, session, session.head if ask.parent == HEAD else ask.parent)
        add_message(
            tx,
            session,
            run.parent or "",
            parent=above,
            role="user",
            content=run.question,
            words=words,
            status="finished",
            now=now,
            details={"given": [dict(one) for one in ask.texts]} if ask.texts else {},
        )
        for attachment in attachments:
            add_attachment(tx, attachment)
        if not session.title:
            title = title_of(run.question)
            set_title(tx, session, title, " ".join(tokenize(title)))
    add_message(
        tx,
        session,
        run.id,
        parent=run.parent,
        role="assistant",
        content="",
        words="",
        status="running",
        now=now,
        details={"model": run.model, "mode": run.mode},
        idempotency_key=ask.idempotency_key,
    )


def question_of(db: Database, owner: int, session_id: str, message_id: str) -> Message:
    """The question that a message is, or answers. Raises NotFound, BadInput."""
    message = get_message(db, owner, session_id, message_id)
    if message.role == "assistant" and message.parent:
        message = get_message(db, owner, session_id, message.parent)
    if message.role != "user":
        raise BadInput(
            f"message {message_id!r} is no answer to a question",
            hint="name an answer, or its question",
            field="regenerate",
        )
    return message


def exchanges_before(db: Database, run: Run) -> list[Exchange]:
    """The answered questions above the run's own, oldest first. One without a word of an answer is left out."""
    above = branch_texts(db, run.owner, run.session or "", run.parent or "")[:-1]
    found: list[Exchange] = []
    question = None
    for message_id, role, content in above:
        if role == "user":
            question = content
        elif role == "assistant" and content and question is not None:
            found.append(Exchange(message_id, question, content))
            question = None
        elif role == "assistant" and content and found:  # imported chats have answers in several messages
            found[-1] = replace(found[-1], answer=f"{found[-1].answer}\n\n{content}")
    return found


def as_sent(db: Database, run: Run, exchanges: Sequence[Exchange]) -> Transcript:
    """What the model read of these exchanges."""
    if not exchanges:
        return Transcript()
    return rebuild(exchanges, sent_with(db, run.owner, run.session or "", exchanges[-1].id))


def with_summaries(db: Database, run: Run, exchanges: Sequence[Exchange], before: Transcript) -> Transcript:
    """The transcript with the summaries that its answers have by now."""
    if not exchanges:
        return before
    return remembered(before, exchanges, summaries_of(db, run.owner, run.session or "", exchanges[-1].id))


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """What the message of an ended run holds, made ready before the transaction that stores it."""

    run: Run
    message: Mapping[str, Any]
    words: str
    sent: Mapping[str, Any] | None

    @classmethod
    def of(cls, run: Run, message: Mapping[str, Any], error: Mapping[str, str] | None, draft: Draft) -> AnswerEnd:
        if not run.session:
            return cls(run, {}, "", None)
        whole = {**message, "error": error} if error else message
        return cls(run, whole, " ".join(tokenize(draft.text)), pack(draft.before, draft.transcript))

    def store(self, tx: sqlite3.Connection) -> None:
        """Beside the run's end, in its transaction."""
        if self.run.session:
            end_answer(tx, self.run.owner, self.message, words=self.words, sent=self.sent)
