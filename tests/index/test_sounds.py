"""Names in Hangul and in Latin letters: the same keys for the same sound."""

from __future__ import annotations

import pytest

from ibidem.index.sounds import hangul_key, latin_keys, name_keys


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("쿠버네티스", "Kubernetes"),
        ("프로메테우스", "Prometheus"),
        ("그라파나", "Grafana"),
        ("스탠퍼드", "Stanford"),
        ("옥스퍼드", "Oxford"),
        ("싱가포르", "Singapore"),
        ("워싱턴", "Washington"),
        ("제네바", "Geneva"),
        ("핀란드", "Finland"),
    ],
)
def test_a_name_sounds_the_same_in_either_script(hangul, latin):
    assert hangul_key(hangul) in latin_keys(latin)


@pytest.mark.parametrize(
    ("hangul", "latin"), [("그라파나", "Granada"), ("핀란드", "Holland"), ("워싱턴", "Wellington")]
)
def test_another_name_sounds_different(hangul, latin):
    assert hangul_key(hangul) not in latin_keys(latin)


def test_short_words_and_syllables_of_no_foreign_word_have_no_key():
    assert hangul_key("나라") == ""
    assert hangul_key("없앴다") == ""
    assert latin_keys("Bo") == ()


def test_names_are_capitalised_words_after_another_word():
    text = "Between the two, Grafana shows what kubernetes runs.\nNothing else"
    assert {name for name, _ in name_keys(text)} == {"Grafana"}
