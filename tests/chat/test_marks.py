"""The text that is shown: unknown marks gone, missing marks set, code untouched, however the model cuts its deltas."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from ibidem.chat.check.marks import Marks
from ibidem.chat.check.place import Placer
from tests.chat.passages import PASSAGES

KNOWN = {1, 2, 3}
RESERVE = "The reserve pump starts at 4.2 bar"


def shown(deltas: Sequence[str], known: set[int] | None = KNOWN) -> str:
    marks = Marks(known, Placer(PASSAGES).place)
    return "".join([*map(marks.feed, deltas), marks.end()])


MIXED = [
    "It starts at 4.2 bar [1]. The tank [9] holds it [1, 9], e.g. 100 litres [2][9]; see [^3], 【1】 and 【2†notes】.",
    "Call `x[9]` or f(x)[9] or rows[1].\n```py\nrows[9] = [9]\n# The reserve pump starts at 4.2 bar.\n```\nDone [9].",
    f"# {RESERVE}\n\n- {RESERVE}\n- **{RESERVE}.** Yes\n\n| {RESERVE} |\n{RESERVE}? {RESERVE}. [1] {RESERVE}.\n",
    "쓰지 않은 연차는 최대 7일까지 이월한다.이월분은 3월 31일까지 사용한다. 다른 것[9]도 있다[2]. 2024. 4. 10. 끝",
    "An ` open tick [9]\n\nand [1](http://x) [link [9]] [1-3] [] [ ] [12345] ... [ 2 ] ~~[9]~~\n~~~\n[9] ~~ `\n~~~\n[9]",
]


@pytest.mark.parametrize("text", MIXED)
def test_what_is_shown_does_not_depend_on_how_the_text_is_cut(text: str) -> None:
    dice, whole = random.Random(5), shown([text])
    for _ in range(200):
        cuts = [0, *sorted(dice.sample(range(1, len(text)), dice.randrange(1, len(text)))), len(text)]
        assert shown([text[start:end] for start, end in pairwise(cuts)]) == whole
    assert shown(list(text)) == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Whales sing [9].", "Whales sing."),
        ("Whales [9] sing.", "Whales sing."),
        ("Whales sing. [9] Loudly.", "Whales sing. Loudly."),
        ("고래[9]가 운다 [9].", "고래가 운다."),
        ("Whales sing [1, 9].", "Whales sing [1]."),
        ("Whales sing [9][2].", "Whales sing [2]."),
        ("Whales sing [1;2].", "Whales sing [1][2]."),
        ("Whales sing [1-3].", "Whales sing [1][2][3]."),
        ("Whales sing [^1].", "Whales sing [1]."),
        ("Whales sing【2†source】.", "Whales sing[2]."),
        ("(Whales sing [9])", "(Whales sing)"),
        ("Whales sing [1](http://w).", "Whales sing [1](http://w)."),
        ("Whales sing [12345].", "Whales sing [12345]."),
        ("Whales sing [sic].", "Whales sing [sic]."),
    ],
)
def test_marks_name_passages_of_the_conversation_or_go(text: str, expected: str) -> None:
    assert shown([text]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Take x[9] and f()[9] here.",
        "Take `[9]` and ``a ` [9]`` here.",
        f"```\n{RESERVE}. [9]\n```\n",
        f"~~~ py\n[9]\n{RESERVE}.\n~~~\n",
        "```\nnever closed [9]\n",
    ],
)
def test_code_is_left_alone(text: str) -> None:
    assert shown([text]) == text


def test_without_documents_brackets_mean_something_else() -> None:
    assert shown(["The list [1, 2] has two [9]."], known=None) == "The list [1, 2] has two [9]."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{RESERVE}.", f"{RESERVE} [1]."),
        (f"Whales sing. {RESERVE}. They do.", f"Whales sing. {RESERVE} [1]. They do."),
        (f"- {RESERVE}\n- Whales sing\n", f"- {RESERVE} [1]\n- Whales sing\n"),
        ("이월분은 3월 31일까지 사용한다.", "이월분은 3월 31일까지 사용한다 [2]."),
        (RESERVE, f"{RESERVE} [1]"),
    ],
)
def test_a_sentence_that_clearly_rests_on_a_passage_gets_its_mark(text: str, expected: str) -> None:
    assert shown([text]) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"# {RESERVE}\n",
        f"{RESERVE}:\n",
        f"**{RESERVE}**\n",
        f"| {RESERVE} |\n",
        f"{RESERVE}?",
        f"{RESERVE} [1].",
        f"{RESERVE}. [1]",
        "The reserve pump [1] starts at 4.2 bar.",
        "The reserve pump starts at 9.9 bar.",
        "The documents do not say when the reserve pump starts.",
        "문서에는 이월분을 3월 31일까지 사용한다는 내용이 없습니다.",
        "Hello! Sure, here it is.",
        "Whales sing beautifully.",
    ],
)
def test_no_mark_is_set_where_none_belongs(text: str) -> None:
    assert shown([text]) == text


def test_a_token_is_held_back_only_at_the_end_of_a_sentence_or_before_a_mark() -> None:
    marks = Marks(KNOWN, Placer(PASSAGES).place)
    assert [marks.feed(delta) for delta in ("The", " pump", " sta", "rts", ".", " It", " is [", "1", "]", ".", "\n")] == [
        "The", " pump", " sta", "rts", "", ". It", " is", "", "", " [1]", ".\n",
    ]  # fmt: skip
