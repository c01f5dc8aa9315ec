"""Floors of what is found over docs/ and examples/, by questions of our own. A change that lowers one says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibidem.cli.throwaway import find_in_folders
from ibidem.evaluate.questions import ALONE, WRITTEN_OUT, Answered, ask, figures, read_questions
from ibidem.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> dict[str, list[Answered]]:
    settings = Settings(tmp_path_factory.mktemp("data"))
    with find_in_folders(settings, [ROOT / "docs", ROOT / "examples"]) as find:
        return {
            name: ask(read_questions(ROOT / "evals" / f"{name}.jsonl"), find) for name in ("questions", "followups")
        }


def missed(answered: list[Answered]) -> list[str]:
    return [f"{one.asked.id} {one.asked.question}" for one in answered if not one.ranks[""]]


@pytest.mark.parametrize(("lang", "first", "among_five"), [("ko", 0.90, 0.95), ("en", 0.70, 0.95)])
def test_questions_find_the_place_that_answers(answered, lang, first, among_five):
    part = [one for one in answered["questions"] if one.asked.lang == lang]
    found = figures(part)
    assert len(part) == 20
    assert found["hit@5"] >= among_five, missed(part)
    assert found["hit@1"] >= first


@pytest.mark.parametrize(("lang", "metric"), [("ko", "hit@5"), ("en", "hit@5"), ("", "hit@1")])
def test_second_turns_find_as_much_as_when_they_are_written_out(answered, lang, metric):
    part = [one for one in answered["followups"] if lang in ("", one.asked.lang)]
    assert len(part) == (30 if lang else 60)
    assert figures(part)[metric] >= figures(part, WRITTEN_OUT)[metric] - 0.05, missed(part)
    assert figures(part)[metric] >= figures(part, ALONE)[metric] + 0.1


def test_the_places_that_answer_are_there():
    for name in ("questions", "followups"):
        for one in read_questions(ROOT / "evals" / f"{name}.jsonl"):
            content = (ROOT / one.path).read_bytes()
            encoding = "cp949" if one.path.endswith(".txt") else "utf-8"
            assert one.path.endswith(".pdf") or one.contains in content.decode(encoding), one.id
