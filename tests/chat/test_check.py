"""A sentence and its passage: what is called supported, weak and unsupported, and which lines bear it."""

from __future__ import annotations

import time

import pytest

from bench.citations import caught, judged, wronged
from ibidem.chat.check.amounts import same
from ibidem.chat.check.citations import cited, statements
from ibidem.chat.check.names import names
from ibidem.chat.check.numbers import numbers
from ibidem.chat.check.passages import Source
from ibidem.chat.check.verdict import judge
from tests.chat.passages import LEAVE, PASSAGES, PUMPS, TANKS, passage


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5만 원", "15,000 won"),
        ("1만 5천 원", "15000원"),
        ("3억 2천만 달러", "$320 million"),
        ("3월 2일", "2026-03-02"),
        ("March 2, 2026", "2026년 3월 2일"),
        ("2 March", "03-02-less 3월 2일"),
        ("24개월", "two years"),
        ("두 주", "14 days"),
        ("열흘", "10일"),
        ("오후 6시 30분", "18:30"),
        ("6 p.m.", "저녁 6시"),
        ("절반", "50 %"),
        ("3분의 2", "two thirds"),
        ("half an hour", "30분"),
        ("세 명", "3 people"),
        ("스물다섯 살", "twenty-five"),
        ("삼십 분", "30 minutes"),
        ("영하 20도", "-20 °C"),
        ("1.2 kg", "1200g"),
        ("in 2019", "2019년"),
    ],
)
def test_one_amount_in_two_wordings_is_the_same(one: str, other: str) -> None:
    assert same(numbers(one)[0], numbers(other)[-1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("15 days", "15 hours"),
        ("3월 2일", "3월 3일"),
        ("1.5만", "1.5천"),
        ("2년", "2019년"),
        ("6 p.m.", "06:00"),
        ("5달러", "5원"),
    ],
)
def test_other_amounts_are_not(one: str, other: str) -> None:
    assert not same(numbers(one)[0], numbers(other)[0])


def test_numbers_in_names_lists_and_marks_are_no_amounts() -> None:
    assert numbers("1. Set HP-450 to v1.2.3 [7]\n2. go") == ()


def test_names_are_capitals_inside_a_sentence_identifiers_and_korean_names() -> None:
    text = "Yesterday Kim set max_pool on HP-450."
    assert [name.text for name in names(text)] == ["Yesterday", "Kim", "max_pool", "HP-450"]
    assert [name.sure for name in names(text)] == [True, True, True, True]
    assert [name.text for name in names("담당 팀장 배유나가 승인한다.")] == ["배유나"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The reserve pump starts at 4.2 bar [1].",
        "- **The backup pump begins at 4.2 bar.**",
        "Valve V7 is not opened while it runs.",
        "예비 펌프는 4.2 bar에서 시작한다.",
    ],
)
def test_what_the_passage_says_is_supported_in_whatever_wording(sentence: str) -> None:
    assert judge(sentence, Source(PUMPS.text)).verdict == "supported"


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("The reserve pump starts at 4.9 bar.", "number"),
        ("The reserve pump starts at 3.8 bar.", "number"),
        ("The reserve pump of Grundfos starts at 4.2 bar.", "name"),
        ("The reserve pump does not start at 4.2 bar.", "negation"),
        ("The reserve pump stops at 4.2 bar.", "negation"),
        ("예비 펌프는 3.8 bar에서 시작한다.", "number"),
    ],
)
def test_what_the_passage_says_otherwise_is_unsupported(sentence: str, why: str) -> None:
    found = judge(sentence, Source(PUMPS.text))
    assert (found.verdict, found.why) == ("unsupported", why)


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("Lee approved the request of Kim.", "Kim approved the request of Lee."),
        ("박서윤이 이준혁을 추천했다.", "이준혁이 박서윤을 추천했다."),
        ("Clean the filter before you open the valve.", "Open the valve before you clean the filter."),
        ("난방비는 임대인이, 수리비는 임차인이 낸다.", "난방비는 임차인이, 수리비는 임대인이 낸다."),
    ],
)
def test_parts_that_changed_places_are_unsupported(sentence: str, passage: str) -> None:
    found = judge(sentence, Source(passage))
    assert (found.verdict, found.why) == ("unsupported", "swapped")


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("The request of Lee was approved by Kim.", "Kim approved the request of Lee."),
        ("After you clean the filter, open the valve.", "Clean the filter before you open the valve."),
        ("In 2016 Aster bought Nordlicht.", "Aster bought Nordlicht in 2016."),
    ],
)
def test_another_order_that_says_the_same_is_not_held_against_it(sentence: str, passage: str) -> None:
    assert judge(sentence, Source(passage)).why != "swapped"


def test_an_embedder_speaks_for_words_that_are_missing_but_not_against_a_contradiction() -> None:
    source = Source(PUMPS.text)
    wording = "At 4.2 bar the auxiliary aggregate springs to life."
    assert judge(wording, source).verdict == "weak"
    assert judge(wording, source, lambda *_: 0.9).verdict == "supported"
    assert judge("The reserve pump starts at 9.9 bar.", source, lambda *_: 0.99).verdict == "unsupported"


