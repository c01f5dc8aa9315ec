"""A question is taken: checked, then stored with its run, its job and, in a session, its messages."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace

from ibidem.errors import Busy
from ibidem.index.analyze import tokenize
from ibidem.jobs.queue import Queue
from ibidem.models.base import ChatModel
from ibidem.settings import Settings
from ibidem.store.attachments import attachments_of
from ibidem.store.database import Database
from ibidem.store.messages import Message, new_message_id
from ibidem.store.runs import Run, get_run, insert_run, new_run_id, run_by_key
from ibidem.store.sessions import Session, get_session
from ibidem.store.workspaces import HOME, get_workspace
from ibidem.tasks.asking import Ask, check_attachments, check_mode, check_question, same
from ibidem.tasks.exchanges import add_exchange, question_of
from ibidem.tasks.images import as_attachment, check_sight
from ibidem.tasks.reading import upload_path
from ibidem.tasks.uploads import save
from ibidem.tasks.wishes import Wishes, wishes_of
from ibidem.types import as_json


class Questions:
    """Of all owners. `start` may be called from any thread."""

    def __init__(
        self,
        db: Database,
        queue: Queue,
        settings: Settings,
        *,
        open_model: Callable[[str], ChatModel],
        default_model: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._db = db
        self._queue = queue
        self._settings = settings
        self._files = settings.data_dir / "files"
        self._open_model = open_model
        self._default_model = default_model
        self._clock = clock

    def start(self, owner: int, ask: Ask) -> Run:
        """Store the question and queue its job in one transaction; the same key gives the same run.

        The model reads the turns before it, and a question that leans on them is searched with their words. In a session
        the question and its answer, still empty, are messages of it from the same transaction on.

        Raises BadInput, TooLarge, ModelUnknown, UnknownWorkspace, NotFound, Conflict, Busy; for templates and given texts
        as `wishes_of`.
        """
        session = get_session(self._db, owner, ask.session) if ask.session else None
        again = question_of(self._db, owner, session.id, ask.regenerate) if session and ask.regenerate else None
        wishes = wishes_of(self._db, owner, ask, session.settings if session else {}, again.details if again else None)
        run = self._checked(owner, ask, wishes, session, again)
        key = ask.idempotency_key
        if key and (known := run_by_key(self._db, owner, key)):
            return same(known, run)
        if self._queue.count_queued(owner, "answer") >= self._settings.jobs.max_queued:
            raise Busy("too many questions are waiting", retry_after_s=5, hint="wait for some of them, or stop them")
        try:
            self._put(run, ask, wishes, new=again is None)
        except sqlite3.IntegrityError:  # the same key, at the same moment
            if key and (known := run_by_key(self._db, owner, key)):
                return same(known, run)
            raise
        return get_run(self._db, owner, run.id)

    def _checked(self, owner: int, ask: Ask, wishes: Wishes, session: Session | None, again: Message | None) -> Run:
        """The run of a question that can be taken, not stored yet and without a job."""
        question = again.content if again else ask.question
        check_question(question, self._settings.serve.max_question_bytes)
        check_attachments(ask)
        mode, model = wishes.mode, wishes.model or self._default_model()
        check_mode(mode)
        self._open_model(model)  # raises for a name that no provider knows
        place = get_workspace(self._db, owner, ask.workspace or (session.workspace if session else HOME))
        run = Run(
            new_run_id(), owner, place.id, "", question, model, mode, "queued", 0, None, None, self._clock(), None
        )
        if session is None:
            return run
        return replace(run, session=session.id, parent=again.id if again else new_message_id())

    def _put(self, run: Run, ask: Ask, wishes: Wishes, *, new: bool) -> None:
        """Images first, durably, then all rows in one transaction."""
        payload = {"run": run.id, "turns": [as_json(turn) for turn in ask.turns], **wishes.packed()}
        words = " ".join(tokenize(run.question)) if run.session else ""
        images = [as_attachment(one, new_message_id(), run.owner, run.parent or "") for one in ask.attachments]

        def insert(tx: sqlite3.Connection, job_id: str) -> None:
            insert_run(tx, replace(run, job=job_id), idempotency_key=ask.idempotency_key)
            if run.session:
                add_exchange(tx, run, ask, words=words, new=new, attachments=images)

        for image, picture in zip(images, ask.attachments, strict=True):
            save(self._files, image.id, [picture.content])
        try:
            self._queue.put("answer", payload, owner=run.owner, priority=10, also=insert)
        except BaseException:
            for image in images:
                upload_path(self._files, image.id).unlink(missing_ok=True)
            raise

    async def ask(self, owner: int, ask: Ask) -> Run:
        """As `start`, once it is known that the model takes what is attached. Raises Refused and ModelError, too."""
        if await asyncio.to_thread(self._shows, owner, ask):
            await check_sight(self._open_model(await asyncio.to_thread(self._model_of, owner, ask)))
        return await asyncio.to_thread(self.start, owner, ask)

    def _shows(self, owner: int, ask: Ask) -> bool:
        """Whether there is an image to look at."""
        if ask.session and ask.regenerate:
            question = question_of(self._db, owner, ask.session, ask.regenerate)
            return bool(attachments_of(self._db, owner, [question.id]))
        return bool(ask.attachments)

    def _model_of(self, owner: int, ask: Ask) -> str:
        """The name of the model that a question goes to."""
        wished = get_session(self._db, owner, ask.session).settings if ask.session else {}
        wishes = wishes_of(self._db, owner, replace(ask, texts=()), wished, None)
        return wishes.model or self._default_model()
