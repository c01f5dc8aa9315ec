"""Ollama's `context`: numbers in which a client keeps a conversation from one generated text to the next.

Ollama's are tokens, which no client reads. Ours are the bytes of the turns, packed, since what answers here is a chat.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Literal, get_args

from ibidem.api.dialects.body import Body, whole_text
from ibidem.errors import BadInput
from ibidem.models.base import ChatMessage

MOST_BYTES = 8 << 20  # unpacked
Role = Literal["system", "user", "assistant"]


def context_of(messages: Sequence[ChatMessage], answer: str) -> list[int]:
    """The conversation with its answer, without its images."""
    turns = [[one.role, one.content] for one in messages] + [["assistant", answer]]
    return list(zlib.compress(json.dumps(turns, ensure_ascii=False).encode("utf-8", "surrogatepass")))


def earlier(body: Body) -> list[ChatMessage]:
    """What the request's `context` holds. Raises BadInput for what was not made here."""
    given = body.items("context")
    if not given:
        return []
    try:
        return [ChatMessage(role, text) for role, text in _turns(bytes(given))]
    except (TypeError, ValueError, zlib.error):
        raise BadInput(
            "context holds no conversation of this server",
            hint="leave it out, or send what the last answer held",
            field="context",
        ) from None


def _turns(packed: bytes) -> list[tuple[Role, str]]:
    """Raises ValueError, TypeError, zlib.error."""
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, MOST_BYTES)
    turns = [(role, said) for role, said in json.loads(text.decode("utf-8", "surrogatepass"))]
    if not unpacker.eof or any(role not in get_args(Role) or not isinstance(said, str) for role, said in turns):
        raise ValueError("it is no conversation")
    return [(role, whole_text(said)) for role, said in turns]
