"""The language a question must be understood in."""

from __future__ import annotations

import pytest

from ibidem.retrieve.language import knows, language


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("where is the lease renewed?", "en"),
        ("renew_lease", "en"),
        ("임대는 어디서 갱신되나요?", "ko"),
        ("renew_lease 함수는 어디에 있나요", "ko"),
        ("どこで更新されますか", "ja"),
        ("租约在哪里更新", "zh"),
        ("где обновляется аренда", "ru"),
        ("wo wird die Frist verlängert?", "de"),
        ("où est la fonction", "fr"),
        ("¿dónde está la función?", "es"),
        ("🙂 123 ?!", ""),
    ],
)
def test_a_question_has_the_language_of_its_script_or_small_words(question: str, code: str) -> None:
    assert language(question) == code


def test_an_embedder_knows_what_it_declares() -> None:
    assert knows({"en"}, "en") and knows({"*"}, "ko") and knows({"en"}, "")
    assert not knows({"en"}, "ko")
