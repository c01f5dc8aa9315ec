"""What is kept of an answer: at most three sentences, in its language, shorter than itself."""

from __future__ import annotations

import pytest

from ibidem.chat.history import Exchange
from ibidem.chat.memory import MAX_TOKENS, SummaryUnusable, is_long, remembered, request, summary_of
from ibidem.chat.transcript import Transcript
from ibidem.types import estimate_tokens

ENGLISH = "The reserve pump starts at 4.2 bar. " * 20
KOREAN = "예비 펌프는 4.2바에서 기동한다. " * 20


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("One. Two. Three.", "One. Two. Three."),
        ("One. Two.\n\nThree. Four.", "One. Two. Three."),
        ("  It starts at 4.2 bar [1], e.g. in May.  ", "It starts at 4.2 bar [1], e.g. in May."),
        ("no full stop", "no full stop"),
        ("Short. Long " + "long " * 2 * MAX_TOKENS + ".", "Short."),
    ],
)
def test_the_first_sentences_are_kept(written: str, kept: str) -> None:
    assert summary_of(written, ENGLISH) == kept
    assert estimate_tokens(kept) <= MAX_TOKENS


def test_a_korean_answer_keeps_korean_sentences() -> None:
    assert summary_of("4.2바에서 기동한다. 둘째다. 셋째다. 넷째다.", KOREAN) == "4.2바에서 기동한다. 둘째다. 셋째다."


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("", ENGLISH),
        (" \n ", ENGLISH),
        ("It starts at 4.2 bar.", KOREAN),
        ("4.2바에서 기동한다.", ENGLISH),
        ("long " * 5 * MAX_TOKENS, ENGLISH),
        ("This says in more words what was short.", "It was short."),
    ],
)
def test_what_is_no_summary_is_refused_with_the_next_step(written: str, answer: str) -> None:
    with pytest.raises(SummaryUnusable) as error:
        summary_of(written, answer)
    assert error.value.hint


def test_an_answer_is_long_from_150_tokens_on() -> None:
    assert not is_long("x" * 600)
    assert is_long("x" * 604)


def test_the_language_is_asked_for_beside_the_text_and_not_in_the_system_message() -> None:
    english, korean = request(ENGLISH).messages, request(KOREAN).messages
    assert english[0] == korean[0]
    assert "Korean" in korean[1].content and "Korean" not in english[1].content


def test_summaries_stand_with_their_answers_and_change_nothing_that_is_sent() -> None:
    before = Transcript().said("one?", "One.").said("two?", "Two.")
    after = remembered(before, [Exchange("a", "one?", "One."), Exchange("b", "two?", "Two.")], {"b": "2"})
    assert [turn.summary for turn in after.turns] == ["", "2"]
    assert [turn.messages() for turn in after.turns] == [turn.messages() for turn in before.turns]
