"""The formats of exported chats: our own, ChatGPT's `conversations.json`, Open WebUI's.

Sources: files exported by ChatGPT (2023 to 2025: a `mapping` of nodes with `parent`, and `current_node`) and by Open WebUI
(`chat.history.messages` by id with `parentId`, and `currentId`; older ones have a flat list `chat.messages`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from ibidem.chat.imported import (
    Imported,
    ImportedMessage,
    Node,
    as_object,
    last_kept,
    objects,
    seconds,
    text,
    title,
    tree,
)
from ibidem.errors import BadInput

FORMAT, VERSION = "ibidem-sessions", 1

_REASONING = re.compile(  # Open WebUI keeps it in the answer; one that does not end is not looked for twice
    r'<details type="reasoning"(?:(?!<details type="reasoning").)*?</details>\s*', re.DOTALL
)
_SPOKEN = ("user", "assistant")
_ENDED = ("finished", "failed", "stopped", "interrupted")
_PLACE = "/#/documents/"  # where a citation leads: a file does not choose other addresses
_TEXTS = ("text", "multimodal_text")  # ChatGPT's content types that hold what was said


def chats(value: Any) -> Iterator[Imported]:
    """The chats in a file, or in one element of its list. Raises BadInput for what is none."""
    found = as_object(value, "a chat")
    if found.get("format") == FORMAT:
        if found.get("version") != VERSION:
            raise BadInput(
                f"the file has version {found.get('version')!r:.80} of our format, this program knows {VERSION}",
                hint="upgrade Ibidem",
            )
        sessions = found.get("sessions")
        if not isinstance(sessions, list):
            raise BadInput("the file's `sessions` are no list", hint="export the sessions again")
        for session in sessions:
            yield _own(as_object(session, "a session"))
    elif "mapping" in found:
        yield _chatgpt(found)
    elif isinstance(found.get("chat"), dict):
        yield _open_webui(found, found["chat"])
    else:
        raise BadInput(
            f"no chat that is known: an object with {', '.join(repr(name[:40]) for name in list(found)[:5]) or 'nothing'}",
            hint="Ibidem's JSON export, ChatGPT's conversations.json and Open WebUI's export are taken",
        )


# --- Ibidem ----------------------------------------------------------------------------------------------------------


def _own(session: Mapping[str, Any]) -> Imported:
    nodes = {}
    for message in objects(session.get("messages")):
        role, content = message.get("role"), text(message.get("content"))
        if role not in (*_SPOKEN, "system"):
            raise BadInput(f"a message has the role {role!r:.80}", hint="export the session again")
        status = message.get("status")
        kept = {name: message[name] for name in ("model", "mode") if isinstance(message.get(name), str)}
        kept |= {name: message[name] for name in ("citations", "rag_context") if _citations(message.get(name))}
        kept |= {name: message[name] for name in ("usage", "timings") if _numbers(message.get(name))}
        details = {**kept, "status": status if status in _ENDED else "finished"}
        node = ImportedMessage("", None, role, content, _moment(message.get("created_at")), details)
        nodes[str(message.get("id"))] = Node(_name(message.get("parent")), node)
    settings = session.get("settings")
    return Imported(
        origin=f"ibidem:{_id(session.get('id'), session)}",
        title=title(session.get("title")),
        messages=tree(nodes),
        head=last_kept(nodes, _name(session.get("head"))),
        settings=settings if isinstance(settings, dict) else {},
        created_at=_moment(session.get("created_at")),
    )


def _moment(value: Any) -> float | None:
    """RFC 3339 as seconds since 1970."""
    try:
        return seconds(datetime.fromisoformat(value).timestamp())
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _citations(value: Any) -> bool:
    """Whether these are citations as we export them: what shows messages relies on their fields."""
    fields = {"number": int, "document_id": str, "path": str, "title": str, "text": str, "verdict": str, "url": str}
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and all(isinstance(one.get(name), kind) for name, kind in fields.items())
        and (not one["url"] or one["url"].startswith(_PLACE))
        for one in value
    )


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(seconds(one) is not None or one == 0 for one in value.values())


# --- ChatGPT ---------------------------------------------------------------------------------------------------------


def _chatgpt(chat: Mapping[str, Any]) -> Imported:
    mapping = as_object(chat["mapping"], "the `mapping` of a chat")
    nodes = {
        name: Node(_name(as_object(node, "a node").get("parent")), _chatgpt_message(node.get("message")))
        for name, node in mapping.items()
    }
    return Imported(
        origin=f"chatgpt:{_id(chat.get('conversation_id') or chat.get('id'), chat)}",
        title=title(chat.get("title")),
        messages=tree(nodes),
        head=last_kept(nodes, _name(chat.get("current_node"))),
        created_at=seconds(chat.get("create_time")),
    )


def _chatgpt_message(message: Any) -> ImportedMessage | None:
    """What was said aloud; None for tools, hidden instructions and thoughts."""
    if not isinstance(message, dict):
        return None
    role = _part(message, "author").get("role")
    metadata, content = _part(message, "metadata"), _part(message, "content")
    hidden = metadata.get("is_visually_hidden_from_conversation") or message.get("recipient", "all") != "all"
    if role not in _SPOKEN or hidden or content.get("content_type") not in _TEXTS:
        return None
    parts = content.get("parts")
    said = [
        text(part.get("text") if isinstance(part, dict) else part)
        for part in (parts if isinstance(parts, list) else ())
    ]
    if not (whole := "\n\n".join(part for part in said if part.strip())):
        return None
    model = metadata.get("model_slug")
    details = {"model": text(model)} if role == "assistant" and isinstance(model, str) else {}
    return ImportedMessage("", None, role, whole, seconds(message.get("create_time")), details)


# --- Open WebUI ------------------------------------------------------------------------------------------------------


def _open_webui(entry: Mapping[str, Any], chat: Mapping[str, Any]) -> Imported:
    history = _part(chat, "history")
    listed = history.get("messages")
    if isinstance(listed, dict):
        nodes = {name: Node(_name(_parent(one)), _open_webui_message(one)) for name, one in listed.items()}
        current = _name(history.get("currentId"))
    else:  # a flat list: each follows the one before it
        flat = list(objects(chat.get("messages")))
        nodes = {str(n): Node(str(n - 1) if n else None, _open_webui_message(one)) for n, one in enumerate(flat)}
        current = str(len(flat) - 1)
    return Imported(
        origin=f"open-webui:{_id(entry.get('id') or chat.get('id'), entry)}",
        title=title(entry.get("title") or chat.get("title")),
        messages=tree(nodes),
        head=last_kept(nodes, current),
        created_at=seconds(entry.get("created_at") or chat.get("timestamp")),
    )


def _open_webui_message(message: Any) -> ImportedMessage | None:
    if not isinstance(message, dict) or message.get("role") not in _SPOKEN:
        return None
    content = message.get("content")
    if isinstance(content, list):  # parts, as OpenAI's
        content = "\n\n".join(text(part.get("text")) for part in objects(content) if part.get("text"))
    said = _REASONING.sub("", text(content))
    if not said.strip():
        return None
    model = message.get("model")
    details = {"model": text(model)} if message["role"] == "assistant" and isinstance(model, str) else {}
    return ImportedMessage("", None, message["role"], said, seconds(message.get("timestamp")), details)


def _parent(message: Any) -> Any:
    return message.get("parentId") if isinstance(message, dict) else None


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _id(value: Any, chat: Mapping[str, Any]) -> str:
    """The chat's own id, else one made from what it holds."""
    if isinstance(value, str) and 0 < len(value) <= 100:
        return text(value)
    return blake2b(repr(chat).encode("utf-8", "replace"), digest_size=16).hexdigest()
