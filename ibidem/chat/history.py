"""What is stored of a session -> its turns and its transcript as they were sent, so that a restart changes no prompt.

With each answer is stored what its turn added: the user's message as it was sent, the passages that are new with it, and,
after a compaction, the turns before it in their shorter form. The texts of questions and answers are the messages' own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ibidem.chat.transcript import Transcript
from ibidem.chat.turns import Sent
from ibidem.models.base import Image
from ibidem.retrieve.followup import Turn
from ibidem.types import Passage, Span, as_json


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a session and its answer. `id` is the answer's."""

    id: str
    question: str
    answer: str

    @property
    def turn(self) -> Turn:
        return Turn(self.question, self.answer)


def pack(before: Transcript, after: Transcript) -> dict[str, Any] | None:
    """What the last turn of `after` added to `before`, as JSON; None when there was no turn."""
    if not after.turns:
        return None
    *kept, last = after.turns
    known = {passage.number for passage in before.passages}
    packed: dict[str, Any] = {
        "message": last.message,
        "shown": [passage.number for passage in last.passages],
        "passages": [as_json(passage) for passage in after.passages if passage.number not in known],
        "images": [[image.id, image.media_type] for image in last.images],
    }
    if tuple(kept) != before.turns:  # cut: the next prompts begin with the shorter forms
        packed["before"] = [_packed_turn(turn) for turn in kept]
    return packed


def rebuild(exchanges: Sequence[Exchange], sent: Mapping[str, Mapping[str, Any]]) -> Transcript:
    """The transcript of these turns, oldest first: as they were sent where `sent` tells it by answer, else their words."""
    transcript = Transcript()
    for one in exchanges:
        if packed := sent.get(one.id):
            transcript = _with(transcript, one, packed)
        else:
            transcript = transcript.said(one.question, one.answer)
    return transcript


def _with(before: Transcript, one: Exchange, packed: Mapping[str, Any]) -> Transcript:
    new = tuple(map(_passage, packed["passages"]))
    passages = (*before.passages, *new)
    numbered = {passage.number: passage for passage in passages}
    turns = before.turns
    if "before" in packed:
        turns = tuple(_turn(turn, numbered) for turn in packed["before"])
    last = Sent(one.question, packed["message"], passages=_shown(packed["shown"], numbered), images=_images(packed))
    highest = max([before.highest, *(passage.number for passage in new)])
    return Transcript((*turns, last), passages, highest).answered(one.answer)


def _packed_turn(turn: Sent) -> dict[str, Any]:
    return {
        "question": turn.question,
        "message": turn.message,
        "answer": turn.answer,
        "shown": [passage.number for passage in turn.passages],
        "summary": turn.summary,
        "images": [[image.id, image.media_type] for image in turn.images],
    }


def _turn(packed: Mapping[str, Any], numbered: Mapping[int, Passage]) -> Sent:
    passages = _shown(packed["shown"], numbered)
    return Sent(packed["question"], packed["message"], packed["answer"], passages, packed["summary"], _images(packed))


def _images(packed: Mapping[str, Any]) -> tuple[Image, ...]:
    return tuple(Image(image_id, media_type) for image_id, media_type in packed["images"])


def _shown(numbers: Sequence[int], numbered: Mapping[int, Passage]) -> tuple[Passage, ...]:
    return tuple(numbered[number] for number in numbers if number in numbered)


def _passage(packed: Mapping[str, Any]) -> Passage:
    return Passage(**{**packed, "span": Span(**packed["span"]), "chunk_ids": tuple(packed["chunk_ids"])})
