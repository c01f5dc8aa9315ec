"""The same text always gives the same tokens: names and their parts, numbers, Korean bigrams."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import unicodedata

import pytest

from ibidem.index.analyze import STOP_WORDS, normalize, path_tokens, query_tokens, stem, symbol_tokens, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("HTTPServerError2", ["httpservererror2", "http", "server", "error", "2"]),
        ("snake_case_name", ["snake_case_name", "snak", "case", "name"]),
        ("__init__", ["init"]),
        ("MAX_RETRIES", ["max_retries", "max", "retry"]),
        ("a.b(c)", ["a", "b", "c"]),
        ("4.2 bar", ["4.2", "bar"]),
        ("1,000 rows, 1,234,567.89 won", ["1000", "row", "1234567.89", "won"]),
        ("v1.2.3", ["v1", "v", "1", "2.3"]),
        ("2024-11-20", ["2024", "11", "20"]),
        ("휴가 규정", ["휴가", "규정"]),
        ("연차휴가를", ["연차", "차휴", "휴가", "가를"]),
        ("값", ["값"]),
        ("東京都", ["東京", "京都"]),
        ("カタカナ", ["カタ", "タカ", "カナ"]),
        ("Größe ÉTÉ", ["größe", "été"]),
        ("Привет", ["привет"]),
        ("API서버의 timeout값은 3.5초", ["api", "서버", "버의", "timeout", "값은", "3.5", "초"]),
        ("___", []),
        ("🦊 -- ... !?", []),
        ("", []),
    ],
)
def test_a_text_gives_its_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("word", "same"),
    [("pumps", "pump"), ("starting", "started"), ("queries", "query"), ("stopped", "stop"), ("cached", "caches")],
)
def test_forms_of_a_word_meet(word: str, same: str) -> None:
    assert stem(word) == stem(same)


@pytest.mark.parametrize("word", ["bus", "class", "status", "this", "is", "ring", "red", "bed", "analysis"])
def test_words_that_only_look_inflected_stay(word: str) -> None:
    assert stem(word) == word


def test_composed_and_decomposed_text_give_the_same_tokens() -> None:
    text = "휴가 규정 café Größe"
    assert tokenize(normalize(unicodedata.normalize("NFD", text))) == tokenize(text)
    assert query_tokens(unicodedata.normalize("NFD", text)) == query_tokens(text)
    assert path_tokens(unicodedata.normalize("NFD", "규정/휴가.md")) == path_tokens("규정/휴가.md")


def test_lone_surrogates_are_no_hindrance() -> None:
    assert normalize("a\ud800b") == "a?b"
    assert query_tokens("find \udcff this \ud83d") == ["find"]


def test_a_question_is_searched_by_its_telling_words() -> None:
    assert query_tokens("What is the start of the pump?") == ["start", "pump"]
    assert query_tokens("휴가는 언제 어떻게 쓰나요?") == ["휴가", "가는", "쓰나", "나요"]
    assert query_tokens("pump Pump PUMPS pumps") == ["pump"]
    assert {"the", "which", "언제"} <= STOP_WORDS


def test_a_question_of_stop_words_alone_is_searched_by_them() -> None:
    assert query_tokens("What is this?") == ["what", "is", "this"]
    assert query_tokens("언제") == ["언제"]


def test_a_path_gives_its_parts_and_its_suffix() -> None:
    assert path_tokens("src/user_service/HttpClient.test.py") == [
        *("src", "user", "servic"),
        *("httpclient", "http", "client", "test", "py"),
    ]


def test_symbols_and_heading_are_one_text() -> None:
    assert symbol_tokens(("getName", "Pool"), "class Pool > def get") == tokenize("getName Pool class Pool > def get")
    assert symbol_tokens((), "") == []


def test_an_endless_word_is_cut_to_its_head() -> None:
    assert tokenize("x" * 100_000) == ["x" * 80]
    assert len(tokenize("가" * 100_000)) == 79


def test_tokens_do_not_depend_on_the_process() -> None:
    text = "getUserName 휴가 규정 1,000 Größe 東京都 queries"
    code = f"from ibidem.index.analyze import tokenize; print(tokenize({text!r}))"
    for seed in "01":
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        assert done.stdout.strip() == str(tokenize(text))


@pytest.mark.parametrize("seed", range(20))
def test_any_text_gives_tokens_without_white_space(seed: int) -> None:
    """The index splits its fields at white space."""
    dice = random.Random(seed)
    ranges = [(0x20, 0x7F), (0xAC00, 0xD7A3), (0x0, 0x3000), (0x1F300, 0x1FAFF), (0xD800, 0xDFFF), (0x10000, 0x10FFFF)]
    text = "".join(chr(dice.randint(*dice.choice(ranges))) for _ in range(300))
    tokens = tokenize(normalize(text))
    assert tokens == tokenize(normalize(text))
    assert all(token and not any(char.isspace() for char in token) for token in tokens)
    assert set(query_tokens(text)) <= set(tokens)
    " ".join(tokens).encode("utf-8")


def test_a_megabyte_takes_no_time_to_speak_of() -> None:
    for unit in ("getUserName 휴가규정을 1,000 ", "_", "aA", "1,", "가\u1100", "e\u0301"):
        text = unit * (1_000_000 // len(unit))
        began = time.process_time()
        tokenize(normalize(text))
        assert time.process_time() - began < 3, unit
