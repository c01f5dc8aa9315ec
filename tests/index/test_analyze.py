"""The same text always gives the same tokens: code names, versions, signs, stems, accents, scripts; and any input at all."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import unicodedata

import pytest

from ibidem.index.analyze import (
    STOP_WORDS,
    is_hangul,
    normalize,
    path_tokens,
    query_tokens,
    stem,
    symbol_tokens,
    tokenize,
)


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
        ("v1.2.3", ["1.2.3", "1.2"]),
        ("2024-11-20", ["2024", "11", "20"]),
        ("휴가 규정", ["휴가", "규정"]),
        ("연차휴가를", ["연차", "차휴", "휴가", "가를"]),
        ("값", ["값"]),
        ("東京都", ["東京", "京都"]),
        ("カタカナ", ["カタ", "タカ", "カナ"]),
        ("Größe ÉTÉ", ["gross", "ete"]),
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
    ("text", "tokens"),
    [
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("max_retry_count", ["max_retry_count", "max", "retry", "count"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("sha256", ["sha256", "sha", "256"]),
        ("getURLsFor", ["geturlsfor", "get", "url", "for"]),
        ("URLs and APIs", ["url", "and", "api"]),
        ("__init__", ["init"]),
        ("app.route", ["app", "rout"]),
        ("std::vector", ["std", "vector"]),
    ],
)
def test_a_name_gives_itself_and_its_parts(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("C++17, C# or c", ["c++", "17", "c#", "or", "c"]),
        ("--dry-run", ["--dry-run", "dry", "run"]),
        ("edit .env", ["edit", ".env", "env"]),
        (".env를 C++로", [".env", "env", "를", "c++", "로"]),
        ("a\n  .filter(b)", ["a", "filter", "b"]),
        ("x -- y -1 i++ a->b", ["x", "y", "1", "i", "a", "b"]),
    ],
)
def test_signs_that_make_a_word_stay_with_it(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("3.11.7", ["3.11.7", "3.11"]),
        ("v2.0.1", ["2.0.1", "2.0"]),
        ("1,234,567.5", ["1234567.5"]),
        ("0.25", ["0.25"]),
        ("v2", ["v2", "v", "2"]),
    ],
)
def test_a_version_is_found_by_itself_and_by_its_first_two_numbers(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


@pytest.mark.parametrize(
    ("word", "same"),
    [("pumps", "pump"), ("starting", "started"), ("queries", "query"), ("stopped", "stop"), ("cached", "caches")],
)
def test_forms_of_a_word_meet(word: str, same: str) -> None:
    assert stem(word) == stem(same)


@pytest.mark.parametrize(
    "forms",
    [
        "limit limits limited limiting",
        "index indexes indexed indexing",
        "cache caches cached caching",
        "apply applies applied applying",
        "class classes",
        "match matches matched matching",
        "size sizes",
        "stop stops stopped stopping",
        "tie ties",
    ],
)
def test_the_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "word", ["this", "status", "class", "bed", "thing", "axis", "string", "bus", "is", "ring", "red", "analysis"]
)
def test_words_that_only_look_inflected_stay(word: str) -> None:
    assert stem(word) == word


def test_accents_and_full_width_letters_are_folded() -> None:
    assert tokenize("Café naïve") == tokenize("cafe naive")
    assert tokenize("ＡＰＩ") == ["api"]
    assert tokenize("Straße") == tokenize("strasse")
    assert tokenize("Привет") == ["привет"]


def test_each_script_is_cut_in_its_own_way() -> None:
    assert tokenize("서버API를日本語で") == ["서버", "api", "를", "日本", "本語", "語で"]


def test_decomposed_text_gives_the_same_tokens_as_composed() -> None:
    for text in ("한국어 문서", "café", "서버에서getUser"):
        assert tokenize(unicodedata.normalize("NFD", text)) == tokenize(text)
        assert query_tokens(unicodedata.normalize("NFD", text)) == query_tokens(text)


def test_composed_and_decomposed_text_give_the_same_tokens() -> None:
    text = "휴가 규정 café Größe"
    assert tokenize(normalize(unicodedata.normalize("NFD", text))) == tokenize(text)
    assert query_tokens(unicodedata.normalize("NFD", text)) == query_tokens(text)
    assert path_tokens(unicodedata.normalize("NFD", "규정/휴가.md")) == path_tokens("규정/휴가.md")


def test_lone_surrogates_are_no_hindrance() -> None:
    assert normalize("a\ud800b") == "a\ufffdb"
    assert query_tokens("find \udcff this \ud83d") == ["find"]


def test_hangul_is_seen_composed_decomposed_and_as_letters() -> None:
    assert is_hangul("a 가") and is_hangul(unicodedata.normalize("NFD", "가")) and is_hangul("ㅋㅋ")
    assert not is_hangul("plain") and not is_hangul("日本語 café 👍🏽")


def test_a_question_is_searched_by_its_telling_words() -> None:
    assert query_tokens("What is the start of the pump?") == ["start", "pump"]
    assert query_tokens("휴가는 언제 어떻게 쓰나요?") == ["휴가", "가는", "쓰나", "나요"]
    assert query_tokens("pump Pump PUMPS pumps") == ["pump"]
    assert {"the", "which", "언제"} <= STOP_WORDS


def test_a_question_of_stop_words_alone_is_searched_by_them() -> None:
    assert query_tokens("What is this?") == ["what", "is", "this"]
    assert query_tokens("언제") == ["언제"]


def test_stop_words_are_left_out_of_a_question_unless_nothing_else_remains() -> None:
    assert query_tokens("where is the limiter") == ["limiter"]
    assert query_tokens("what is this") != []
    assert query_tokens("limits limit LIMIT") == ["limit"]


def test_a_path_gives_its_parts_and_its_suffix() -> None:
    assert path_tokens("src/user_service/HttpClient.test.py") == [
        *("src", "user", "servic"),
        *("httpclient", "http", "client", "test", "py"),
    ]


def test_a_path_gives_folders_name_and_suffix() -> None:
    assert path_tokens("src/my_app/rateLimiter.test.ts") == [
        "src",
        "my",
        "app",
        "ratelimiter",
        "rate",
        "limiter",
        "test",
        "ts",
    ]
    assert path_tokens("문서/설치.md") == ["문서", "설치", "md"]


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "!!! ??? ... --- ++ ## :: -> ( ",
        "_ __ ___",
        "\"unbalanced 'quotes (and [brackets",
        "title:foo AND body:(bar OR *) ~2 ^3 +x -y",
        "👍🏽 👨‍👩‍👧 🇰🇷",
        "lone \ud800 surrogate \udfff가",
        "a\x00b\x1b[31mred",
        "ｶﾀｶﾅ ﷺ ﬁ Ⅷ ½ ²",
        "เอกสาร हिन्दी العربية",
        "가" * 5000,
        "x" * 100_000,
        "aB" * 50_000,
        "-" * 50_000 + "." * 50_000 + "c+" * 20_000,
    ],
)
def test_any_text_gives_tokens_the_index_can_hold(text: str) -> None:
    began = time.process_time()
    for token in [*tokenize(text), *query_tokens(text), *path_tokens(text)]:
        assert token and not token.isspace() and " " not in token
        token.encode("utf-8")
        assert len(token.encode("utf-8")) < 1000
    assert time.process_time() - began < 2


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


def test_random_characters_never_fail_and_always_give_the_same() -> None:
    random.seed(7)
    for _ in range(300):
        text = "".join(chr(random.choice((random.randrange(128), random.randrange(sys.maxunicode)))) for _ in range(60))
        assert tokenize(text) == tokenize(text)
        " ".join(tokenize(text)).encode("utf-8")


def test_a_pasted_log_of_60_kb_is_cut_quickly() -> None:
    lines = [
        f"2026-01-0{n % 9} 12:00:{n:02} ERROR [worker-{n}] at com.example.Foo{n}.bar(Foo.java:{n})" for n in range(800)
    ]
    began = time.process_time()
    assert len(query_tokens("\n".join(lines))) > 800
    assert time.process_time() - began < 0.5


def test_a_megabyte_takes_no_time_to_speak_of() -> None:
    for unit in ("getUserName 휴가규정을 1,000 ", "_", "aA", "1,", "가\u1100", "e\u0301"):
        text = unit * (1_000_000 // len(unit))
        began = time.process_time()
        tokenize(normalize(text))
        assert time.process_time() - began < 3, unit
