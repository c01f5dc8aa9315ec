"""A conversation grows at its end: prompts repeat each other, passages keep their numbers, and what does not fit is named."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from ibidem.chat.meter import Meter
from ibidem.chat.transcript import Prompt, Room, Transcript, next_turn
from ibidem.chat.turns import beginning
from ibidem.models.base import ChatMessage
from ibidem.retrieve.budget import Ranked
from ibidem.types import Mode
from tests.fakes.found import hit

count = Meter().count

ENGLISH = "The reserve pump of station {n} starts at {n}.2 bar and is inspected every {n} weeks by the shift on duty. "
KOREAN = "제{n} 취수장의 예비 펌프는 {n}.2바에서 기동하며 담당 근무조가 {n}주마다 점검하고 기록을 남긴다. "


def chunk(n: int, *, sentence: str = ENGLISH, score: float = 1.0, length: int = 6) -> Ranked:
    return hit(f"station{n}.md", sentence.format(n=n) * length, score=score)


def ask(
    before: Transcript,
    found: Sequence[Ranked],
    *,
    question: str = "When does it start?",
    window: int = 100_000,
    readable: int | None = None,
    mode: Mode = "chat",
) -> Prompt:
    return next_turn(before, question, found, mode=mode, room=Room.of(window, 256, readable), count=count)


def conversation(
    turns: Sequence[Sequence[Ranked]], window: int, answer: str = "At that pressure [1]. " * 25
) -> list[Prompt]:
    prompts: list[Prompt] = []
    before = Transcript()
    for number, found in enumerate(turns):
        prompts.append(ask(before, found, question=f"Question {number}: when does it start?", window=window))
        before = prompts[-1].transcript.answered(answer)
    return prompts


def goes_on(one: Prompt, other: Prompt) -> bool:
    """The other prompt is this one, an answer, and a question."""
    kept = len(one.messages)
    return other.messages[:kept] == one.messages and [m.role for m in other.messages[kept:]] == ["assistant", "user"]


def text(prompt: Prompt) -> str:
    return "\n".join(message.content for message in prompt.messages)


def numbers_shown(messages: Sequence[ChatMessage]) -> list[int]:
    return [int(n) for message in messages for n in re.findall(r"^\[(\d+)\] \S+ \(", message.content, re.MULTILINE)]


# --- the prefix ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sentence", "window"), [(ENGLISH, 6000), (KOREAN, 8500)])
def test_each_prompt_repeats_the_one_before_but_for_one_compaction_in_twelve_turns(sentence: str, window: int) -> None:
    """Each turn finds two new places and one that an earlier turn has found."""
    turns = [[chunk(n, sentence=sentence) for n in (2 * turn, 2 * turn + 1, max(0, turn - 1))] for turn in range(12)]
    prompts = conversation(turns, window)
    whole = [goes_on(one, other) for one, other in pairwise(prompts)]
    assert whole.count(False) == 1
    compacted = prompts[whole.index(False) + 1]
    assert compacted.tokens <= window // 2
    assert prompts[whole.index(False)].tokens > window * 0.7
    assert max(prompt.tokens for prompt in prompts) <= 0.8 * window
    assert prompts[0].messages[0] == compacted.messages[0] == prompts[-1].messages[0]


def test_a_turn_that_finds_nothing_new_adds_only_its_question() -> None:
    first = ask(Transcript(), [chunk(1), chunk(2)])
    again = [chunk(2), chunk(1, score=0.5)]
    second = ask(first.transcript.answered("At 1.2 bar [1]."), again, question="And why?")
    assert goes_on(first, second)
    assert second.messages[-1].content == "Question: And why?\n\nSee also, further up: [1], [2]"
    assert [passage.number for passage in second.passages] == [2, 1]  # as found


def test_a_plain_turn_in_between_leaves_the_passages_where_they_are() -> None:
    first = ask(Transcript(), [chunk(1)])
    plain = ask(first.transcript.answered("At 1.2 bar [1]."), [], question="Thank you", mode="plain")
    third = ask(plain.transcript.answered("You are welcome."), [chunk(1)])
    assert plain.messages[1:-1] == (*first.messages[1:], ChatMessage("assistant", "At 1.2 bar [1]."))
    assert third.messages[-1].content.endswith("See also, further up: [1]")


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_place_keeps_its_number_and_new_ones_are_numbered_on() -> None:
    first = ask(Transcript(), [chunk(1), chunk(2, score=0.5)])
    second = ask(first.transcript.answered("Yes [2]."), [chunk(3), chunk(2, score=0.4)])
    assert [(one.number, one.path) for one in second.passages] == [(3, "station3.md"), (2, "station2.md")]
    assert numbers_shown(second.messages) == [1, 2, 3]


def test_part_of_a_passage_is_known_and_what_follows_it_is_new() -> None:
    parts = [hit("manual.md", ENGLISH.format(n=n), ordinal=n) for n in range(4)]
    first = ask(Transcript(), parts[:2])
    second = ask(first.transcript.answered("Yes [1]."), parts[1:3])
    assert numbers_shown(first.messages) == [1]
    assert [(one.number, one.text) for one in second.passages] == [
        (1, parts[0].stored.chunk.text + parts[1].stored.chunk.text),
        (2, parts[2].stored.chunk.text),
    ]


def test_a_text_that_has_changed_is_another_passage() -> None:
    first = ask(Transcript(), [hit("rules.md", "At 4 bar.")])
    second = ask(first.transcript.answered("At 4 [1]."), [hit("rules.md", "At 5 bar.")])
    assert [(one.number, one.text) for one in second.passages] == [(2, "At 5 bar.")]


def test_the_same_words_in_another_document_are_another_passage() -> None:
    first = ask(Transcript(), [hit("a.md", "At 4 bar.")])
    second = ask(first.transcript.answered("At 4 [1]."), [hit("b.md", "At 4 bar.")])
    assert [(one.number, one.path) for one in second.passages] == [(2, "b.md")]


def test_a_number_that_an_answer_mentions_is_given_to_nothing_else() -> None:
    """Its passage may be forgotten, or was never there; code is no mention."""
    before = Transcript().said("When?", "At 4 bar [7], see [2]. `pumps[90]` holds it.")
    assert numbers_shown(ask(before, [chunk(1)]).messages) == [8]
    compacted = ask(before, [chunk(1)], question="why? " * 5000, window=4000)
    assert [one.number for one in compacted.passages] == [8]


# --- compaction ------------------------------------------------------------------------------------------------------


def long_talk(turns: int = 8) -> Transcript:
    return conversation([[chunk(2 * n), chunk(2 * n + 1)] for n in range(turns)], 100_000)[-1].transcript.answered(
        "So it is."
    )


def test_compaction_keeps_the_last_turns_whole_and_the_older_ones_short() -> None:
    before = long_talk()
    prompt = ask(before, [chunk(99)], window=4000)
    turns = prompt.transcript.turns[:-1]
    told = [
        [was.shortened(), was.without_passages(), was.with_cited(), was].index(turn)
        for turn, was in zip(turns, before.turns[-len(turns) :], strict=True)
    ]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 3)


def test_a_last_turn_too_long_to_be_kept_whole_keeps_the_passages_that_its_answer_cites() -> None:
    found = [chunk(n, length=10) for n in range(8)]
    first = ask(Transcript(), found).transcript.answered("At 2.2 bar [3], not at x[1].")
    second = ask(first, [chunk(9)], window=3000)
    assert numbers_shown(second.messages[:-1]) == [3]
    assert "bar is inspected" not in text(second).split("[3] station2.md")[0]
    assert [one["number"] for one in second.omitted if "number" in one] == [1, 2, 4, 5, 6, 7, 8]


def test_compaction_takes_summaries_where_there_are_some() -> None:
    before = long_talk()
    summed = replace(before, turns=tuple(replace(turn, summary="It starts.") for turn in before.turns))
    prompt = ask(summed, [chunk(99)], window=4000)
    assert prompt.transcript.turns[0].answer == "It starts."
    assert prompt.tokens < ask(before, [chunk(99)], window=4000).tokens


def test_what_compaction_took_away_is_named() -> None:
    before = long_talk()
    prompt = ask(before, [chunk(99)], window=4000)
    gone = {one["number"] for one in prompt.omitted if "number" in one}
    assert gone == before.shown() - set(numbers_shown(prompt.messages)) != set()
    assert {one["path"] for one in prompt.omitted if "number" in one} <= {one.path for one in before.passages}
    assert {one["reason"] for one in prompt.omitted} == {"compaction"}
    (cut,) = [one["turns"] for one in prompt.omitted if "turns" in one]
    assert cut == sum(turn not in prompt.transcript.turns for turn in before.turns)


def test_a_passage_that_compaction_took_away_comes_back_under_its_number() -> None:
    before = long_talk()
    gone = ask(before, [chunk(99)], window=4000).transcript.answered("Yes.")
    assert 1 not in gone.shown()
    back = ask(gone, [chunk(0)], window=4000)
    assert [(one.number, one.path) for one in back.passages] == [(1, "station0.md")]
    assert "[1] station0.md" in back.messages[-1].content
    assert back.transcript.passages == gone.passages


def test_a_passage_found_in_the_turn_that_compacts_is_shown_there_and_not_named_as_gone() -> None:
    before = long_talk()
    prompt = ask(before, [chunk(0)], window=4000)
    assert "[1] station0.md" in prompt.messages[-1].content
    assert 1 not in {one.get("number") for one in prompt.omitted}


def test_a_question_as_long_as_the_window_drops_the_conversation_and_is_sent() -> None:
    prompt = ask(long_talk(), [chunk(1)], question="why? " * 5000, window=4000)
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.omitted[-1] == {"turns": 8, "reason": "compaction"}


# --- how much a turn adds --------------------------------------------------------------------------------------------


def test_a_turn_adds_no_more_than_a_third_of_the_window() -> None:
    found = [chunk(n, length=12) for n in range(12)]
    prompt = ask(Transcript(), found, window=4096)
    added = sum(count(passage.text) for passage in prompt.passages)
    assert 800 < added <= 4096 / 3
    assert [one["path"] for one in prompt.omitted] == [f"station{n}.md" for n in range(len(prompt.passages), 12)]
    assert {one["reason"] for one in prompt.omitted} == {"window"}


def test_a_turn_adds_no_more_than_the_machine_reads_in_time_but_one_chunk_at_least() -> None:
    found = [chunk(n, length=12) for n in range(12)]
    quick, slow = ask(Transcript(), found, readable=2000), ask(Transcript(), found, readable=10)
    assert 12 > len(quick.passages) > len(slow.passages) >= 1
    assert sum(count(passage.text) for passage in quick.passages) <= 2000
    assert {one["reason"] for one in [*quick.omitted, *slow.omitted]} == {"budget"}
    longest_korean = "가" * int(480 * 1.4)
    assert len(ask(Transcript(), [hit("긴.md", longest_korean)], readable=10).passages) == 1


def test_what_stands_further_up_takes_nothing_from_the_new() -> None:
    found = [chunk(n, length=12) for n in range(6)]
    first = ask(Transcript(), found[:3], readable=1100)
    second = ask(first.transcript.answered("Yes."), found, readable=1100)
    assert (len(first.passages), len(second.passages), second.omitted) == (3, 6, [])


def test_a_chunk_too_long_for_what_is_left_lets_a_shorter_one_in() -> None:
    prompt = ask(Transcript(), [chunk(1), chunk(2, length=200), chunk(3)], window=4000)
    assert [one.path for one in prompt.passages] == ["station1.md", "station3.md"]


# --- any conversation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_asked_the_prompt_holds_together(seed: int) -> None:
    dice = random.Random(seed)
    window = dice.choice([1024, 2048, 4096, 8192])
    places = [chunk(n, sentence=dice.choice([ENGLISH, KOREAN]), length=dice.randint(1, 9)) for n in range(30)]
    before, number_of, last = Transcript(), {}, None
    for _ in range(15):
        found = dice.sample(places, dice.randint(0, 6))
        prompt = ask(before, found, question=dice.choice(["Why?", "언제 기동합니까?"]), window=window)
        shown = numbers_shown(prompt.messages)
        assert len(shown) == len(set(shown))
        assert {one.number for one in prompt.passages} <= set(shown)
        for passage in prompt.passages:
            assert number_of.setdefault(passage.path, passage.number) == passage.number
            assert passage.text.strip() in text(prompt)
        assert len(set(number_of.values())) == len(number_of)
        assert prompt.tokens <= min(0.8 * window, window - 256)
        compacted = any(one["reason"] == "compaction" for one in prompt.omitted)
        assert last is None or compacted or goes_on(last, prompt)
        assert not compacted or prompt.tokens <= window / 2
        assert {one.path for one in prompt.passages} | {one["path"] for one in prompt.omitted if "path" in one} >= {
            one.stored.path for one in found
        }
        last, before = prompt, prompt.transcript.answered(dice.choice(["Yes [1]. ", "예 [2]. "]) * dice.randint(1, 60))


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Short.", "Short."),
        ("One sentence. Another one. And a third.", "One sentence. …"),
        ("no sentence ends anywhere here at all", "no sentence ends …"),
        ("펌프는 정지한다. 그리고 다시 기동하여 수위를 맞춘다.", "펌프는 정지한다. …"),
        ("x" * 50, "x" * 20 + " …"),
    ],
)
def test_a_text_is_shortened_at_a_sentence_else_at_a_word(text: str, short: str) -> None:
    assert beginning(text, 20) == short
