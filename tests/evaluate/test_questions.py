"""A file of questions is read strictly and judged by place."""

from __future__ import annotations

import json

import pytest

from ibidem.errors import BadInput, NotFound
from ibidem.evaluate.questions import ALONE, WRITTEN_OUT, Asked, ask, figures, read_questions
from ibidem.retrieve.budget import Ranked
from ibidem.store.chunks import StoredChunk
from ibidem.types import Chunk, Span


def hit(path: str, text: str = "", *, lines: tuple[int, int] = (1, 9), page: int | None = None) -> Ranked:
    chunk = Chunk(0, text, Span(0, len(text), *lines, page=page))
    return Ranked(
        StoredChunk(id=1, document_id="d", path=path, title=path, media_type="text/markdown", chunk=chunk), 1.0, {}
    )


@pytest.mark.parametrize(
    ("asked", "answers"),
    [
        (Asked("1", "q", "docs/a.md"), True),
        (Asked("1", "q", "repository/docs/a.md"), True),
        (Asked("1", "q", "a.md"), True),
        (Asked("1", "q", "b.md"), False),
        (Asked("1", "q", "ocs/a.md"), False),
        (Asked("1", "q", "a.md", contains="two words"), True),
        (Asked("1", "q", "a.md", contains="three words"), False),
        (Asked("1", "q", "a.md", start_line=12, end_line=20), True),
        (Asked("1", "q", "a.md", start_line=13), False),
        (Asked("1", "q", "a.md", page=3), True),
        (Asked("1", "q", "a.md", page=4), False),
    ],
)
def test_a_hit_answers_where_path_and_place_agree(asked, answers):
    assert asked.answered_by(hit("docs/a.md", "some two\n  words here", lines=(5, 12), page=3)) is answers


def test_a_second_turn_is_asked_three_ways(tmp_path):
    file = tmp_path / "q.jsonl"
    row = {"first": "A?", "first_answer": "a", "second": "and B?", "written_out": "B of A?", "path": "a.md"}
    file.write_text(json.dumps(row) + "\n\n" + json.dumps({"question": "C?", "path": "c.md"}), "utf-8")
    seen = []

    def find(text, turns, hits):
        seen.append((text, [turn.question for turn in turns]))
        return [hit("a.md")] if text != "and B?" or turns else [hit("x.md")]

    answered = ask(read_questions(file), find)
    assert seen == [("and B?", ["A?"]), ("and B?", []), ("B of A?", []), ("C?", [])]
    assert figures(answered)["hit@1"] == 0.5
    assert figures(answered, ALONE)["hit@5"] == 0
    assert figures(answered, WRITTEN_OUT)["hit@5"] == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"question": "q", "path": "p"}\n{oops}', "line 2"),
        ('["q"]', "line 1"),
        ('{"question": " ", "path": "p"}', "`question`"),
        ('{"question": "q", "path": 7}', "`path`"),
        ('{"question": "q", "path": "p", "start_line": "3"}', "`start_line`"),
        ('{"question": "q", "path": "p", "page": true}', "`page`"),
        ('{"question": "q", "path": "p", "contains": 4}', "`contains`"),
        ("\n", "0 questions"),
    ],
)
def test_a_bad_file_is_refused_by_line(tmp_path, text, named):
    file = tmp_path / "q.jsonl"
    file.write_text(text, "utf-8")
    with pytest.raises(BadInput, match=named):
        read_questions(file)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        read_questions(tmp_path / "none.jsonl")
