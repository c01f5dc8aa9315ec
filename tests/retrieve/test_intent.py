"""A question is told from a description that names its code or its change."""

from __future__ import annotations

import pytest

from ibidem.retrieve.intent import is_exact, wants_code


@pytest.mark.parametrize(
    "text",
    [
        "why is `cost` ignored",
        "retry_after is ignored when zero",
        "readHeader drops the last byte",
        "open() fails on a missing file",
        "os.path on Windows",
        "fixed a leak of sockets",
        "Don't retry on a refused connection",
        "the server stops\nwhen two clients leave at once",
    ],
)
def test_what_names_code_describes_a_change_or_shows_lines_is_exact(text: str) -> None:
    assert is_exact(text)


@pytest.mark.parametrize(
    "text",
    [
        "where are headers read?",
        "the class that retries requests",
        "재시도를 맡는 클래스",
        "fixture of a test",
        "What is i.e. for?",
    ],
)
def test_a_question_in_plain_words_is_not(text: str) -> None:
    assert not is_exact(text)


@pytest.mark.parametrize(
    "text",
    [
        "where is the retry of uploads implemented?",
        "which class keeps the pool",
        "`parse_args` ignores the default",
        "재시도를 구현한 함수는?",
        "어느 파일에서 로그를 남기나요",
        "fix the race when two writers commit",
    ],
)
def test_a_question_about_code_says_so(text: str) -> None:
    assert wants_code(text)


@pytest.mark.parametrize(
    "text",
    ["how many days may be carried over?", "연차 이월은 며칠까지 되나요?", "what does exit code mean for backups"],
)
def test_other_questions_want_prose_first(text: str) -> None:
    assert wants_code(text) is ("code" in text)
