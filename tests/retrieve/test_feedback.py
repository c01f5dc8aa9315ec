"""The first chunks found lend words to a second search, and the first of all stays in front."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibidem.index.indexes import Indexes
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.feedback import LEAST_IDF, WORDS, feedback
from ibidem.retrieve.retrieve import Context, retrieve
from ibidem.settings import RetrieveSettings
from ibidem.store.chunks import StoredChunk
from ibidem.store.database import Database
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, Span
from tests.index.conftest import in_process
from tests.store.texts import add


def chunk(text: str, score: float = 1.0) -> Ranked:
    span = Span(0, len(text), 1, 1)
    return Ranked(
        StoredChunk(1, "d", "notes.md", "notes.md", "text/markdown", Chunk(0, text, span, tokens=9)), score, {}
    )


def rare(token: str) -> float:
    return {"solenoid": 5.0, "spring": 4.0}.get(token, LEAST_IDF)


def test_telling_words_are_weighed_next_to_the_first_one() -> None:
    assert feedback([chunk("solenoid spring")], set(), rare) == {"solenoid": 1.0, "spring": 0.8}
    assert feedback([chunk("solenoid spring spring")], set(), rare) == {"spring": 1.0, "solenoid": 5 / 8}


def test_a_chunk_lends_words_by_its_score() -> None:
    added = feedback([chunk("solenoid"), chunk("spring", 0.5)], set(), rare)
    assert added == {"solenoid": 1.0, "spring": pytest.approx(0.4)}


@pytest.mark.parametrize("text", ["solenoid", "the", "ab", "벨브", "압력 밸브"])
def test_words_searched_for_already_stop_words_short_ones_and_hangul_are_not_lent(text: str) -> None:
    assert feedback([chunk(text)], {"solenoid"}, rare) == {}


def test_frequent_words_are_not_lent() -> None:
    assert feedback([chunk("solenoid")], set(), lambda _: LEAST_IDF - 0.1) == {}


def test_not_more_words_are_lent_than_a_second_search_should_cost() -> None:
    assert len(feedback([chunk(" ".join(f"word{n}x" for n in range(90)))], set(), rare)) == WORDS
    assert feedback([], set(), rare) == {}


# --- in a search -----------------------------------------------------------------------------------------------------


@pytest.fixture
def indexes(tmp_path: Path, db: Database, home: Workspace) -> Indexes:
    (tmp_path / "index").mkdir()
    found = Indexes(tmp_path / "index", db, in_process)
    for number in range(40):
        add(db, home, f"filler-{number}.md", f"Page {number} on something else.\n")
    add(db, home, "first.md", "The overflow guard is a solenoid.\n")
    add(db, home, "second.md", "Order a new solenoid in spring.\n")
    found.replay_all()
    return found


def ask(question: str, home: Workspace, indexes: Indexes, db: Database) -> Context:
    return retrieve(question, home, indexes=indexes, db=db, settings=RetrieveSettings())


def test_a_passage_is_found_by_the_words_of_the_first(home: Workspace, indexes: Indexes, db: Database) -> None:
    found = ask("what guards against overflow?", home, indexes, db)
    assert [one.stored.path for one in found.ranked[:2]] == ["first.md", "second.md"]
    assert set(found.trace["feedback"]) >= {"solenoid"}
    assert set(found.ranked[1].channels) == {"feedback"}


def test_a_question_that_names_code_is_not_searched_again(home: Workspace, indexes: Indexes, db: Database) -> None:
    found = ask("`overflow`", home, indexes, db)
    assert [one.stored.path for one in found.ranked] == ["first.md"]
    assert "feedback" not in found.trace
