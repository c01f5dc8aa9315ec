"""Sessions as their owner handles them: what is checked before it is stored, and what goes with them."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ibidem.errors import BadInput, IbidemError
from ibidem.index.analyze import query_tokens, tokenize
from ibidem.models.base import ChatModel
from ibidem.store.database import Database
from ibidem.store.feedback import Feedback, put_feedback
from ibidem.store.messages import get_message, list_messages, running_answers
from ibidem.store.session_removal import delete_session
from ibidem.store.sessions import (
    SETTINGS,
    Session,
    create_session,
    find_sessions,
    get_session,
    lock_session,
    set_head,
    set_place,
    set_title,
    touch,
)
from ibidem.store.workspaces import HOME, get_workspace
from ibidem.tasks.asking import MAX_TEMPERATURE, check_mode
from ibidem.tasks.imports import Taken, take_chats
from ibidem.tasks.reading import upload_path

MAX_TITLE_CHARS = 200
MAX_ANSWER_TOKENS = 1 << 20
MAX_NAME_CHARS = 300  # of a model or template
MAX_QUERY_CHARS = 200
MAX_NOTE_CHARS = 4000
EXCERPT_CHARS = 160

_WORD = re.compile(r"\S+")


class Chats:
    """Of all owners. Every method may be called from any thread."""

    def __init__(
        self, db: Database, files: Path, *, open_model: Callable[[str], ChatModel], clock: Callable[[], float]
    ) -> None:
        self._db = db
        self._files = files
        self._open_model = open_model
        self._clock = clock

    def create(
        self, owner: int, *, title: str = "", workspace: str = HOME, settings: Mapping[str, Any] | None = None
    ) -> Session:
        """Raises BadInput, ModelUnknown, UnknownWorkspace."""
        title = clean_title(title)
        get_workspace(self._db, owner, workspace)
        kept = self.checked({}, settings or {})
        words, now = " ".join(tokenize(title)), self._clock()
        return self._db.write(
            lambda tx: create_session(tx, owner, title=title, words=words, workspace=workspace, settings=kept, now=now)
        )

    def change(
        self,
        owner: int,
        session_id: str,
        *,
        title: str | None = None,
        workspace: str | None = None,
        settings: Mapping[str, Any] | None = None,
        head: str | None = None,
    ) -> Session:
        """What is None stays; a setting that is None is as the program's again. Raises as `create`, and NotFound."""
        get_session(self._db, owner, session_id)
        clean = None if title is None else clean_title(title)
        place = None if workspace is None else get_workspace(self._db, owner, workspace).slug
        self.checked({}, settings or {})
        if head is not None:
            get_message(self._db, owner, session_id, head)

        def write(tx: sqlite3.Connection) -> None:
            """On what is stored now: another tab may have changed something else meanwhile."""
            session = lock_session(tx, owner, session_id)
            if clean is not None:
                set_title(tx, session, clean, " ".join(tokenize(clean)))
            set_place(tx, session, place or session.workspace, merged(session.settings, settings or {}))
            if head is not None:
                set_head(tx, session, head)
            touch(tx, session, self._clock())

        self._db.write(write)
        return get_session(self._db, owner, session_id)

    def find(
        self, owner: int, query: str, *, before: int | None, limit: int
    ) -> list[tuple[Session, dict[str, Any] | None]]:
        """Sessions with all the words of the query, newest first; with each what the last message that has them says there.

        Raises BadInput for a query without a word.
        """
        tokens = query_tokens(query[:MAX_QUERY_CHARS])
        if not tokens:
            raise BadInput(f"{query[:80]!r} holds no word to search for", hint="give a word", field="q")
        found = find_sessions(self._db, owner, tokens, before=before, limit=limit)
        return [(session, self._match(session, ordinal, tokens)) for session, ordinal in found]

    def _match(self, session: Session, ordinal: int, tokens: Sequence[str]) -> dict[str, Any] | None:
        """The message and the words around the first of the tokens; None for the title."""
        found = list_messages(self._db, session.owner, session.id, after=ordinal - 1, limit=1) if ordinal else []
        if not found:
            return None
        return {"message": found[0].id, "role": found[0].role, "excerpt": excerpt(found[0].content, tokens)}

    def judge(self, owner: int, session_id: str, message_id: str, *, thumb: str | None, note: str) -> dict[str, Any]:
        """Keep what was thought of an answer. Raises NotFound, BadInput."""
        get_session(self._db, owner, session_id)
        if get_message(self._db, owner, session_id, message_id).role != "assistant":
            raise BadInput("only answers are judged", hint="name the answer's message", field="message")
        if thumb not in (None, "up", "down"):
            raise BadInput(f"a thumb is up, down or null, not {thumb!r}", hint="send one of them", field="thumb")
        if len(note) > MAX_NOTE_CHARS:
            raise BadInput(f"a note has at most {MAX_NOTE_CHARS:,} characters", hint="shorten it", field="note")
        thought = Feedback(message_id, thumb, note, self._clock())
        self._db.write(lambda tx: put_feedback(tx, owner, thought))
        return thought.shown()

    def take(self, owner: int, file: BinaryIO, *, workspace: str) -> Taken:
        """The chats of an exported file, as sessions of the workspace. Raises BadInput, TooLarge, UnknownWorkspace."""
        place = get_workspace(self._db, owner, workspace)
        return take_chats(self._db, owner, file, workspace=place.slug, checked=self._usable, now=self._clock())

    def _usable(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the settings that mean something here."""
        kept: dict[str, Any] = {}
        for name, value in settings.items():
            with suppress(IbidemError):
                kept = self.checked(kept, {name: value})
        return kept

    def answering(self, owner: int, session_id: str) -> list[str]:
        """Its answers under way. Raises NotFound."""
        return running_answers(self._db, owner, get_session(self._db, owner, session_id).id)

    def delete(self, owner: int, session_id: str) -> None:
        """With messages, feedback and images."""
        for attachment_id in delete_session(self._db, get_session(self._db, owner, session_id)):
            upload_path(self._files, attachment_id).unlink(missing_ok=True)

    def checked(self, before: Mapping[str, Any], wished: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the wished ones in their place. Raises BadInput, ModelUnknown."""
        for name, value in wished.items():
            if name not in SETTINGS:
                raise BadInput(
                    f"unknown setting {name!r}", hint=f"known: {', '.join(SETTINGS)}", field=f"settings.{name}"
                )
            if value is not None:
                self._check(name, value)
        return merged(before, wished)

    def _check(self, name: str, value: Any) -> None:
        field = f"settings.{name}"
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name == "temperature":
            if not number or not 0 <= value <= MAX_TEMPERATURE:
                raise BadInput(
                    f"a temperature is a number from 0 to {MAX_TEMPERATURE:g}, not {value!r}",
                    hint="0.2 keeps to what is written",
                    field=field,
                )
        elif name == "max_tokens":
            if not number or isinstance(value, float) or not 1 <= value <= MAX_ANSWER_TOKENS:
                raise BadInput(
                    f"max_tokens is a whole number from 1 to {MAX_ANSWER_TOKENS:,}, not {value!r}",
                    hint="leave it out for the default",
                    field=field,
                )
        elif not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_CHARS:
            raise BadInput(f"{name} is a name, not {value!r}", hint="leave it out for the default", field=field)
        elif name == "mode":
            check_mode(value)
        elif name == "model":
            self._open_model(value)


def merged(before: Mapping[str, Any], wished: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the wished ones in their place; those that are None are left out."""
    return {name: value for name, value in {**before, **wished}.items() if value is not None}


def excerpt(text: str, tokens: Sequence[str]) -> str:
    """Some words around the first that one of the tokens comes from, on one line."""
    wanted = set(tokens)
    place = next((word.start() for word in _WORD.finditer(text) if wanted & set(tokenize(word[0]))), 0)
    start = max(0, place - EXCERPT_CHARS // 3)
    shown = " ".join(text[start : start + EXCERPT_CHARS].split())
    return f"{'… ' if start else ''}{shown}{' …' if start + EXCERPT_CHARS < len(text) else ''}"


def clean_title(title: str) -> str:
    """NFC, one line. Raises BadInput when it is too long or holds half a character."""
    clean = " ".join(unicodedata.normalize("NFC", title).split())
    if len(clean) > MAX_TITLE_CHARS or any("\ud800" <= char <= "\udfff" for char in clean):
        raise BadInput(
            f"a title has at most {MAX_TITLE_CHARS} whole characters", hint="give a shorter one", field="title"
        )
    return "".join(char for char in clean if char.isprintable() or char == " ")
