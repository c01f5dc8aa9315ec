"""A history finds what was sent for it, as far as it is known; what is not, is made from its words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ibidem.chat import conversations
from ibidem.chat.conversations import Conversations, size_of
from ibidem.chat.transcript import Room, Transcript, next_turn
from ibidem.retrieve.followup import Turn
from tests.fakes.found import hit

ALICE, BOB, HOME, WORK = 1, 2, 10, 11
TURNS = [
    Turn("When does it start?", "At 4 bar [1]."),
    Turn("And stop?", "At 3 bar [2]."),
    Turn("왜요?", "닳아서요 [1]."),
]


def sent(turns: Sequence[Turn]) -> Transcript:
    """As an answer would have sent them: each turn found a place of its own."""
    transcript = Transcript()
    for turn in turns:
        found = [hit(f"{turn.question}.md", f"About {turn.question}")]
        room = Room.of(8192, 1024)
        asked = next_turn(transcript, turn.question, found, mode="chat", room=room, count=len)
        transcript = asked.transcript.answered(turn.answer)
    return transcript


def remembering(turns: Sequence[Turn] = TURNS) -> Conversations:
    known = Conversations()
    for end in range(1, len(turns) + 1):
        known.keep(ALICE, HOME, turns[:end], sent(turns[:end]))
    return known


def in_words(turns: Sequence[Turn]) -> Transcript:
    transcript = Transcript()
    for turn in turns:
        transcript = transcript.said(turn.question, turn.answer)
    return transcript


def test_a_history_finds_its_transcript() -> None:
    assert remembering().find(ALICE, HOME, TURNS) == sent(TURNS)


def test_no_history_is_a_new_conversation() -> None:
    assert remembering().find(ALICE, HOME, []) == Transcript()


def test_white_space_and_the_form_of_hangul_do_not_matter() -> None:
    trimmed = [Turn(f"  {turn.question}\n", unicodedata.normalize("NFD", turn.answer)) for turn in TURNS]
    assert remembering().find(ALICE, HOME, trimmed) == sent(TURNS)


def test_what_is_not_known_is_made_from_its_words() -> None:
    assert Conversations().find(ALICE, HOME, TURNS) == in_words(TURNS)


def test_another_user_and_another_workspace_do_not_see_it() -> None:
    known = remembering()
    assert known.find(BOB, HOME, TURNS) == in_words(TURNS)
    assert known.find(ALICE, WORK, TURNS) == in_words(TURNS)


def test_an_edited_history_keeps_what_stands_before_the_edit() -> None:
    edited = [TURNS[0], Turn("And when does it stop?", TURNS[1].answer), TURNS[2]]
    found = remembering().find(ALICE, HOME, edited)
    assert found.turns[:1] == sent(TURNS[:1]).turns
    assert found.turns[1:] == in_words(edited[1:]).turns
    assert found.passages == sent(TURNS[:1]).passages


def test_a_history_without_its_first_turn_is_another_conversation() -> None:
    assert remembering().find(ALICE, HOME, TURNS[1:]) == in_words(TURNS[1:])


def test_text_moved_from_the_question_to_the_answer_is_another_conversation() -> None:
    moved = [Turn("When does it", "start? At 4 bar [1].")]
    assert remembering().find(ALICE, HOME, moved) == in_words(moved)


def test_two_conversations_that_share_a_beginning_go_their_own_ways() -> None:
    known = remembering()
    other = [TURNS[0], Turn("Who checks it?", "The shift [2].")]
    assert known.find(ALICE, HOME, other[:1]) == sent(TURNS[:1])
    known.keep(ALICE, HOME, other, sent(other))
    assert known.find(ALICE, HOME, other) == sent(other)
    assert known.find(ALICE, HOME, TURNS) == sent(TURNS)


def test_only_so_many_turns_are_remembered_those_used_last() -> None:
    known = Conversations()
    talks = [[Turn(f"Question {n}?", "Yes.")] for n in range(conversations.OWNER_TURNS + 1)]
    for talk in talks[:-1]:
        known.keep(ALICE, HOME, talk, sent(talk))
    assert known.find(ALICE, HOME, talks[0]) == sent(talks[0])  # used again
    known.keep(ALICE, HOME, talks[-1], sent(talks[-1]))
    assert known.find(ALICE, HOME, talks[0]) == sent(talks[0])
    assert known.find(ALICE, HOME, talks[1]) == in_words(talks[1])


def test_only_so_many_bytes_are_remembered() -> None:
    known = Conversations()
    talks = [[Turn(f"Question {n}?", "word " * 40_000)] for n in range(40)]  # 8 MB
    for talk in talks:
        known.keep(ALICE, HOME, talk, sent(talk))
    kept = [talk for talk in talks if known.find(ALICE, HOME, talk) == sent(talk)]
    assert kept == talks[-len(kept) :]
    assert 0 < sum(size_of(sent(talk)) for talk in kept) <= conversations.OWNER_BYTES
    huge = [Turn("And this?", "word " * 1_000_000)]
    known.keep(ALICE, HOME, huge, sent(huge))
    assert known.find(ALICE, HOME, huge) == in_words(huge)
    assert known.find(ALICE, HOME, talks[-1]) == sent(talks[-1])


def test_one_user_does_not_crowd_out_another() -> None:
    known = remembering()
    for n in range(conversations.OWNER_TURNS + 1):
        known.keep(BOB, HOME, [Turn(f"Question {n}?", "Yes.")], Transcript())
    assert known.find(ALICE, HOME, TURNS) == sent(TURNS)


def test_only_so_many_users_are_remembered() -> None:
    known = remembering()
    for owner in range(100, 100 + conversations.OWNERS):
        known.keep(owner, HOME, TURNS, sent(TURNS))
    assert known.find(ALICE, HOME, TURNS) == in_words(TURNS)
    assert known.find(100, HOME, TURNS) == sent(TURNS)


def test_the_same_conversation_again_takes_no_more_room() -> None:
    known = Conversations()
    for _ in range(3 * conversations.OWNER_TURNS):
        known.keep(ALICE, HOME, TURNS, sent(TURNS))
    talks = [[Turn(f"Question {n}?", "Yes.")] for n in range(conversations.OWNER_TURNS - 1)]
    for talk in talks:
        known.keep(ALICE, HOME, talk, sent(talk))
    assert known.find(ALICE, HOME, TURNS) == sent(TURNS)
