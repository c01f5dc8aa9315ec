"""A chat that another program, or this one, has exported -> a session's messages: parents first, text and nothing else.

What a chat holds beside the words of user and assistant (calls of tools, hidden instructions, pictures) is left out, and
what stood behind it hangs on the last message before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ibidem.errors import BadInput

MAX_MESSAGES = 20_000  # of one chat: they are stored in one transaction
MAX_CHARS = 1_000_000  # of one message
MAX_TITLE_CHARS = 200
LATEST_S = 4e9  # a time beyond 2096 is counted in milliseconds

_SURROGATES = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """`id` and `parent` are those of the file. The time is in seconds since 1970, None where the file has none."""

    id: str
    parent: str | None
    role: str
    content: str
    created_at: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """`origin` names the chat where it comes from: the same one is not taken twice. `head` ends the branch shown last."""

    origin: str
    title: str
    messages: tuple[ImportedMessage, ...]
    head: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    created_at: float | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the tree of a file; without a message it only joins others."""

    parent: str | None
    message: ImportedMessage | None


def tree(nodes: Mapping[str, Node]) -> tuple[ImportedMessage, ...]:
    """The messages, each behind its parent. Raises BadInput for a circle, and for more messages than are taken."""
    children: dict[str | None, list[str]] = {}
    for name, node in nodes.items():
        children.setdefault(node.parent if node.parent in nodes else None, []).append(name)
    found: list[ImportedMessage] = []
    seen = 0
    waiting: list[tuple[str, str | None]] = [(name, None) for name in reversed(children.get(None, []))]
    while waiting:
        name, above = waiting.pop()
        seen += 1
        message = nodes[name].message
        if message:
            found.append(
                ImportedMessage(name, above, message.role, message.content, message.created_at, message.details)
            )
        here = name if message else above
        waiting += [(child, here) for child in reversed(children.get(name, []))]
    if seen < len(nodes):
        raise BadInput("messages of a chat name each other as parents in a circle", hint="export the chat again")
    if len(found) > MAX_MESSAGES:
        raise BadInput(
            f"a chat has {len(found):,} messages, at most {MAX_MESSAGES:,} are taken", hint="leave that chat out"
        )
    return tuple(found)


def last_kept(nodes: Mapping[str, Node], name: str | None) -> str | None:
    """The message at this place, or the nearest above it."""
    seen: set[str] = set()
    while name is not None and name in nodes and name not in seen:
        seen.add(name)
        if nodes[name].message:
            return name
        name = nodes[name].parent
    return None


def text(value: Any) -> str:
    """As it can be stored: a half character becomes the sign for one. Anything but text is empty."""
    if not isinstance(value, str):
        return ""
    if len(value) > MAX_CHARS:
        raise BadInput(
            f"a message has {len(value):,} characters, at most {MAX_CHARS:,} are taken", hint="leave that chat out"
        )
    return _SURROGATES.sub("\ufffd", value).replace("\x00", "\ufffd")


def title(value: Any) -> str:
    return " ".join(text(value).split())[:MAX_TITLE_CHARS]


def seconds(value: Any) -> float | None:
    """A time in seconds or milliseconds since 1970; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LATEST_S * 1000:
        return None
    return float(value / 1000 if value > LATEST_S else value)


def as_object(value: Any, what: str) -> Mapping[str, Any]:
    """Raises BadInput."""
    if not isinstance(value, dict):
        raise BadInput(f"{what} is no JSON object", hint="export the chats again, and send the file as it is")
    return value


def objects(value: Any) -> Iterable[Mapping[str, Any]]:
    """The objects of a list; nothing where there is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
