"""A client's list of messages -> what stands first, the turns before, and the one to be answered.

Clients send the whole conversation every time. Of its turns the engine has read another form, with passages in it; it is
put back in its place (`chat.conversations`), so that the prompt begins as the engine remembers it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from ibidem.chat.transcript import Transcript
from ibidem.models.base import ChatMessage
from ibidem.retrieve.followup import Turn

# The footer that we put under an answer for clients that show nothing else: it is no part of what the model wrote.
FOOTER_HEAD = "\n\n---\nSources:\n"
_FOOTER = re.compile(r"\n\n---\nSources:\n(?:\[\d{1,3}\] [^\n]*\n?)+\s*$")

# Prompts that chat front ends send by themselves, to name a chat or to suggest what to ask: how they begin, and what else
# stands in them. Open WebUI's templates (titles, tags, follow-ups, queries, emoji), Continue's `ChatDescriber`.
_HELPERS = (
    ("### Task:", "<chat_history>"),
    ("### Task:", "### Guidelines:"),
    ("### Task:", "### Output:"),
    ("Given the following... please reply with a title for the chat", ""),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A user's message and all that followed it: an answer, or calls of tools with their results in between."""

    question: ChatMessage
    rest: tuple[ChatMessage, ...] = ()

    @property
    def answer(self) -> str:
        """What the model said, without our footer."""
        return "\n\n".join(
            said for one in self.rest if one.role == "assistant" and (said := without_footer(one.content))
        )

    @property
    def plain(self) -> bool:
        """Whether one answer is all that followed."""
        return not self.rest or (len(self.rest) == 1 and self.rest[0] == ChatMessage("assistant", self.rest[0].content))

    @property
    def turn(self) -> Turn:
        """As references of later questions are resolved against it."""
        return Turn(self.question.content, self.answer)

    @property
    def key(self) -> Turn:
        """As it is found again: with a fingerprint of all that is not words."""
        mark = _fingerprint(self.question, () if self.plain else self.rest)
        return Turn(self.question.content, f"{self.answer}\n{mark}" if mark else self.answer)


@dataclass(frozen=True, slots=True)
class Talk:
    """`lead` is what stands before the first user's message, the client's system prompt; `last` is to be answered."""

    lead: tuple[ChatMessage, ...]
    earlier: tuple[Block, ...]
    last: Block

    @property
    def asks(self) -> bool:
        """Whether it ends in the user's words; else the model goes on from a tool's result, or from its own words."""
        return not self.last.rest


def split(messages: Sequence[ChatMessage]) -> Talk | None:
    """None where no user speaks: there is no question, and the model answers what it was told."""
    lead: list[ChatMessage] = []
    blocks: list[Block] = []
    for message in messages:
        if message.role == "user":
            blocks.append(Block(message))
        elif blocks:
            blocks[-1] = replace(blocks[-1], rest=(*blocks[-1].rest, message))
        else:
            lead.append(message)
    if not blocks:
        return None
    return Talk(tuple(lead), tuple(blocks[:-1]), blocks[-1])


def as_sent(found: Transcript, blocks: Sequence[Block]) -> Transcript:
    """The transcript with what its words alone do not tell of a turn: images, and calls of tools with their results.

    `found` holds the last turns of `blocks`, as far as they were not cut. Those that were remembered stay as they are.
    """
    turns = list(found.turns)
    for place, block in zip(range(len(turns) - 1, -1, -1), reversed(blocks), strict=False):
        sent = turns[place]
        if (sent.question, sent.answer) == (block.key.question, block.key.answer) and not sent.rest:
            rest = () if block.plain else tuple(map(_without_footer, block.rest))
            turns[place] = replace(sent, images=block.question.images, rest=rest, answer=block.answer)
    return replace(found, turns=tuple(turns))


def is_helper_prompt(question: str) -> bool:
    """Whether a front end asks for itself: such an answer needs no documents."""
    text = question.lstrip()
    return any(text.startswith(start) and within in text for start, within in _HELPERS)


def footer(lines: Sequence[str]) -> str:
    """Sources under an answer, a line each that begins with its number in brackets."""
    return FOOTER_HEAD + "\n".join(lines) + "\n"


def without_footer(text: str) -> str:
    return _FOOTER.sub("", text) if FOOTER_HEAD in text else text


def _without_footer(message: ChatMessage) -> ChatMessage:
    return replace(message, content=without_footer(message.content)) if message.role == "assistant" else message


def _fingerprint(question: ChatMessage, rest: Sequence[ChatMessage]) -> str:
    """Of images, calls and results; "" where there are none. In letters: no number in it passes for a citation."""
    if not question.images and not rest:
        return ""
    digest = blake2b(digest_size=16)
    put: Callable[[str], None] = lambda text: digest.update(f"{len(text)}:{text}".encode("utf-8", "replace"))  # noqa: E731
    for image in question.images:
        put(image.id)
    for message in rest:
        put(message.role)
        put("" if message.role == "assistant" else " ".join(message.content.split()))
        for call in message.tool_calls:
            put(call.name)
            put(json.dumps(call.arguments, sort_keys=True, ensure_ascii=False))
    return digest.hexdigest()
