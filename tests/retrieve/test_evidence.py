"""How far passages cover a question: enough for a real one, too little for one about something else."""

from __future__ import annotations

import math

import pytest

from ibidem.index.analyze import query_tokens, tokenize
from ibidem.retrieve.evidence import ENOUGH, evidence
from ibidem.types import Passage, Span

DOCUMENTS = [
    ("leave.md", "연차", "연차는 입사 2년차부터 매년 17일이 주어진다. 이월은 최대 5일까지 가능하다."),
    ("pumps.md", "Reserve", "The reserve pump starts at 4.2 bar and stops at 3.1 bar."),
    (
        "limiter.py",
        "class RateLimiter",
        'def acquire(self, cost):\n    """Take tokens; False when the bucket is empty."""',
    ),
]
PASSAGES = [
    Passage(number, path, path, path, text, Span(0, len(text), 1, 1), heading, 1.0)
    for number, (path, heading, text) in enumerate(DOCUMENTS, 1)
]


def idf(question: str) -> dict[str, float]:
    texts = [set(tokenize(text)) for _, _, text in DOCUMENTS]
    having = {token: sum(token in text for text in texts) for token in query_tokens(question)}
    return {token: math.log(1 + (len(texts) - df + 0.5) / (df + 0.5)) for token, df in having.items()}


@pytest.mark.parametrize(
    "question",
    [
        "연차 이월은 며칠까지 되나요?",
        "연차는 매년 며칠이나 주어지나요?",
        "At which pressure does the reserve pump start?",
        "What does acquire return when the token bucket is empty?",
        "acquire",
        "What is RateLimiter?",
    ],
)
def test_a_question_that_a_small_workspace_answers_has_enough(question):
    assert ENOUGH <= evidence(idf(question), PASSAGES, tokenize) <= 1


@pytest.mark.parametrize(
    "question",
    [
        "Who painted the ceiling of the Sistine Chapel?",
        "How many people live in the capital of France?",
        "When does the next train to Lyon start?",
        "세종대왕은 언제 태어났나요?",
        "우주 정거장은 어느 나라가 쏘아 올렸나요?",
    ],
)
def test_a_question_about_something_else_has_not(question):
    assert 0 <= evidence(idf(question), PASSAGES, tokenize) < ENOUGH


def test_nothing_asked_or_nothing_found_is_no_evidence():
    assert evidence({}, PASSAGES, tokenize) == 0
    assert evidence(idf("reserve pump"), [], tokenize) == 0


def test_a_term_that_no_document_has_counts_against():
    known = evidence(idf("reserve pump"), PASSAGES, tokenize)
    assert evidence(idf("reserve pump zirconium"), PASSAGES, tokenize) < known


def test_terms_scattered_over_passages_are_less_than_terms_together():
    together = evidence(idf("reserve pump stops"), PASSAGES, tokenize)
    assert evidence(idf("reserve bucket 이월"), PASSAGES, tokenize) < together


def test_title_and_heading_belong_to_the_passage():
    assert evidence(idf("limiter RateLimiter"), PASSAGES, tokenize) > ENOUGH
