"""What stands at the top of every prompt: our rules, the template's own words, its pairs; the same for a whole conversation."""

from __future__ import annotations

import pytest

from ibidem.chat.meter import Meter
from ibidem.chat.opening import head_of
from ibidem.chat.prompt import KOREAN_QUESTION, system_text
from ibidem.chat.template import NO_TEMPLATE, Filled
from ibidem.chat.transcript import Prompt, Room, Transcript, next_turn
from ibidem.chat.turns import tokens_of
from ibidem.errors import ContextTooLong
from ibidem.models.base import ChatMessage
from ibidem.store.templates import Example, TemplateSettings
from ibidem.types import Mode
from tests.fakes.found import hit

count = Meter().count
SHORT = Filled("Answer in one sentence.", (Example("a", "b"), Example("c", "d")))
OWN = Filled("한국어로 쓰세요.", settings=TemplateSettings(language="own"))


def ask(
    template: Filled,
    *,
    before: Transcript | None = None,
    mode: Mode = "chat",
    window: int = 100_000,
    question: str = "When?",
    length: int = 1,
) -> Prompt:
    found = [hit("pumps.md", "The pump starts at 4.2 bar. " * length)] if mode != "plain" else []
    room = Room.of(window, 256)
    return next_turn(before or Transcript(), question, found, mode=mode, room=room, count=count, template=template)


@pytest.mark.parametrize("mode", ["chat", "query", "plain"])
def test_the_rules_of_the_mode_come_first_then_the_templates_words_and_pairs(mode: Mode) -> None:
    system, *shots = ask(SHORT, mode=mode).messages[:-1]
    assert system.content == f"{system_text(mode)}\n\nAnswer in one sentence."
    assert shots == [
        ChatMessage("user", "a"),
        ChatMessage("assistant", "b"),
        ChatMessage("user", "c"),
        ChatMessage("assistant", "d"),
    ]


def test_without_a_template_nothing_changes() -> None:
    assert head_of(NO_TEMPLATE, "chat", 4096, count) == ((ChatMessage("system", system_text("chat")),), [])


def test_a_template_with_a_language_of_its_own_hears_nothing_of_the_questions() -> None:
    question = "언제 기동합니까?"
    ours, own = ask(SHORT, question=question), ask(OWN, question=question)
    assert "language of the question" in ours.messages[0].content
    assert ours.messages[-1].content.startswith(KOREAN_QUESTION)
    assert "language of the question" not in own.messages[0].content
    assert own.messages[-1].content.startswith("Question: ")
    assert "[1]" in own.messages[0].content


def test_a_templates_prompt_repeats_the_one_before() -> None:
    first = ask(SHORT)
    second = ask(SHORT, before=first.transcript.answered("At 4.2 bar [1]."))
    assert second.messages[: len(first.messages)] == first.messages


@pytest.mark.parametrize(("template", "label"), [(OWN, "Question:"), (SHORT, KOREAN_QUESTION)])
def test_a_turn_cut_to_what_it_cites_keeps_to_the_language_it_was_asked_in(template: Filled, label: str) -> None:
    (turn,) = ask(template, question="언제?").transcript.answered("4.2바 [1].").turns
    assert turn.message.startswith(label)
    assert turn.with_cited().message.startswith(label)


def test_the_last_pairs_are_left_out_where_a_quarter_of_the_window_is_not_enough() -> None:
    long = Filled("Be short.", tuple(Example(f"q{n} " * 80, f"a{n} " * 80) for n in range(6)))
    head, omitted = head_of(long, "chat", 2048, count)
    assert tokens_of(head, count) <= 2048 / 4
    assert [message.content[:2] for message in head[1:]] == ["q0", "a0", "q1", "a1"][: len(head) - 1]
    assert omitted == [{"examples": 6 - len(head) // 2, "reason": "window"}]
    assert omitted[0] in ask(long, window=2048).omitted
    assert head_of(long, "chat", 100_000, count)[1] == []


def test_a_text_that_takes_half_of_the_window_is_refused() -> None:
    with pytest.raises(ContextTooLong, match="template"):
        ask(Filled("Be short. " * 1000), window=2048)


@pytest.mark.parametrize("window", [1024, 2048, 4096])
def test_a_template_takes_its_room_from_the_passages(window: int) -> None:
    long = Filled("Be short. " * (window // 10))
    found = [hit(f"{n}.md", f"Pump {n} starts at {n} bar. " * 12) for n in range(20)]
    room = Room.of(window, 256)
    for template in (NO_TEMPLATE, long):
        prompt = next_turn(Transcript(), "When?", found, mode="chat", room=room, count=count, template=template)
        assert prompt.tokens <= room.prompt
        assert len(prompt.passages) + len(prompt.omitted) == 20
