"""Sessions as their owner handles them: what is checked before it is stored, and what goes with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ibidem.errors import BadInput
from ibidem.index.analyze import tokenize
from ibidem.models.base import ChatModel
from ibidem.store.database import Database
from ibidem.store.messages import get_message
from ibidem.store.sessions import (
    SETTINGS,
    Session,
    change_session,
    create_session,
    get_session,
    set_head,
)
from ibidem.store.workspaces import HOME, get_workspace
from ibidem.tasks.asking import MAX_TEMPERATURE, check_mode

MAX_TITLE_CHARS = 200
MAX_ANSWER_TOKENS = 1 << 20
MAX_NAME_CHARS = 300  # of a model or template


class Chats:
    """Of all owners. Every method may be called from any thread."""

    def __init__(self, db: Database, *, open_model: Callable[[str], ChatModel], clock: Callable[[], float]) -> None:
        self._db = db
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
        session = get_session(self._db, owner, session_id)
        if title is not None:
            session = replace(session, title=clean_title(title))
        if workspace is not None:
            session = replace(session, workspace=get_workspace(self._db, owner, workspace).slug)
        if settings is not None:
            session = replace(session, settings=self.checked(session.settings, settings))
        if head is not None:
            get_message(self._db, owner, session_id, head)
        words, now = " ".join(tokenize(session.title)), self._clock()

        def write(tx: Any) -> None:
            change_session(tx, session, words=words, now=now)
            if head is not None:
                set_head(tx, session, head)

        self._db.write(write)
        return get_session(self._db, owner, session_id)

    def checked(self, before: Mapping[str, Any], wished: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with the wished ones in their place. Raises BadInput, ModelUnknown."""
        for name, value in wished.items():
            if name not in SETTINGS:
                raise BadInput(
                    f"unknown setting {name!r}", hint=f"known: {', '.join(SETTINGS)}", field=f"settings.{name}"
                )
            if value is not None:
                self._check(name, value)
        merged = {**before, **wished}
        return {name: value for name, value in merged.items() if value is not None}

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
            if not number or value != int(value) or not 1 <= value <= MAX_ANSWER_TOKENS:
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


def clean_title(title: str) -> str:
    """NFC, one line. Raises BadInput when it is too long or holds half a character."""
    clean = " ".join(unicodedata.normalize("NFC", title).split())
    if len(clean) > MAX_TITLE_CHARS or any("\ud800" <= char <= "\udfff" for char in clean):
        raise BadInput(
            f"a title has at most {MAX_TITLE_CHARS} whole characters", hint="give a shorter one", field="title"
        )
    return "".join(char for char in clean if char.isprintable() or char == " ")
