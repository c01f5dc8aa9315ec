"""What a model reports corrects what is thought of it: tokens by script, and how fast it reads."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ibidem.chat.meter import MESSAGE_TOKENS, Meter
from ibidem.models.base import ChatMessage

ROOT = Path(__file__).parents[2]
ENGLISH = [path.read_text("utf-8") for path in sorted(ROOT.glob("docs/*.md"))]
CODE = [path.read_text("utf-8") for path in sorted(ROOT.glob("ibidem/retrieve/*.py"))]
KOREAN = [path.read_text("utf-8") for path in sorted(ROOT.glob("examples/handbook/*-*.md"))]

Tokenizer = Callable[[str], int]


def tokenizer(letters: int, syllable: float) -> Tokenizer:
    """Words in pieces of so many letters, signs and digits one by one, Hangul at so many tokens a syllable."""

    def count(text: str) -> int:
        words, hangul = re.findall(r"[A-Za-z]+", text), len(re.findall(r"[가-힣]", text))
        signs = len(re.findall(r"[^\sA-Za-z가-힣]|\n", text))
        return sum(math.ceil(len(word) / letters) for word in words) + signs + math.ceil(syllable * hangul)

    return count


def test_a_speed_that_was_measured_before_counts_until_two_prompts_were_timed() -> None:
    meter = Meter()
    assert meter.readable(8.0) is None
    meter.expected = 100.0
    assert meter.readable(8.0) == 800
    meter.timed(1000, 5.0)
    assert meter.readable(8.0) == 800
    meter.timed(1000, 4.0)
    assert meter.readable(8.0) == 2000


TOKENIZERS = [tokenizer(8, 0.7), tokenizer(5, 1.0), tokenizer(3, 1.3), tokenizer(1, 1.0)]


def pieces(texts: list[str], dice: random.Random) -> str:
    text = dice.choice(texts)
    begin = dice.randrange(max(1, len(text) - 2000))
    return text[begin : begin + dice.randint(500, 2000)]


@pytest.mark.parametrize("tokens", TOKENIZERS)
@pytest.mark.parametrize("texts", [[ENGLISH], [CODE], [KOREAN], [ENGLISH, CODE, KOREAN]])
@pytest.mark.parametrize("seed", range(3))
def test_after_three_answers_no_prompt_is_counted_more_than_five_per_cent_low(
    tokens: Tokenizer, texts: list[list[str]], seed: int
) -> None:
    """A conversation whose turns each add passages, of one kind or mixed."""
    dice, meter = random.Random(seed), Meter()
    messages: list[ChatMessage] = []
    for turn in range(10):
        messages += [ChatMessage("user", "\n".join(pieces(dice.choice(texts), dice) for _ in range(3)))]
        true = sum(tokens(message.content) + 4 for message in messages)
        counted = sum(meter.count(message.content) + MESSAGE_TOKENS for message in messages)
        if turn >= 3:
            assert 0.95 * true <= counted <= 1.3 * true
        meter.learn(messages, true)


def test_english_answers_do_not_make_korean_seem_short() -> None:
    meter = Meter()
    for text in ENGLISH[:4]:
        meter.learn([ChatMessage("user", text)], TOKENIZERS[0](text))
    prose = "예비 펌프는 저수지의 수위가 낮아지면 기동하고 높아지면 멈춘다.\n" * 50
    assert meter.count(prose) >= 0.95 * tokenizer(8, 1.0)(prose)


def test_before_any_answer_the_count_is_rather_high() -> None:
    meter = Meter()
    assert meter.count("word " * 400) > 500
    assert meter.count("가" * 140) > 100
    assert meter.count("") == 0


@pytest.mark.parametrize("reported", [0, 12, 10**9])
def test_a_count_of_only_what_was_read_anew_teaches_nothing(reported: int) -> None:
    meter = Meter()
    meter.learn([ChatMessage("user", ENGLISH[0])], reported)
    assert meter.count(ENGLISH[0]) == Meter().count(ENGLISH[0])


@pytest.mark.parametrize("text", ["", "Thank you!"])
def test_a_short_prompt_teaches_nothing(text: str) -> None:
    """The words that the template adds would be taken for its."""
    meter = Meter()
    meter.learn([ChatMessage("user", text)], 20)
    assert meter.count("word " * 400) == Meter().count("word " * 400)


def test_the_speed_is_the_best_of_the_last_ones() -> None:
    meter = Meter()
    meter.timed(1000, 40.0)  # the model was loaded first
    assert meter.readable(8.0) is None
    meter.timed(1000, 10.0)
    assert meter.readable(8.0) == 800
    for _ in range(5):
        meter.timed(1000, 20.0)
    assert meter.readable(8.0) == 400


@pytest.mark.parametrize(("fresh", "seconds"), [(255, 0.001), (1000, 0.0), (-5, 1.0)])
def test_what_was_hardly_read_says_nothing_of_speed(fresh: int, seconds: float) -> None:
    meter = Meter()
    for _ in range(2):
        meter.timed(fresh, seconds)
    assert meter.readable(8.0) is None
