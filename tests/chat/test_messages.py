"""A client's messages: what is found again of them, and what is no part of them."""

from __future__ import annotations

import pytest

from ibidem.chat.conversations import Conversations
from ibidem.chat.messages import Block, as_sent, footer, is_helper_prompt, split, without_footer
from ibidem.chat.transcript import Transcript
from ibidem.models.base import ChatMessage, Image, ToolCall

SYSTEM, GREETING = ChatMessage("system", "Be short."), ChatMessage("assistant", "Hello, [998] here.")
ASKED, SAID = ChatMessage("user", "When?"), ChatMessage("assistant", "At 4 [1].")
CALL = ChatMessage("assistant", "", tool_calls=(ToolCall("weather", {"city": "Oslo"}, "call_1"),))
RESULT = ChatMessage("tool", "rain [997]", tool_call_id="call_1", tool_name="weather")


def found(blocks: list[Block]) -> Transcript:
    """What is made of turns that nobody remembers."""
    return as_sent(Conversations().find(1, 1, [block.key for block in blocks]), blocks)


def test_messages_fall_apart_into_lead_turns_and_the_last_question() -> None:
    talk = split([SYSTEM, GREETING, ASKED, SAID, ASKED, CALL, RESULT, SAID, ASKED])
    assert talk
    assert talk.lead == (SYSTEM, GREETING)
    assert talk.earlier == (Block(ASKED, (SAID,)), Block(ASKED, (CALL, RESULT, SAID)))
    assert talk.last == Block(ASKED) and talk.asks


def test_a_tool_s_result_is_no_question() -> None:
    talk = split([ASKED, CALL, RESULT])
    assert talk and not talk.asks


@pytest.mark.parametrize("messages", [[], [SYSTEM], [GREETING, RESULT]])
def test_without_a_user_s_message_nothing_is_asked(messages: list[ChatMessage]) -> None:
    assert split(messages) is None


def test_unknown_turns_are_told_again_word_for_word() -> None:
    seen = ChatMessage("user", "What is this?", images=(Image("a", "image/png"),))
    blocks = [Block(ASKED, (SAID,)), Block(ASKED), Block(seen, (SAID,)), Block(ASKED, (CALL, RESULT, SAID))]
    told = [message for turn in found(blocks).turns for message in turn.messages()]
    assert told == [ASKED, SAID, ASKED, seen, SAID, ASKED, CALL, RESULT, SAID]


def test_numbers_in_a_tool_s_result_are_no_citations() -> None:
    assert found([Block(ASKED, (CALL, RESULT, SAID))]).highest == 1


def test_turns_that_differ_in_images_calls_or_results_are_different_turns() -> None:
    other = ChatMessage("tool", "sun", tool_call_id="call_1", tool_name="weather")
    seen = ChatMessage("user", "When?", images=(Image("a", "image/png"),))
    blocks = [
        Block(ASKED, (SAID,)),
        Block(seen, (SAID,)),
        Block(ASKED, (CALL, RESULT, SAID)),
        Block(ASKED, (CALL, other, SAID)),
    ]
    assert len({block.key for block in blocks}) == len(blocks)
    again = ChatMessage("assistant", "", tool_calls=(ToolCall("weather", {"city": "Oslo"}, "other id"),))
    assert Block(ASKED, (again, RESULT)).key == Block(ASKED, (CALL, RESULT)).key, "clients give calls ids of their own"


def test_our_footer_is_no_part_of_what_was_said_and_another_s_is() -> None:
    said = "At 4 [1]." + footer(
        ["[1] pumps.md, lines 1-2: http://127.0.0.1/#/documents/a", "[12] 밸브.md, page 2: http://x"]
    )
    assert without_footer(said) == without_footer(said.strip()) == "At 4 [1]."
    for kept in ("At 4.\n\n---\nSources:\nthe manual", f"{said}\nAnd more."):
        assert without_footer(kept) == kept
    assert Block(ASKED, (ChatMessage("assistant", said),)).key == Block(ASKED, (SAID,)).key


@pytest.mark.parametrize(
    "text",
    [
        "### Task: replace the pump",
        "Give the chat a title",
        "How do I write ### Guidelines: in Markdown?",
        "<chat_history> is what?",
    ],
)
def test_a_person_s_question_is_no_helper_prompt(text: str) -> None:
    assert not is_helper_prompt(text)
