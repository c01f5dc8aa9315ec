"""A turn as the model read it, and its shorter forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ibidem.chat.meter import MESSAGE_TOKENS
from ibidem.chat.prompt import KOREAN_QUESTION, user_text
from ibidem.models.base import IMAGE_TOKENS, ChatMessage, Image
from ibidem.types import Passage

SHORT_QUESTION, SHORT_ANSWER = 200, 400  # characters of a shortened turn

_MARK = re.compile(r"(?<![A-Za-z0-9_])\[(\d{1,3})\]")  # x[1] is code, 한다[1] is not
_SENTENCES = re.compile(r"(?s).*[.!?。](?=\s)")
_WORDS = re.compile(r"(?s).*(?=\s)")

Count = Callable[[str], int]  # text -> tokens


@dataclass(frozen=True, slots=True)
class Sent:
    """`message` is the user's message as it was sent, with the `passages` that stand in it."""

    question: str
    message: str
    answer: str = ""
    passages: tuple[Passage, ...] = ()
    summary: str = ""  # of the answer, where there is one
    images: tuple[Image, ...] = ()  # of the question
    rest: tuple[ChatMessage, ...] = ()  # all that followed the question, where that was more than one answer

    def messages(self) -> tuple[ChatMessage, ...]:
        return ChatMessage("user", self.message, self.images), *self.behind()

    def behind(self) -> tuple[ChatMessage, ...]:
        return self.rest or ((ChatMessage("assistant", self.answer),) if self.answer else ())

    def whole(self) -> Sent:
        return self

    def with_cited(self) -> Sent:
        """Of its passages only those that the answer cites."""
        cited = tuple(passage for passage in self.passages if passage.number in mentioned(self.answer))
        if not cited:
            return self.without_passages()
        in_korean = self.message.startswith(KOREAN_QUESTION)
        message = user_text(self.question, "chat", cited, in_questions_language=in_korean)
        return replace(self, message=message, passages=cited)

    def without_passages(self) -> Sent:
        return replace(self, message=self.question, passages=())

    def shortened(self) -> Sent:
        """The beginning of the question; the summary of the answer, or its beginning."""
        question = beginning(self.question, SHORT_QUESTION)
        return Sent(question, question, self.summary or beginning(self.answer, SHORT_ANSWER), summary=self.summary)


def mentioned(answer: str) -> set[int]:
    """The numbers that stand in an answer as citations do."""
    return set(map(int, _MARK.findall(answer)))


def tokens_of(messages: Iterable[ChatMessage], count: Count) -> int:
    return sum(_tokens(message, count) for message in messages)


def _tokens(message: ChatMessage, count: Count) -> int:
    called = sum(count(f"{call.name}{call.arguments}") for call in message.tool_calls)
    return MESSAGE_TOKENS + count(message.content) + called + IMAGE_TOKENS * len(message.images)


def beginning(text: str, chars: int) -> str:
    """The first whole sentences, else words, of at most so many characters."""
    if len(text) <= chars:
        return text
    head = text[:chars]
    found = _SENTENCES.match(head) or _WORDS.match(head)
    return f"{found[0] if found else head} …"
