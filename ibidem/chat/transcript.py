"""A conversation as the model read it, and a question -> the messages of the next turn: the same ones, and what is new.

An engine keeps what it has read for as long as the next prompt begins with it. So turns stay as they were sent, passages
where they first stood and under their first number; a later turn names those it needs again and adds only new ones. Only
when the prompt nears the window are old turns cut (`chat.compact`), all at once, so that it is rare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ibidem.chat.compact import compact
from ibidem.chat.opening import head_of
from ibidem.chat.prompt import plain_text, user_text
from ibidem.chat.reading import PLACE_TOKENS, read_given, texts_of, tokens_shown
from ibidem.chat.template import NO_TEMPLATE, Filled
from ibidem.chat.turns import Count, Sent, mentioned, tokens_of
from ibidem.models.base import ChatMessage, Image
from ibidem.retrieve.budget import Ranked, merge
from ibidem.retrieve.given import Given
from ibidem.types import Mode, Passage

COMPACT_AT = 0.8  # of the window: a longer prompt has its old turns cut ...
COMPACT_TO = 0.5  # ... to this, question and passages included
PASSAGES_SHARE = 1 / 3  # of the window: more passages than that are never added by one turn
# Of the window, for texts given with the question: what was given is meant to be read, however long that takes. The other
# half holds what stands above (a tenth), the answer, and turns.
GIVEN_SHARE = 1 / 2
LEAST_PASSAGES = 720  # tokens that a slow machine reads all the same: the longest chunk, in Korean
FRAME_TOKENS = 48  # the words around passages and question, and the numbers of passages further up


@dataclass(frozen=True, slots=True)
class Room:
    """What a prompt may hold, in tokens. `passages` are those that one turn may add; `reason` says what bounds them."""

    window: int
    answer: int
    passages: int
    reason: str

    @classmethod
    def of(cls, window: int, answer_tokens: int, readable: int | None = None) -> Room:
        """New passages: what the machine reads in good time, where that is known, and at most a third of the window."""
        third = int(window * PASSAGES_SHARE)
        quick = third if readable is None else max(readable, LEAST_PASSAGES)
        return cls(window, min(answer_tokens, window // 2), min(third, quick), "window" if third <= quick else "budget")

    @property
    def prompt(self) -> int:
        """A longer prompt is compacted."""
        return min(int(self.window * COMPACT_AT), self.window - self.answer)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The turns as the next prompt repeats them, and all passages that have a number, whether they still stand there.

    `highest` is the highest number that was given, or that an answer mentions: none comes to mean something else.
    """

    turns: tuple[Sent, ...] = ()
    passages: tuple[Passage, ...] = ()
    highest: int = 0

    def shown(self) -> set[int]:
        """The numbers of the passages that stand in the turns."""
        return {passage.number for turn in self.turns for passage in turn.passages}

    def holding(self, hit: Ranked) -> Passage | None:
        """The numbered passage with the text found, if there is one."""
        for passage in self.passages:
            if passage.document_id == hit.stored.document_id and hit.stored.chunk.text in passage.text:
                return passage
        return None

    def answered(self, answer: str) -> Transcript:
        """With the answer to the last question."""
        *turns, last = self.turns
        return Transcript(
            (*turns, replace(last, answer=answer)), self.passages, max([self.highest, *mentioned(answer)])
        )

    def said(self, question: str, answer: str) -> Transcript:
        """With a turn of which only the words are known."""
        return replace(self, turns=(*self.turns, Sent(question, question))).answered(answer)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The next turn: its messages, the passages that the question found, best first, and what was left out and why."""

    messages: tuple[ChatMessage, ...]
    tokens: int
    answer_tokens: int
    passages: list[Passage]
    omitted: list[dict[str, Any]]
    transcript: Transcript  # with this turn, its answer still empty


def next_turn(
    before: Transcript,
    question: str,
    found: Sequence[Ranked],
    *,
    mode: Mode,
    room: Room,
    count: Count,
    lead: Sequence[ChatMessage] = (),
    template: Filled = NO_TEMPLATE,
    given: Sequence[Given] = (),
    images: tuple[Image, ...] = (),
) -> Prompt:
    """The prompt for a question that found these chunks, best first, and was given these texts. Pure.

    `lead`, somebody else's system prompt, stands first in place of our own; how to cite then stands with the passages.
    """
    head, dropped = (tuple(lead), []) if lead else head_of(template, mode, room.window, count)
    asked = tokens_of([*head, ChatMessage("user", question, images)], count) + FRAME_TOKENS
    read, unread = read_given(given, min(int(room.window * GIVEN_SHARE), room.prompt - asked), count)
    found = [hit for hit in found if not any(_same_chunk(hit, one) for one in read)]
    shown_tokens = sum(map(tokens_shown(count), read))
    room = replace(room, passages=max(0, min(room.passages, room.prompt - tokens_of(head, count) - shown_tokens)))

    def prompt_after(kept: Transcript) -> tuple[tuple[ChatMessage, ...], _Choice]:
        if mode == "plain":
            choice, text = _Choice(), plain_text(question, texts_of(read))
        else:
            choice = _choose(found, kept, room, count, read)
            text = user_text(
                question,
                mode,
                choice.shown,
                known=list(choice.known),
                in_questions_language=template.in_questions_language,
                ruled=bool(lead),
            )
        turns = [message for turn in kept.turns for message in turn.messages()]
        return (*head, *turns, ChatMessage("user", text, images)), choice

    kept, forgotten = before, []
    prompt, choice = prompt_after(kept)
    if tokens_of(prompt, count) > room.prompt:
        shown = min(room.passages, sum(map(tokens_shown(count), found)))
        budget = int(room.window * COMPACT_TO) - asked - shown - shown_tokens
        kept = replace(before, turns=compact(before.turns, budget, count))
        prompt, choice = prompt_after(kept)
        forgotten = _forgotten(before, kept, choice)
    turn = Sent(question, prompt[-1].content, passages=choice.shown, images=images)
    after = Transcript((*kept.turns, turn), (*kept.passages, *choice.new), kept.highest + len(choice.new))
    return Prompt(
        messages=prompt,
        tokens=tokens_of(prompt, count),
        answer_tokens=room.answer,
        passages=choice.found(),
        omitted=[*dropped, *unread, *choice.omitted(room.reason), *forgotten],
        transcript=after,
    )


@dataclass(slots=True)
class _Choice:
    """The passages for a question: those that stand further up, those shown again after a compaction, those new."""

    known: dict[int, Passage] = field(default_factory=dict)
    again: dict[int, Passage] = field(default_factory=dict)
    new: list[Passage] = field(default_factory=list)
    given: set[int] = field(default_factory=set)  # numbers of what came with the question
    cut: list[tuple[str, int]] = field(default_factory=list)  # path and first line

    @property
    def shown(self) -> tuple[Passage, ...]:
        return (*self.again.values(), *self.new)

    def found(self) -> list[Passage]:
        """What bears on the question: what was given first, then the best first."""
        return sorted((*self.known.values(), *self.shown), key=lambda one: (one.number not in self.given, -one.score))

    def omitted(self, reason: str) -> list[dict[str, Any]]:
        return [{"path": path, "start_line": line, "reason": reason} for path, line in self.cut]


def _choose(
    found: Sequence[Ranked],
    before: Transcript,
    room: Room,
    count: Count,
    read: Sequence[Ranked],
) -> _Choice:
    """The chunks `read` in any case, each a passage, then the best found that the turn has room for.

    Passages are numbered as they stand. What stands further up costs nothing.
    """
    choice = _Choice()
    fresh: list[Ranked] = []
    new: list[Ranked] = []  # of those given
    above, left = before.shown(), room.passages
    for hit, is_given in [*((hit, True) for hit in read), *((hit, False) for hit in found)]:
        passage = before.holding(hit)
        if passage and (passage.number in choice.known or passage.number in choice.again):
            continue
        if passage and is_given:
            choice.given.add(passage.number)
        if passage and passage.number in above:
            choice.known[passage.number] = replace(passage, score=hit.score)
            continue
        tokens = 0 if is_given else PLACE_TOKENS + count(passage.text if passage else hit.stored.chunk.text)
        if tokens > left:
            span = passage.span if passage else hit.stored.chunk.span
            choice.cut.append((hit.stored.path, span.start_line))
            continue
        left -= tokens
        if passage:
            choice.again[passage.number] = replace(passage, score=hit.score)
        else:
            (new if is_given else fresh).append(hit)
    choice.new = _numbered(new, first=before.highest + 1)
    choice.given |= {passage.number for passage in choice.new}
    choice.new += merge(fresh, first=before.highest + 1 + len(choice.new))
    return choice


def _same_chunk(one: Ranked, other: Ranked) -> bool:
    """Whether one may be an excerpt of the other."""
    a, b = one.stored, other.stored
    return a.document_id == b.document_id and a.chunk.ordinal == b.chunk.ordinal


def _numbered(read: Sequence[Ranked], *, first: int) -> list[Passage]:
    """Each chunk as a passage, in their order."""
    return [replace(merge([hit])[0], number=number) for number, hit in enumerate(read, first)]


def _forgotten(before: Transcript, after: Transcript, choice: _Choice) -> list[dict[str, Any]]:
    """What compaction took away: passages that the model no longer sees, and how many turns it sees in part or not."""
    gone = before.shown() - after.shown() - choice.again.keys()
    passages = [
        {"number": one.number, "path": one.path, "start_line": one.span.start_line, "reason": "compaction"}
        for one in before.passages
        if one.number in gone
    ]
    cut = sum(turn not in after.turns for turn in before.turns)
    return [*passages, {"turns": cut, "reason": "compaction"}] if cut else passages
