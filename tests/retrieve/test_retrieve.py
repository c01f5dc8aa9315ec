"""A question finds the passages of its workspace, whatever it is made of, and nobody else's."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ibidem.index.indexes import Indexes
from ibidem.retrieve.followup import Turn
from ibidem.retrieve.retrieve import CHANNEL_DEPTH, MAX_QUERY_TOKENS, Context, retrieve
from ibidem.settings import RetrieveSettings
from ibidem.store.chunks import chunks_of
from ibidem.store.database import Database
from ibidem.store.documents import delete_documents, sweep
from ibidem.store.workspaces import Workspace, create_workspace, ensure_home, get_workspace
from tests.index.conftest import in_process
from tests.store.texts import add, rewrite

SETTINGS = RetrieveSettings(hits=10, budget_tokens=300)

DOCUMENTS = {
    "pumps.md": "The reserve pump starts at 4.2 bar and stops at 3.1 bar.\n",
    "leave.md": "연차는 입사 2년차부터 매년 17일이 주어진다. 이월은 최대 5일까지 가능하다.\n",
    "limiter.py": "class RateLimiter:\n    def acquire(self, cost):\n        return self.tokens >= cost\n",
    "tanks.md": "Tanks hold 1,000 litres. A tank AND a pump make a station.\n",
}


@pytest.fixture
def indexes(tmp_path: Path, db: Database) -> Indexes:
    (tmp_path / "index").mkdir()
    return Indexes(tmp_path / "index", db, in_process)


@pytest.fixture
def library(db: Database, home: Workspace, indexes: Indexes) -> Workspace:
    for path, text in DOCUMENTS.items():
        add(db, home, path, text)
    indexes.replay_all()
    return home


def ask(question: str, workspace: Workspace, indexes: Indexes, settings: RetrieveSettings = SETTINGS) -> Context:
    return retrieve(question, workspace, indexes=indexes, db=indexes._db, settings=settings)


def test_a_question_that_leans_is_not_answered_by_the_words_it_borrowed_alone(
    library: Workspace, indexes: Indexes
) -> None:
    before = [Turn("At which pressure does the reserve pump start?", "At 4.2 bar. [1]")]

    def proof(question: str) -> float:
        context = retrieve(question, library, indexes=indexes, db=indexes._db, settings=SETTINGS, turns=before)
        assert context.searched
        return context.evidence

    assert proof("And how does it stop?") > 0
    assert proof("And who painted it?") == 0


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("At which pressure does the reserve pump start?", "pumps.md"),
        ("연차 이월은 며칠까지 되나요?", "leave.md"),
        ("RateLimiter acquire", "limiter.py"),
        ("rate limiter cost", "limiter.py"),
        ("how many litres, 1000?", "tanks.md"),
    ],
)
def test_a_question_finds_its_passage_first(library: Workspace, indexes: Indexes, question: str, path: str) -> None:
    context = ask(question, library, indexes)
    assert context.passages[0].path == path
    assert context.passages[0].number == 1
    assert context.hits(5)[0].path == path
    assert context.search_ms > 0


def test_a_workspace_without_an_index_finds_nothing(home: Workspace, indexes: Indexes) -> None:
    context = ask("pump", home, indexes)
    assert (context.passages, context.hits(5), context.evidence) == ([], [], 0.0)


def test_what_is_not_there_has_no_evidence_and_counts_as_a_term(library: Workspace, indexes: Indexes) -> None:
    context = ask("zeppelin", library, indexes)
    assert (context.passages, context.evidence) == ([], 0.0)
    assert list(context.terms) == ["zeppelin"]
    mixed = ask("zeppelin pump", library, indexes)
    assert mixed.passages[0].path in ("pumps.md", "tanks.md")
    assert next(iter(mixed.terms)) == "zeppelin"  # the rarest first


@pytest.mark.parametrize(
    "question",
    [
        "",
        "   ",
        "?",
        "a",
        "가",
        "!!! ... ---",
        "🦊🦊",
        "\x00",
        "\ud800",
        "\u200b",
        "the",
        "[1] [2]",
        "\n" * 100,
        "e\u0301",
    ],
)
def test_a_question_of_next_to_nothing_is_no_error(library: Workspace, indexes: Indexes, question: str) -> None:
    context = ask(question, library, indexes)
    assert len(context.passages) <= len(DOCUMENTS)
    json.dumps(context.trace)


@pytest.mark.parametrize(
    "question",
    [
        'reserve "pump',
        "reserve AND pump",
        "reserve OR NOT pump",
        "+reserve -pump",
        "body:reserve path:pump",
        "(reserve pump",
        "reserve^9 pump~2 *",
        "reserve /pump/ [a TO z] {x}",
        "\\reserve \\pump\\",
        "'; DROP TABLE chunk; -- reserve pump",
        "reserve\x00pump",
    ],
)
def test_operators_are_plain_text(library: Workspace, indexes: Indexes, question: str) -> None:
    assert ask(question, library, indexes).passages[0].path == "pumps.md"


def test_an_operator_excludes_nothing(library: Workspace, indexes: Indexes) -> None:
    paths = {passage.path for passage in ask("station -pump", library, indexes).passages}
    assert paths == {"tanks.md", "pumps.md"}


@pytest.mark.parametrize("unit", ["reserve pump ", "x", "가나", "word{} ", "[" * 10, '"', "🦊"])
def test_a_question_of_60_kilobytes_is_answered_in_time(library: Workspace, indexes: Indexes, unit: str) -> None:
    question = "".join(unit.format(number) for number in range(60_000 // len(unit.encode())))
    began = time.process_time()
    context = ask("reserve pump 4.2 bar " + question, library, indexes)
    assert time.process_time() - began < 2
    assert context.passages[0].path == "pumps.md"


def test_of_a_long_question_the_rarest_words_are_searched(db: Database, home: Workspace, indexes: Indexes) -> None:
    common = " ".join(f"common{number}" for number in range(MAX_QUERY_TOKENS + 20))
    for number in range(5):
        add(db, home, f"{number}.md", f"{common} rare{number}", size=10_000)
    indexes.replay_all()
    assert ask(f"{common} rare3", home, indexes).passages[0].path == "3.md"


# --- budget and trace ------------------------------------------------------------------------------------------------


def test_no_hits_as_set_still_rank_one(library: Workspace, indexes: Indexes) -> None:
    context = ask("reserve pump", library, indexes, RetrieveSettings(hits=0))
    assert [passage.path for passage in context.passages] == ["pumps.md"]


def test_what_the_budget_leaves_out_is_named(db: Database, home: Workspace, indexes: Indexes) -> None:
    for number in range(6):
        add(db, home, f"{number}.md", f"pump number {number} " + "x " * 200, size=1000)
    indexes.replay_all()
    context = ask("pump", home, indexes)
    shown = {passage.path for passage in context.passages}
    left_out = {one["path"] for one in context.omitted}
    assert shown and left_out and not shown & left_out and len(shown | left_out) == 6
    assert {one["reason"] for one in context.omitted} == {"budget"}
    assert len(ask("pump", home, indexes, RetrieveSettings(hits=10, budget_tokens=100_000)).passages) == 6


def test_neighbours_are_one_passage_with_the_documents_text(db: Database, home: Workspace, indexes: Indexes) -> None:
    text = "".join(f"The pump of station {number} is red.\n" for number in range(12))
    document_id = add(db, home, "a.md", text, size=120, overlap=20)
    indexes.replay_all()
    context = ask("red pump", home, indexes, RetrieveSettings(hits=30, budget_tokens=10_000))
    (passage,) = context.passages
    assert (passage.document_id, passage.text) == (document_id, text)
    assert (passage.span.start_line, passage.span.end_line) == (1, 12)


def test_each_text_is_shown_once(db: Database, home: Workspace, indexes: Indexes) -> None:
    for number in range(4):
        add(db, home, f"copy{number}.md", "The reserve pump starts at 4.2 bar.\n")
    indexes.replay_all()
    assert len(ask("reserve pump", home, indexes).passages) == 1


def test_more_hits_can_be_asked_for_than_an_answer_uses(db: Database, home: Workspace, indexes: Indexes) -> None:
    for number in range(30):
        add(db, home, f"{number}.md", f"pump number {number}")
    indexes.replay_all()
    wide = retrieve("pump", home, indexes=indexes, db=db, settings=SETTINGS, hits=25)
    assert len(wide.hits(25)) == 25
    assert len(ask("pump", home, indexes).ranked) == SETTINGS.hits < CHANNEL_DEPTH


def test_the_trace_tells_how_the_passages_came_to_be(library: Workspace, indexes: Indexes) -> None:
    context = ask("reserve pump pressure", library, indexes)
    trace = json.loads(json.dumps(context.trace))
    assert list(trace["terms"]) == list(context.terms)
    assert set(trace["terms"]) == {"reserv", "pump", "pressur"}
    assert set(trace["channels"]) == {"body", "symbols", "path", "heads", "feedback"}
    best = context.ranked[0].stored.id
    assert trace["channels"]["body"][0][0] == best == trace["fused"][0][0] == trace["kept"][0]["chunk"]
    assert trace["kept"][0]["path"] == "pumps.md"
    assert trace["cut"] == []


# --- what may be found -----------------------------------------------------------------------------------------------


def test_a_document_that_has_just_changed_or_gone_is_not_cited_by_its_old_text(
    db: Database, library: Workspace, indexes: Indexes
) -> None:
    """The index hears of it a moment later; the store knows already."""
    by_path = {passage.path: passage.document_id for passage in ask("pump bar tanks litres", library, indexes).passages}
    rewrite(db, 1, by_path["pumps.md"], "Nothing of that sort any more.\n")
    db.write(lambda tx: delete_documents(tx, 1, [by_path["tanks.md"]]))
    assert ask("pump bar tanks litres", library, indexes).passages == []


def test_nothing_of_another_workspace_is_found(db: Database, library: Workspace, indexes: Indexes) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    add(db, other, "other.md", "The reserve pump of the others.")
    indexes.replay_all()
    assert {passage.path for passage in ask("reserve pump", other, indexes).passages} == {"other.md"}
    assert "other.md" not in {passage.path for passage in ask("reserve pump", library, indexes).passages}


def test_a_row_taken_anew_by_another_workspace_is_not_found_through_an_index_that_lags(
    db: Database, library: Workspace, indexes: Indexes
) -> None:
    last = add(db, library, "last.md", "The reserve pump is painted red.")
    indexes.replay_all()
    (row,) = (stored.id for stored in chunks_of(db, 1, last))
    db.write(lambda tx: delete_documents(tx, 1, [last]))
    while sweep(db):
        pass
    other = add(db, create_workspace(db, 1, "Other", 0.0), "other.md", "A secret of the others.")
    assert [stored.id for stored in chunks_of(db, 1, other)] == [row]
    context = ask("reserve pump painted red", library, indexes)
    assert not {"last.md", "other.md"} & {passage.path for passage in context.passages}


def test_nothing_of_another_owner_is_found_even_in_his_index(
    db: Database, library: Workspace, indexes: Indexes, stranger: int
) -> None:
    ensure_home(db, stranger, 0.0)
    theirs = get_workspace(db, stranger)
    add(db, theirs, "theirs.md", "The reserve pump of a stranger.")
    indexes.replay_all()
    assert [passage.path for passage in ask("reserve pump", theirs, indexes).passages] == ["theirs.md"]
    mistaken = Workspace(theirs.id, library.owner, theirs.slug, theirs.name)
    context = ask("reserve pump", mistaken, indexes)
    assert (context.passages, context.hits(5)) == ([], [])
