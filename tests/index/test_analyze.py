"""What a word becomes: code names, versions, signs, stems, accents, scripts; and any input at all."""

from __future__ import annotations

import random
import sys
import time
import unicodedata

import pytest

from ibidem.index.analyze import is_hangul, path_tokens, query_tokens, stem, tokenize


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


@pytest.mark.parametrize("word", ["this", "status", "class", "bed", "thing", "axis", "string"])
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


def test_hangul_is_seen_composed_decomposed_and_as_letters() -> None:
    assert is_hangul("a 가") and is_hangul(unicodedata.normalize("NFD", "가")) and is_hangul("ㅋㅋ")
    assert not is_hangul("plain") and not is_hangul("日本語 café 👍🏽")


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


def test_stop_words_are_left_out_of_a_question_unless_nothing_else_remains() -> None:
    assert query_tokens("where is the limiter") == ["limiter"]
    assert query_tokens("what is this") != []
    assert query_tokens("limits limit LIMIT") == ["limit"]


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


def test_a_pasted_log_of_60_kb_is_cut_quickly() -> None:
    lines = [
        f"2026-01-0{n % 9} 12:00:{n:02} ERROR [worker-{n}] at com.example.Foo{n}.bar(Foo.java:{n})" for n in range(800)
    ]
    began = time.process_time()
    assert len(query_tokens("\n".join(lines))) > 800
    assert time.process_time() - began < 0.5


def test_random_characters_never_fail_and_always_give_the_same() -> None:
    random.seed(7)
    for _ in range(300):
        text = "".join(chr(random.choice((random.randrange(128), random.randrange(sys.maxunicode)))) for _ in range(60))
        assert tokenize(text) == tokenize(text)
        " ".join(tokenize(text)).encode("utf-8")
