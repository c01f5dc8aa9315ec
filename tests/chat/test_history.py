"""What is stored with each answer makes the same transcript again, compacted or not."""

from __future__ import annotations

import json

from ibidem.chat.history import Exchange, pack, rebuild
from ibidem.chat.transcript import Transcript
from tests.chat.test_transcript import ask, chunk

ANSWER = "At that pressure [1]. " * 25


def test_a_stored_conversation_is_rebuilt_as_it_was_sent() -> None:
    exchanges, sent, before, compacted = [], {}, Transcript(), 0
    for turn in range(12):
        question = f"Question {turn}: when does it start?"
        found = [chunk(2 * turn), chunk(2 * turn + 1), chunk(max(0, turn - 1))]
        prompt = ask(before, found, question=question, window=6000)
        packed = pack(before, prompt.transcript)
        assert packed is not None
        sent[str(turn)] = json.loads(json.dumps(packed))
        compacted += "before" in packed
        exchanges.append(Exchange(str(turn), question, ANSWER))
        before = prompt.transcript.answered(ANSWER)
        again = rebuild(exchanges, sent)
        assert [one.messages() for one in again.turns] == [one.messages() for one in before.turns]
        assert again.shown() == before.shown()
        assert [(one.number, one.text, one.span) for one in again.passages] == [
            (one.number, one.text, one.span) for one in before.passages
        ]
        assert again.highest == before.highest
    assert compacted == 1


def test_a_turn_of_which_only_the_words_are_known_is_told_in_its_words() -> None:
    exchanges = [Exchange("a", "When?", "At 4.2 bar [7]."), Exchange("b", "Why?", "Because.")]
    found = rebuild(exchanges, {})
    assert [(one.question, one.message, one.answer) for one in found.turns] == [
        ("When?", "When?", "At 4.2 bar [7]."),
        ("Why?", "Why?", "Because."),
    ]
    assert found.highest == 7, "a number that an answer mentions comes to mean nothing else"


def test_nothing_is_stored_of_an_answer_that_had_not_begun() -> None:
    assert pack(Transcript(), Transcript()) is None
