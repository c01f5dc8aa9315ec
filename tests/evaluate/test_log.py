"""A log of figures says what changed since the last run of the same task, and leaves the rest of its file alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibidem.errors import BadInput
from ibidem.evaluate.log import append, difference, last_row
from ibidem.evaluate.report import Report

REPORT = Report("mine", 4, "hit@5", {"hit@1": 0.25, "hit@5": 0.5}, {}, 2.0, 3.0, 1.0)


def test_the_last_row_of_the_same_task_is_compared(tmp_path):
    log = tmp_path / "LOG.md"
    assert last_row(log, "mine") is None
    append(log, REPORT, clock=lambda: 0.0)
    append(log, replace(REPORT, task="a|b", figures={"hit@5": 1.0}), clock=lambda: 60.0)
    before = last_row(log, "mine")
    assert before is not None and (before.date, before.figures) == ("1970-01-01 00:00", {"hit@5": 0.5, "hit@1": 0.25})
    said = difference(replace(REPORT, figures={"hit@5": 0.75, "hit@2": 0.5}), before)
    assert "hit@5 +25.0 (50.0 -> 75.0)" in said
    assert "hit@1" not in said and "hit@2" not in said
    other = last_row(log, "a|b")
    assert other is not None and other.figures == {"hit@5": 1.0}


def test_a_row_goes_below_the_others_and_all_else_stays(tmp_path):
    log = tmp_path / "LOG.md"
    append(log, REPORT, clock=lambda: 0.0)
    notes = "\n## What I tried\n\n| change | figures |\n|---|---|\n| none | hit@5 50.0 |\n"
    log.write_text(log.read_text("utf-8") + notes, "utf-8")
    append(log, replace(REPORT, figures={"hit@5": 0.75}), clock=lambda: 60.0)
    text = log.read_text("utf-8")
    assert text.endswith(notes)
    assert text.index("hit@5 50.0, hit@1 25.0") < text.index("hit@5 75.0") < text.index("What I tried")
    assert text.count("| date, UTC |") == 1
    last = last_row(log, "mine")
    assert last is not None and last.figures == {"hit@5": 0.75}


@pytest.mark.parametrize(("name", "content"), [("notes.txt", b"my notes"), ("notes.md", b"\xff\xfe\x00")])
def test_a_file_that_is_no_log_is_left_alone(tmp_path, name, content):
    log = tmp_path / name
    log.write_bytes(content)
    with pytest.raises(BadInput, match="the log"):
        append(log, REPORT)
    assert log.read_bytes() == content
