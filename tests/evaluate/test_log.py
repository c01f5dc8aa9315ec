"""A log of figures says what changed since the last run of the same task."""

from __future__ import annotations

import pytest

from ibidem.errors import BadInput
from ibidem.evaluate.log import append, difference, last_line

REPORT = {"task": "mine", "questions": 4, "all": {"hit@5": 0.5}, "p50_ms": 2.0, "p95_ms": 3.0, "indexing_s": 1.0}


def test_the_last_line_of_the_same_task_is_compared(tmp_path):
    log = tmp_path / "log.jsonl"
    assert last_line(log, "mine") is None
    append(log, REPORT, clock=lambda: 0.0)
    append(log, {**REPORT, "task": "other", "all": {"hit@5": 1.0}}, clock=lambda: 60.0)
    before = last_line(log, "mine")
    now = append(log, {**REPORT, "all": {"hit@5": 0.75, "hit@1": 0.5}, "p95_ms": 2.5}, clock=lambda: 120.0)
    assert before is not None and before["date"] == "1970-01-01T00:00:00.000Z"
    said = difference(now, before)
    assert "hit@5 +25.0 (50.0 -> 75.0)" in said
    assert "p95_ms -0.5" in said
    assert "hit@1" not in said


def test_a_file_that_is_no_log_is_left_alone(tmp_path):
    log = tmp_path / "notes.txt"
    log.write_text("my notes\n", "utf-8")
    with pytest.raises(BadInput, match="line 1"):
        last_line(log, "mine")
