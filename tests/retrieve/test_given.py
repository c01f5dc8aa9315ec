"""A text given with a question is weighed by the question's own words; what is only to be done with it is no such word."""

from __future__ import annotations

import pytest

from ibidem.errors import Conflict, NotFound, Refused, TooLarge
from ibidem.retrieve.budget import Ranked, merge
from ibidem.retrieve.cite import GIVEN_PREFIX, citation
from ibidem.retrieve.given import (
    MAX_CHARS,
    Given,
    given_before,
    given_document,
    given_text,
    own_words,
    weigh,
)
from ibidem.store.database import Database
from ibidem.store.workspaces import LOCAL_OWNER, Workspace
from tests.fakes.found import hit
from tests.store.texts import add, begin

POST = "# Pumps\n\nThe reserve pump starts at 4.2 bar.\n\nThe valve closes at noon.\n"
LONG = "\n\n".join(f"Station {n} keeps its log in cabinet {n}. " * 40 for n in range(9))


@pytest.mark.parametrize(
    "question",
    [
        "Summarise this post",
        "Please summarize the attached text in 3 bullet points.",
        "translate this into Korean",
        "Review this code",
        "TL;DR",
        "이 글을 세 문장으로 요약해 줘",
        "위 내용을 영어로 번역해 주세요.",
        "첨부한 문서의 핵심만 간단히 정리해줘",
        "이 코드 좀 리뷰해줘",
    ],
)
def test_what_is_only_to_be_done_with_a_text_says_nothing_of_what_it_is_about(question: str) -> None:
    assert own_words(question) == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When does the reserve pump start?", ["reserve", "pump", "start"]),
        ("Summarise what this says about valves", ["valves"]),
        ("이 글에서 예비 펌프의 압력은?", ["예비", "펌프의", "압력은"]),
        ("이자율과 해수면", ["이자율과", "해수면"]),
    ],
)
def test_what_a_question_is_about_are_its_own_words(question: str, words: list[str]) -> None:
    assert set(words) <= set(own_words(question)) <= {*words, "say", "says"}


def test_a_text_is_cut_into_chunks_with_its_lines_and_headings() -> None:
    text = given_text("post.md", POST)
    assert "".join(one.stored.chunk.text for one in text.chunks) == POST
    first = merge(text.chunks[:1])[0]
    assert (first.path, first.span.start_line, first.heading) == ("post.md", 1, "Pumps")


def test_the_same_text_is_the_same_and_leads_nowhere() -> None:
    one, again, other = given_text("a", POST), given_text("a", POST), given_text("b", POST)
    ids = [text.chunks[0].stored.document_id for text in (one, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith(GIVEN_PREFIX)
    assert citation(merge(one.chunks)[0]).url == ""


@pytest.mark.parametrize(("content", "error"), [("x" * (MAX_CHARS + 1), TooLarge), (" \n", Refused)])
def test_a_text_too_long_or_empty_is_refused(content: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        given_text("a", content)


def test_a_document_is_given_by_its_id(db: Database, home: Workspace, stranger: int) -> None:
    document = add(db, home, "log.md", LONG)
    text = given_document(db, LOCAL_OWNER, document)
    assert text.title == "log.md"
    assert "".join(one.stored.chunk.text for one in text.chunks) == LONG
    with pytest.raises(NotFound):
        given_document(db, stranger, document)


def test_a_document_that_holds_no_text_yet_or_ever_is_refused(db: Database, home: Workspace) -> None:
    with pytest.raises(Conflict):
        given_document(db, LOCAL_OWNER, begin(db, home).id)
    with pytest.raises(Refused):
        given_document(db, LOCAL_OWNER, add(db, home, "empty.md", ""))


# --- weighing --------------------------------------------------------------------------------------------------------


def heaviest(text: Given) -> Ranked:
    return max(text.chunks, key=lambda one: one.score)


def test_a_question_about_the_text_finds_its_place_and_needs_no_search() -> None:
    weighed = weigh("When does station 4 keep its log?", [given_text("log.md", LONG)])
    (text,) = weighed.texts
    assert "Station 4" in heaviest(text).stored.chunk.text
    assert not weighed.more


def test_a_question_that_the_text_does_not_cover_asks_for_more() -> None:
    weighed = weigh("What does the handbook say about parental leave?", [given_text("post.md", POST)])
    assert weighed.more
    assert all(one.score > 0 for text in weighed.texts for one in text.chunks)


def test_a_task_weighs_no_words_and_is_answerable() -> None:
    weighed = weigh("Summarise this post", [given_text("log.md", LONG)])
    assert (weighed.terms, weighed.evidence, weighed.more) == ({}, 1.0, False)


def test_the_heaviest_chunks_of_a_task_are_spread_over_the_text() -> None:
    (text,) = weigh("Summarise this post", [given_text("log.md", LONG)]).texts
    order = sorted(range(len(text.chunks)), key=lambda place: -text.chunks[place].score)
    last = len(text.chunks) - 1
    assert last > 6
    assert order[:2] == [0, last]
    assert abs(order[2] - last / 2) <= 1
    assert sorted(order) == list(range(last + 1))


def test_what_was_given_earlier_is_found_among_the_passages() -> None:
    old = merge(given_text("post.md", POST).chunks[:1])
    found = merge([hit("pumps.md", "The pump starts.")])
    assert [one.stored.chunk.text for one in given_before([*old, *found]).chunks] == [old[0].text]
