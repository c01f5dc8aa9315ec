"""The term table keeps its form, and finds the terms of a question in both languages."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from importlib.resources import files

import pytest

from ibidem.index.analyze import STOP_WORDS
from ibidem.retrieve import terms
from ibidem.retrieve.terms import Expansion, entries, expansions

TABLE = files("ibidem.retrieve").joinpath("terms.txt").read_text("utf-8")
LINES = [line for line in TABLE.splitlines() if line and not line.startswith("#")]
KOREAN = re.compile(r"[가-힣0-9]+(?:[ -][가-힣0-9]+)*-?")
ENGLISH = re.compile(r"[a-z0-9][a-z0-9+#'./-]*(?: [a-z0-9+#'./-]+)*")


def targets(text: str) -> dict[str, tuple[str, ...]]:
    return {one.source: one.target for one in expansions(text)}


# The table


def test_every_line_is_korean_forms_equals_english_forms() -> None:
    wrong = []
    for line in LINES:
        halves = line.split(" = ")
        if len(halves) != 2 or line != line.strip():
            wrong.append(line)
            continue
        korean, english = (half.split(", ") for half in halves)
        good = all(map(KOREAN.fullmatch, korean)) and all(map(ENGLISH.fullmatch, english))
        if not good or any("가" <= letter <= "힣" for letter in halves[1]):
            wrong.append(line)
    assert wrong == []


def test_the_table_is_composed_unicode() -> None:
    assert unicodedata.is_normalized("NFC", TABLE)


def test_a_korean_form_stands_on_one_line_and_once() -> None:
    counts = Counter(form for entry in entries() for form in entry.korean)
    assert [form for form, count in counts.items() if count > 1] == []


def test_korean_forms_that_differ_only_by_spaces_stand_on_one_line() -> None:
    lines: dict[str, set[int]] = {}
    for number, entry in enumerate(entries()):
        for form in entry.korean:
            lines.setdefault(form.replace(" ", ""), set()).add(number)
    assert [form for form, numbers in lines.items() if len(numbers) > 1] == []


def test_an_english_form_stands_once_in_its_line_and_is_no_stop_word() -> None:
    wrong = [entry for entry in entries() if len(set(entry.english)) < len(entry.english)]
    wrong += [entry for entry in entries() if STOP_WORDS & {*entry.english}]
    assert wrong == []


def test_sections_have_headings_in_both_languages_and_are_sorted() -> None:
    for section in re.split(r"(?m)^## ", TABLE)[1:]:
        heading, *lines = section.strip().splitlines()
        assert re.fullmatch(r"[A-Z][\w ,]+ · [^·]*[가-힣][^·]*", heading), heading
        firsts = [line.partition(" = ")[0].split(", ")[0] for line in lines]
        assert firsts == sorted(firsts), heading


def test_the_table_is_large_enough_to_be_of_use() -> None:
    assert len(entries()) > 2_000


# Korean terms


@pytest.mark.parametrize(
    ("text", "source", "english"),
    [
        ("미들웨어를 어디에 등록하나요?", "미들웨어", "middleware"),
        ("캐시에서 값을 꺼내려면", "캐시", "cache"),
        ("예약을 취소하려면 어떻게 하나요?", "취소", "cancel"),
        ("토큰이 만료되었는지 확인", "만료", "expiration"),
        ("서버에서는", "서버", "server"),
        ("대기열까지도", "대기열", "queue"),
        ("사용자인가요", "사용자", "user"),
        ("행은 몇 개인가요?", "행", "row"),
    ],
)
def test_a_term_is_found_before_particles_and_endings(text, source, english):
    assert english in targets(text)[source]


def test_a_term_of_two_words_is_found_with_and_without_its_space():
    spaced, joined = targets("속도 제한을 걸려면"), targets("속도제한을 걸려면")
    assert spaced["속도 제한"] == joined["속도제한"]
    assert "rate limit" in spaced["속도 제한"]


def test_the_longest_term_wins():
    assert [*targets("속도 제한")] == ["속도 제한"]
    assert [*targets("에이전트")] == ["에이전트"]
    assert "certificate" in targets("인증서를 갱신")["인증서"]


def test_the_parts_of_a_compound_are_found():
    assert [*targets("인증미들웨어")] == ["인증", "미들웨어"]
    assert [*targets("인증서버를")] == ["인증", "서버"]
    assert [*targets("외국어서버를")] == ["서버"]


@pytest.mark.parametrize("spelling", ["메시지", "메세지"])
def test_spellings_of_one_word_share_their_english(spelling):
    assert "message" in targets(f"{spelling}를 보내는 함수")[spelling]


def test_other_words_of_the_same_language_are_told_too():
    [found] = expansions("디렉토리")
    assert "디렉터리" in found.variants and "디렉토리" not in found.variants


@pytest.mark.parametrize(
    "form", ["되돌리려면", "되돌린", "되돌릴", "되돌려야", "되돌렸습니다", "되돌립니다", "되돌리기"]
)
def test_a_verb_is_found_in_its_conjugated_forms(form):
    [found] = expansions(f"{form} 일")
    assert "revert" in found.target


@pytest.mark.parametrize(
    "text",
    [
        "무엇인가 하지도 않고",  # 인가 (authorization), 지도 (map) inside endings
        "캐시미어 옷",
        "키다리 아저씨",  # 키 (key) inside a word
        "값비싼 표정",
        "여러 가지",
        "",
        "   \n",
        "ㅋㅋㅋ !!! 🙂",
    ],
)
def test_short_terms_are_not_found_inside_other_words(text):
    assert expansions(text) == []


# English terms


def test_english_words_and_phrases_give_korean():
    found = targets("Where are rate limits for the middleware?")
    assert found["rate limits"][0] == "속도 제한"
    assert found["middleware"] == ("미들웨어",)


def test_names_in_code_give_korean_by_their_parts():
    assert targets("rateLimiter")["rateLimiter"][0] == "속도 제한"
    assert targets("error_message")["error_message"][0] == "오류 메시지"
    assert "자바스크립트" in targets("JavaScript")["JavaScript"]
    assert [*targets("OAuth2")] == ["OAuth"]


def test_english_is_found_in_its_inflected_forms():
    assert {"재시도"} <= {one for found in expansions("retried, retries and retrying") for one in found.target}
    assert len(expansions("retried, retries, retrying")) == 3


def test_english_beside_korean_particles_is_found():
    assert [*targets("token을 캐시하는 client")] == ["token", "캐시", "client"]


def test_where_lines_share_an_english_word_those_naming_it_first_come_first():
    korean = targets("limit")["limit"]
    assert korean.index("제한") < korean.index("한도")
    assert len(korean) == len(set(korean))


# Both


def test_expansions_come_in_the_order_of_the_text_and_once():
    found = expansions("캐시 server 캐시 Server 미들웨어")
    assert [one.source for one in found] == ["캐시", "server", "미들웨어"]
    assert found[0] == Expansion("캐시", ("cache",))


def test_decomposed_hangul_is_found():
    assert expansions(unicodedata.normalize("NFD", "미들웨어")) == expansions("미들웨어")


def test_every_form_of_the_table_finds_its_own_line():
    lost = [
        form
        for entry in entries()
        for form in entry.korean
        if form[-1] != "-" and not any(set(entry.english) <= set(one.target) for one in expansions(form))
    ]
    lost += [
        form
        for entry in entries()
        for form in entry.english
        if not any({korean.rstrip("-") for korean in entry.korean} <= set(one.target) for one in expansions(form))
    ]
    assert lost == []


@pytest.mark.parametrize(
    "text", ["속도 제한을 처리하는 미들웨어 ", "가", "서버", "7", "a", "rate limit error ", "카 1-2-3 ", "Ab1_"]
)
def test_long_texts_cost_linear_time(text):
    long = text * (60_000 // len(text))
    began = time.process_time()
    expansions(long)
    assert time.process_time() - began < 2


def test_the_table_is_read_quickly():
    def load() -> float:
        for read in (terms.entries, terms._korean, terms._english):
            read.cache_clear()
        began = time.process_time()
        terms._korean(), terms._english()
        return time.process_time() - began

    assert min(load() for _ in range(5)) < 0.1  # 15 ms on a quiet machine
