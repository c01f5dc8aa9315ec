"""What was sent, remembered by what was said: a client's history finds its transcript again, passages in their places.

Clients send the words of earlier turns, not the passages that stood between them. Without those the prompt would begin
otherwise than the engine remembers, and a number in an earlier answer would lead nowhere. What is not remembered, after a
restart or for a history that was edited, is made from the words alone: nothing here must be kept.
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from sys import getsizeof

from ibidem.chat.transcript import Transcript
from ibidem.retrieve.followup import Turn

OWNERS = 16  # remembered at the same time; in the worst case each takes OWNER_BYTES
OWNER_TURNS = 256
OWNER_BYTES = 4 << 20


@dataclass(slots=True)
class _Shelf:
    """One owner's transcripts, by the hash of what was said, the one used last at the end."""

    transcripts: OrderedDict[bytes, Transcript] = field(default_factory=OrderedDict)
    size_bytes: int = 0

    def put(self, key: bytes, transcript: Transcript) -> None:
        self.drop(key)
        if (size := size_of(transcript)) > OWNER_BYTES:
            return  # rather than forgetting all the others
        self.transcripts[key] = transcript
        self.size_bytes += size
        while len(self.transcripts) > OWNER_TURNS or self.size_bytes > OWNER_BYTES:
            self.drop(next(iter(self.transcripts)))

    def drop(self, key: bytes) -> None:
        if (old := self.transcripts.pop(key, None)) is not None:
            self.size_bytes -= size_of(old)


class Conversations:
    """Of all owners, in this process. `place` is where a conversation is held, a workspace: another one has its own."""

    def __init__(self) -> None:
        self._shelves: OrderedDict[int, _Shelf] = OrderedDict()

    def find(self, owner: int, place: int, turns: Sequence[Turn]) -> Transcript:
        """The transcript of these turns: as far as their beginning is known as it was sent, the rest in its words."""
        shelf = self._shelves.get(owner, _Shelf())
        keys = list(_keys(place, turns))
        known, found = 0, Transcript()
        for said in range(len(turns), 0, -1):
            if transcript := shelf.transcripts.get(keys[said - 1]):
                shelf.transcripts.move_to_end(keys[said - 1])
                known, found = said, transcript
                break
        for turn in turns[known:]:
            found = found.said(turn.question, turn.answer)
        return found

    def known(self, owner: int, place: int, turns: Sequence[Turn]) -> Transcript | None:
        """The transcript of exactly these turns, if it is remembered."""
        shelf = self._shelves.get(owner, _Shelf())
        key = _keys(place, turns)[-1] if turns else b""
        if transcript := shelf.transcripts.get(key):
            shelf.transcripts.move_to_end(key)
        return transcript

    def keep(self, owner: int, place: int, turns: Sequence[Turn], transcript: Transcript) -> None:
        """Remember what was sent in a conversation of which these words were said, the last answer included."""
        shelf = self._shelves.setdefault(owner, _Shelf())
        self._shelves.move_to_end(owner)
        while len(self._shelves) > OWNERS:
            self._shelves.popitem(last=False)
        shelf.put(_keys(place, turns)[-1], transcript)


def size_of(transcript: Transcript) -> int:
    """Bytes of its texts. What transcripts of one conversation share is counted for each: too much is the safe side."""
    texts = [text for turn in transcript.turns for text in (turn.question, turn.message, turn.answer)]
    return sum(map(getsizeof, texts)) + sum(getsizeof(passage.text) + 400 for passage in transcript.passages)


def _keys(place: int, turns: Sequence[Turn]) -> list[bytes]:
    """A hash for each turn, of everything said up to it. White space is left out: clients trim."""
    digest = blake2b(place.to_bytes(8, "big"), digest_size=16)
    keys = []
    for turn in turns:
        for text in (turn.question, turn.answer):
            words = " ".join(unicodedata.normalize("NFC", text).split()).encode("utf-8", "replace")
            digest.update(len(words).to_bytes(8, "big") + words)
        keys.append(digest.copy().digest())
    return keys
