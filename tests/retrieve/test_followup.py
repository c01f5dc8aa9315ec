"""What leans on the conversation borrows its words; what stands on its own is searched as it was asked."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ibidem.retrieve.followup import MAX_CARRIED, MAX_CHARS, Turn, with_references

LEAVE = [Turn("연차는 며칠까지 이월되나요?", "최대 7일까지 이월합니다. [1]")]
TORQUE = [Turn("What torque do the M12 casing bolts of the HP-200 take?", "79 N·m, in three passes. [1]")]
LIST = [
    Turn("What does the yearly check cover?", "It covers:\n1. impeller wear [1]\n2. check valve [1]\n3. backup battery")
]


@pytest.mark.parametrize(
    "question",
    [
        "그럼 취소는?",
        "취소는요?",
        "그건 어디서 설정해?",
        "왜요?",
        "언제까지 써야 하나요?",
        "기한이 지나면요?",
        "그때는 누가 승인해요?",
    ],
)
def test_a_korean_question_that_leans_borrows_the_last_question(question):
    found = with_references(question, LEAVE)
    assert {"연차", "이월"} <= found.carried.keys()
    assert all(0 < share < 1 for share in found.carried.values())
    assert found.because


@pytest.mark.parametrize(
    "question", ["And the M10 ones?", "what about Korean?", "why?", "Where is it stored?", "How long does it take?"]
)
def test_an_english_question_that_leans_borrows_the_last_question(question):
    found = with_references(question, TORQUE)
    assert {"torque", "casing", "bolts"} <= found.carried.keys()
    assert found.because


@pytest.mark.parametrize(
    "question",
    [
        "비밀번호는 몇 자 이상이어야 하나요?",
        "RateLimiter가 뭐야?",
        "그런데 노트북 화면은 몇 분 뒤에 잠기게 해야 하나요?",
        "두 번째 재시도는 몇 초 뒤에 하나요?",
        "하루에 2번 점검해야 하는 장비는 무엇인가요?",
        "Where is the seal stored?",
        "What is Tantivy?",
        "Which file holds the key that signs a browser in?",
        "How long does it take to charge the backup battery?",
        "If the pressure vessel loses its charge, how do I refill it?",
        "How does an answer get its citations checked?",
        "Is there a limit for uploads?",
        "Who pages the second engineer?",
        "By the way, what is it called?",
        "그나저나 그건 누가 정해?",
        "rings_phone",
        "",
        "?!",
        "🙂",
    ],
)
def test_a_question_of_its_own_is_left_as_it_is(question):
    for turns in (LEAVE, TORQUE, LIST):
        found = with_references(question, turns)
        assert (found.text, dict(found.carried), found.because) == (question, {}, "")


def test_without_turns_nothing_is_changed():
    assert with_references(" 그럼 취소는? ", []).text == " 그럼 취소는? "


@pytest.mark.parametrize(
    ("question", "item"),
    [
        ("And the second one?", {"check", "valve"}),
        ("두 번째는요?", {"check", "valve"}),
        ("첫 번째 항목은 언제 바꿔?", {"impeller", "wear"}),
        ("3번은요?", {"backup", "battery"}),
        ("마지막 것은 얼마예요?", {"backup", "battery"}),
        ("How much is the last one?", {"backup", "battery"}),
        ("What about number 2?", {"check", "valve"}),
    ],
)
def test_an_ordinal_names_an_item_of_the_last_answer(question, item):
    carried = with_references(question, LIST).carried
    others = {"impeller", "wear", "check", "valve", "backup", "battery"} - item - {"check"}  # the question has "check"
    assert item <= carried.keys()
    assert not others & carried.keys()


def test_an_ordinal_beyond_the_list_borrows_the_question_alone():
    assert set(with_references("And the fifth one?", LIST).carried) == {"yearly", "check", "cover"}


def test_a_new_code_takes_the_place_of_the_old_one_of_its_build():
    assert "M12" not in with_references("And M10?", TORQUE).carried
    assert "HP-200" in with_references("And M10?", TORQUE).carried
    assert "HP-200" not in with_references("What about the HP-450?", TORQUE).carried


def test_leaning_questions_in_a_row_reach_back_to_the_one_that_stands_alone():
    turns = [Turn("Who owns the warranty page?"), *TORQUE, Turn("And M10?")]
    carried = with_references("why?", turns).carried
    assert carried["M10"] > carried["torque"] > 0
    assert "warranty" not in carried


def test_a_pronoun_may_mean_what_the_answer_began_with():
    turns = [
        Turn("Why was nobody told?", "The station was in maintenance mode. [1] " + "And so on. " * 50 + "Finally.")
    ]
    carried = with_references("Who changed that?", turns).carried
    assert carried["told"] > carried["maintenance"] > 0
    assert not {"1", "Finally"} & carried.keys()
    assert "maintenance" not in with_references("And since when?", turns).carried


def test_what_is_borrowed_and_looked_at_has_bounds():
    flood = [Turn(" ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(600)), "x\n\n" * 9000)] * 50
    began = time.process_time()
    assert len(with_references("and the second one?", flood).carried) <= MAX_CARRIED
    assert with_references("why " * MAX_CHARS, flood).carried == {}
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    "bad",
    [
        "\ud800 그건?",
        "((((",
        "[" * 3000,
        "그" * 3000,
        "- " * 5000,
        "1. \n" * 5000,
        "\n" * 9000,
        "a" * 1999,
        "it " * 600,
        "\x00",
    ],
)
def test_odd_text_is_taken_in_either_place(bad):
    began = time.process_time()
    with_references(bad, [Turn(bad, bad)])
    with_references("그건 왜?", [Turn(bad, bad)])
    with_references("and the second one?", [Turn(bad, bad)])
    assert time.process_time() - began < 0.5


def test_it_takes_less_than_a_millisecond_a_question():
    rows = [json.loads(line) for line in Path("evals/followups.jsonl").read_text("utf-8").splitlines()]
    began = time.process_time()
    for row in rows:
        with_references(row["second"], [Turn(row["first"], row["first_answer"])] * 3)
    assert (time.process_time() - began) / len(rows) < 0.001