# --- footnotes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("It starts at 4.2 bar [1].", [1]),
        ("Tanks [3], pumps [1], tanks again [3].", [3, 1]),
        ("Both [3][1] at once.", [3, 1]),
        ("A number that is none [4] [0] [99], one that is [1].", [1]),
        ("[1234] [x] [ 1 ] (1) list[i]", []),
        ("`rows[1]`\n```\nx = [1]\n```\n", []),
        ("", []),
        ("arr[0] = 1", []),
    ],
)
def test_the_footnotes_are_the_passages_that_the_answer_names(answer: str, numbers: list[int]) -> None:
    assert [one.number for one in cited(answer, PASSAGES)] == numbers


def test_no_passages_give_no_footnotes() -> None:
    assert cited("All of it is true [1].", []) == []


def test_a_footnote_names_the_lines_that_bear_its_sentence() -> None:
    (pumps, leave, tanks) = cited(
        "The reserve pump starts at 4.2 bar [1]. 이월분은 3월 31일까지 쓴다 [2]. Tanks hold 100 litres [3].", PASSAGES
    )
    assert pumps.support is not None and leave.support is not None and tanks.support is not None
    assert (pumps.support.start_line, pumps.support.end_line) == (4, 4)
    assert pumps.support.text == "The reserve pump starts at 4.2 bar."
    assert leave.support.text == "이월분은 3월 31일까지 사용한다."
    assert (tanks.support.start_line, tanks.support.text) == (20, "Tanks hold 100 litres.")
    assert (pumps.start_line, pumps.end_line) == (3, 5)


def test_a_footnote_is_as_good_as_the_worst_sentence_that_cites_it() -> None:
    (one,) = cited("The reserve pump starts at 4.2 bar [1]. The main pump starts at 9.9 bar [1].", [PUMPS])
    assert one.verdict == "unsupported"
    assert one.support is not None and one.support.text == "The main pump starts at 3.8 bar."


def test_a_mark_vouches_for_its_part_of_the_sentence_or_for_the_sentence_before_it() -> None:
    answer = "The pump starts at 4.2 bar [1] and tanks hold 100 litres [3]. Tanks hold 100 litres. [3] Yes [2]."
    assert [(one.text, one.numbers) for one in statements(answer)] == [
        ("The pump starts at 4.2 bar", (1,)),
        ("and tanks hold 100 litres.", (3,)),
        ("Tanks hold 100 litres.", (3,)),
        ("Yes.", (2,)),
    ]


def test_a_sentence_that_takes_two_passages_is_not_held_against_either() -> None:
    both = cited("Tanks hold 100 litres and the reserve pump starts at 4.2 bar [1][3].", [PUMPS, TANKS])
    assert "unsupported" not in {one.verdict for one in both}


def test_a_quoted_sentence_is_supported() -> None:
    for one in (PUMPS, LEAVE, TANKS):
        for line in one.text.strip().splitlines():
            assert cited(f"{line} [{one.number}]", PASSAGES)[0].verdict == "supported"


# --- figures ---------------------------------------------------------------------------------------------------------


def test_altered_sentences_are_caught_and_true_ones_are_left_alone() -> None:
    """Floors over evals/citations.jsonl; `python -m bench.run citations` shows each class."""
    found = judged()
    for some in (found, [one for one in found if one.author == "own"]):
        missed = [(one.kind, one.sentence) for one in some if one.wrong]
        assert len(some) >= 300
        assert caught(some) >= 90, missed
        assert wronged(some) <= 5, missed


def test_a_quoted_sentence_rests_on_its_own_line_alone() -> None:
    passage = Source(
        "## 1. 연차\n\n- 15일을 부여한다.\n\n### 1.1 이월\n\n이월분은 3월 31일까지 사용한다.\n\n## 2. 신청\n\n1. 신청한다."
    )
    judgement = judge("이월분은 3월 31일까지 사용한다. [1]", passage)
    assert judgement.verdict == "supported"
    assert passage.text[judgement.start : judgement.end] == "이월분은 3월 31일까지 사용한다."


@pytest.mark.parametrize("sign", ["\n", "\n\n", " ", "1", "1.1", "1, ", "x [1] ", "가고 ", "~~~\n", "`a "])
def test_a_model_that_goes_round_in_circles_costs_no_more_than_one_that_does_not(sign: str) -> None:
    """Processor time, bounded a hundredfold: what grew with the square took minutes, and held up every stream."""
    answer = "The main pump starts at 3.8 bar [1]." + sign * (30_000 // len(sign)) + " The pump starts [1]."
    before = time.process_time()
    assert cited(answer, PASSAGES)
    assert time.process_time() - before < 5


@pytest.mark.parametrize("sign", ["\n", "1", "1.1", "~~~\n"])
def test_nor_does_a_passage_of_one_sign(sign: str) -> None:
    before = time.process_time()
    assert cited("The main pump starts at 3.8 bar [1].", [passage(1, sign * (30_000 // len(sign)))])
    assert time.process_time() - before < 5
