"""A file of exported chats -> sessions. It is read twice, an element at a time: first all is checked, then all is stored."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import Any, BinaryIO

from ibidem.chat.formats import chats
from ibidem.chat.imported import Imported
from ibidem.errors import BadInput, IbidemError, TooLarge
from ibidem.index.analyze import tokenize
from ibidem.store.database import Database
from ibidem.store.messages import add_message, new_message_id
from ibidem.store.sessions import create_session, session_of_origin, set_head
from ibidem.tasks.asking import title_of

BLOCK_CHARS = 1 << 16
MAX_ELEMENT_CHARS = 32 << 20  # of one chat, or of a file that is no list of them

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(slots=True)
class Taken:
    """What became of a file: ids of new sessions, and how many chats were there already or held no word."""

    sessions: list[str] = field(default_factory=list)
    known: int = 0
    empty: int = 0


def take_chats(
    db: Database,
    owner: int,
    file: BinaryIO,
    *,
    workspace: str,
    checked: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    now: float,
) -> Taken:
    """Import all chats of the file. `checked` gives a session's settings as far as they mean something here.

    Nothing is stored of a file that is not in order. A chat is stored in one transaction; should the disk become full, the
    chats before it stay, and are known when the file is imported again. Raises BadInput, TooLarge, DiskFull.
    """
    for _ in _chats(file):
        pass
    taken = Taken()
    for chat in _chats(file):
        if not chat.messages:
            taken.empty += 1
        elif session_of_origin(db, owner, chat.origin):
            taken.known += 1
        else:
            try:
                taken.sessions.append(_store(db, owner, chat, workspace, checked(chat.settings), now))
            except sqlite3.IntegrityError:  # the same file, at the same moment
                taken.known += 1
    return taken


def _store(db: Database, owner: int, chat: Imported, workspace: str, settings: Mapping[str, Any], now: float) -> str:
    first = next((message.content for message in chat.messages if message.role == "user"), "")
    title = chat.title or title_of(first)
    words = [" ".join(tokenize(message.content)) for message in chat.messages]
    ids = {message.id: new_message_id() for message in chat.messages}

    def insert(tx: sqlite3.Connection) -> str:
        session = create_session(
            tx,
            owner,
            title=title,
            words=" ".join(tokenize(title)),
            workspace=workspace,
            settings=settings,
            now=chat.created_at or now,
            origin=chat.origin,
        )
        for message, said in zip(chat.messages, words, strict=True):
            details = dict(message.details)
            add_message(
                tx,
                session,
                ids[message.id],
                parent=ids[message.parent] if message.parent else None,
                role=message.role,
                content=message.content,
                words=said,
                status=details.pop("status", "finished"),
                now=message.created_at or chat.created_at or now,
                details=details,
            )
        if chat.head:
            set_head(tx, session, ids[chat.head])
        return session.id

    return db.write(insert)


def _chats(file: BinaryIO) -> Iterator[Imported]:
    """Raises BadInput naming the chat."""
    for number, element in enumerate(elements(file), 1):
        try:
            yield from chats(element)
        except IbidemError as error:
            error.message = f"chat {number}: {error.message}"
            raise
        except RecursionError:
            raise BadInput(f"chat {number} is nested too deeply", hint="leave that chat out") from None


def elements(file: BinaryIO) -> Iterator[Any]:
    """The elements of a JSON list, one at a time, or the one value that the file holds. Raises BadInput, TooLarge."""
    file.seek(0)
    text = TextIOWrapper(file, "utf-8-sig")
    try:
        yield from _elements(text)
    except UnicodeDecodeError as error:
        raise BadInput(
            f"the file is no UTF-8 text: {error.reason}", hint="send the JSON file as it was exported"
        ) from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the file is no valid JSON: {error}", hint="send the JSON file as it was exported") from None
    finally:
        text.detach()


def _elements(file: TextIOWrapper) -> Iterator[Any]:
    text = _Text(file)
    if text.peek() != "[":
        text.more(MAX_ELEMENT_CHARS)
        if len(text.read) > MAX_ELEMENT_CHARS:
            raise _too_large()
        yield json.loads(text.read)
        return
    text.at += 1
    first = True
    while (sign := text.peek()) != "]":
        if not first:
            if sign != ",":
                raise ValueError(f"a comma is missing before {text.read[text.at : text.at + 20]!r}")
            text.at += 1
            text.peek()
        first = False
        yield text.value()
    text.at += 1
    if text.peek():
        raise ValueError("something stands behind the end of the list")


@dataclass(slots=True)
class _Text:
    """What has been read of a file and is still needed, and the place in it: nothing is copied for an element."""

    file: TextIOWrapper
    read: str = ""
    at: int = 0

    def more(self, chars: int) -> bool:
        """False at the end of the file."""
        block = self.file.read(chars)
        self.read, self.at = self.read[self.at :] + block, 0
        return bool(block)

    def peek(self) -> str:
        """What comes next and is no space; empty at the end of the file."""
        while True:
            blank = _SPACE.match(self.read, self.at)
            self.at = blank.end() if blank else self.at
            if self.at < len(self.read) or not self.more(BLOCK_CHARS):
                return self.read[self.at : self.at + 1]

    def value(self) -> Any:
        """The value that stands here: twice as much is read for it at each try."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.read, self.at)
            except ValueError:
                held = len(self.read) - self.at
                if held > MAX_ELEMENT_CHARS:
                    raise _too_large() from None
                if not self.more(max(held, BLOCK_CHARS)):
                    raise
            else:
                if end < len(self.read):
                    self.at = end
                    return value
                if not self.more(BLOCK_CHARS):  # a number may go on
                    self.at = len(self.read)
                    return value


def _too_large() -> TooLarge:
    return TooLarge(
        f"one chat of the file has more than {MAX_ELEMENT_CHARS >> 20} million characters", hint="leave that chat out"
    )
