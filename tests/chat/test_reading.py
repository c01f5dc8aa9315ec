"""Texts given with a question are read whole and in order where they fit, else in part, and what is left out is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from ibidem.chat.meter import Meter
from ibidem.chat.reading import read_given, texts_of
from ibidem.chat.transcript import GIVEN_SHARE, Prompt, Room, Transcript, next_turn
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.given import Given, given_text, weigh
from ibidem.types import Mode
from tests.fakes.found import hit

count = Meter().count
ANY = 1 << 20


def paragraphs(n: int, word: str = "Station") -> str:
    return "\n\n".join(f"{word} {place} keeps its log in cabinet {place}. " * 18 for place in range(n))


LONG = given_text("long.md", paragraphs(40))
SHORT = given_text("short.md", paragraphs(4, "Depot"))


def ask(
    given: Sequence[Given],
    *,
    found: Sequence[Ranked] = (),
    question: str = "Summarise this post",
    before: Transcript | None = None,
    mode: Mode = "chat",
    window: int = 8192,
) -> Prompt:
    texts = weigh(question, given).texts
    room = Room.of(window, 512)
    return next_turn(before or Transcript(), question, found, mode=mode, room=room, count=count, given=texts)


def test_a_text_that_fits_is_read_whole_in_its_order_and_numbered_first() -> None:
    other = hit("found.md", "The handbook says so.", score=3.0)
    prompt = ask([SHORT], found=[other])
    assert [one.path for one in prompt.passages] == ["short.md"] * len(SHORT.chunks) + ["found.md"]
    assert [one.number for one in prompt.transcript.passages] == list(range(1, len(SHORT.chunks) + 2))
    texts = [one.text for one in prompt.transcript.passages[:-1]]
    assert "".join(texts) == paragraphs(4, "Depot")
    assert prompt.omitted == []
    places = [prompt.messages[-1].content.index(f"[{n}] ") for n in range(1, len(texts) + 2)]
    assert places == sorted(places)


def test_of_a_text_too_long_the_parts_a_question_is_about_are_read_and_the_rest_is_named() -> None:
    prompt = ask([LONG], question="In which cabinet is the log of station 33?", window=4096)
    assert prompt.passages[0].number <= len(prompt.passages)
    assert any("Station 33 " in one.text for one in prompt.passages)
    lines = [one.span.start_line for one in prompt.transcript.passages]
    assert lines == sorted(lines)
    assert prompt.tokens <= 0.8 * 4096
    read = {line for one in prompt.passages for line in range(one.span.start_line, one.span.end_line + 1)}
    left = {line for hole in prompt.omitted for line in range(hole["start_line"], hole["end_line"] + 1)}
    assert not read & left
    told = {
        number for one in LONG.chunks for number in (one.stored.chunk.span.start_line, one.stored.chunk.span.end_line)
    }
    assert told <= read | left
    assert {(hole["path"], hole["reason"]) for hole in prompt.omitted} == {("long.md", "window")}


def test_of_a_text_too_long_to_be_summarised_whole_beginning_end_and_what_lies_between_are_read() -> None:
    prompt = ask([LONG], window=4096)
    lines = [one.span.start_line for one in prompt.transcript.passages]
    last = LONG.chunks[-1].stored.chunk.span.start_line
    assert (lines[0], lines[-1]) == (1, last)
    assert max(b - a for a, b in pairwise(lines)) < last / 2


def test_a_short_text_is_read_whole_beside_a_long_one() -> None:
    read, holes = read_given([LONG, SHORT], 2000, count)
    titles = [one.stored.title for one in read]
    assert titles.count("short.md") == len(SHORT.chunks)
    assert titles == sorted(titles)
    assert {hole["path"] for hole in holes} == {"long.md"}
    assert read_given([LONG, SHORT], ANY, count) == ([*LONG.chunks, *SHORT.chunks], [])
    assert read_given([], 0, count) == ([], [])


def test_chunks_beyond_those_that_are_looked_at_are_told() -> None:
    _, holes = read_given([replace(SHORT, rest=7)], ANY, count)
    assert holes == [{"path": "short.md", "chunks": 7, "reason": "window"}]


@pytest.mark.parametrize("window", [1024, 2048, 4096, 8192])
def test_given_texts_take_at_most_half_of_the_window_and_the_prompt_holds_together(window: int) -> None:
    found = [hit(f"{n}.md", f"Pump {n} starts at {n} bar. " * 12) for n in range(20)]
    prompt = ask([LONG, SHORT], found=found, window=window)
    given = sum(count(one.text) for one in prompt.passages if one.path in ("long.md", "short.md"))
    assert 0 < given <= GIVEN_SHARE * window
    assert prompt.tokens <= Room.of(window, 512).prompt


def test_a_text_given_again_stands_further_up_and_costs_nothing() -> None:
    first = ask([SHORT])
    again = ask(
        [SHORT], before=first.transcript.answered("They keep logs [1]."), question="Summarise it in one sentence"
    )
    assert again.messages[: len(first.messages)] == first.messages
    assert "cabinet" not in again.messages[-1].content
    assert [one.number for one in again.passages] == [one.number for one in first.passages]


def test_a_text_that_was_given_and_found_stands_there_once() -> None:
    chunk = SHORT.chunks[0]
    prompt = ask([SHORT], found=[chunk])
    assert len(prompt.passages) == len(SHORT.chunks)
    assert prompt.messages[-1].content.count("Depot 0") == 18


def test_in_plain_mode_the_text_stands_behind_the_question_without_numbers() -> None:
    prompt = ask([SHORT], mode="plain", question="Translate this")
    asked = prompt.messages[-1].content
    assert asked.startswith('Translate this\n\n<text title="short.md">\nDepot 0')
    assert "[1]" not in asked
    assert (prompt.passages, prompt.transcript.passages) == ([], ())


def test_in_plain_mode_a_gap_in_a_text_is_marked() -> None:
    ((_, text),) = texts_of([LONG.chunks[0], LONG.chunks[3]])
    assert text.count("\n[…]\n") == 1
    prompt = ask([LONG], mode="plain", question="Translate this", window=4096)
    assert prompt.omitted and prompt.tokens <= 0.8 * 4096
