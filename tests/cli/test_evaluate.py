"""`ibidem evaluate` on one's own questions: over folders or a workspace, with a log, and plain errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ibidem.app import build
from ibidem.cli.main import main
from ibidem.cli.throwaway import add_folders
from ibidem.settings import Settings

QUESTIONS = [
    {"question": "When does the gate open?", "path": "gate.md", "contains": "at seven", "lang": "en"},
    {
        "question": "And when does it close?",
        "first": "When does the gate open?",
        "path": "gate.md",
        "contains": "at nine",
    },
    {"question": "Who feeds the cat?", "path": "cat.md", "lang": "en"},
]


@pytest.fixture
def notes(tmp_path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    Path(folder, "gate.md").write_text("# Gate\n\nThe gate opens at seven and is closed at nine.\n")
    Path(folder, "door.md").write_text("# Door\n\nThe door is never locked.\n")
    return folder


@pytest.fixture
def questions(tmp_path) -> Path:
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, QUESTIONS)), "utf-8")
    return file


def run(monkeypatch, capsys, *arguments) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["ibidem", "evaluate", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_questions_are_asked_of_a_folder_and_compared_with_the_last_time(
    monkeypatch, capsys, tmp_path, notes, questions
):
    log = tmp_path / "figures.md"
    data = ("--data-dir", tmp_path / "data")
    asked = ("--questions", questions, notes, "--log", log, *data)
    code, out, _ = run(monkeypatch, capsys, *asked, "--missed")
    assert code == 0
    assert "| questions:mine hit@5 | 3 | 66.7 | - | - |" in out
    assert "missed: 3  Who feeds the cat?  (cat.md)" in out
    assert "since" not in out
    code, out, _ = run(monkeypatch, capsys, *asked)
    assert "hit@5 +0.0 (66.7 -> 66.7)" in out
    assert "| questions:mine hit@5 | 3 | 66.7 | 66.7 | +0.0 |" in out
    assert log.read_text("utf-8").count("| questions:mine |") == 2
    assert not (tmp_path / "data").exists()


def test_questions_are_asked_of_a_workspace_as_it_is(monkeypatch, capsys, tmp_path, notes, questions):
    app = build(Settings(tmp_path / "data"))
    add_folders(app, "Mine", [notes])
    app.close()
    asked = ("--questions", questions, "--workspace", "mine", "--data-dir", tmp_path / "data", "--json")
    code, out, _ = run(monkeypatch, capsys, *asked)
    report = json.loads(out)
    assert code == 0
    assert report["questions"] == 3
    assert report["parts"]["lang"]["all, alone"]["hit@5"] <= 1
    assert report["parts"]["lang"]["en"]["hit@5"] == 0.5


def write_task(folder: Path) -> None:
    """Two questions, in two languages, over one file; only the first one's place is found."""
    folder.mkdir(parents=True)
    text = "The gate opens at seven.\n"
    Path(folder, "corpus.jsonl").write_text(
        json.dumps({"id": "d", "group": "g", "path": "gate.md", "text": text}) + "\n"
    )
    rows = [
        {"id": "1", "group": "g", "text": "When does the gate open?", "lang": "en", "kind": "when"},
        {"id": "2", "group": "g", "text": "고양이", "lang": "ko", "kind": "when"},
    ]
    Path(folder, "queries.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    Path(folder, "qrels.tsv").write_text("query\tdoc\trel\tstart\tend\n1\td\t1\t0\t24\n2\td\t1\t0\t24\n")


def test_a_folder_of_tasks_is_run_whole_and_a_row_logged_for_each(monkeypatch, capsys, tmp_path):
    for name in ("first", "second"):
        write_task(tmp_path / "sets" / name)
    log, ranked = tmp_path / "LOG.md", tmp_path / "ranked.jsonl"
    log.write_text("# What was tried\n\nNothing yet.\n")
    code, out, _ = run(monkeypatch, capsys, tmp_path / "sets", "--log", log, "--run-file", ranked)
    assert code == 0
    assert "  lang ko                      R@1 0.0" in out
    assert "kind" not in out  # all of one kind
    assert "| first span@5 | 2 | 50.0 | - | - |" in out
    assert log.read_text("utf-8").startswith("# What was tried\n\nNothing yet.\n\n## Runs")
    assert [line.split(" | ")[2] for line in log.read_text("utf-8").splitlines()[-2:]] == ["first", "second"]
    assert len(ranked.read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ([], "nothing to evaluate", 2),
        (["--questions", "none.jsonl"], "no file of questions", 4),
        (["--questions", "none.jsonl", "--git", "."], "--questions does not go with --git", 2),
        (["--git", "none"], "no folder none", 4),
        (["none"], "no task in none", 4),
        (["none", "--log", "figures.csv"], "is no Markdown", 2),
    ],
)
def test_errors_name_what_is_wrong(monkeypatch, capsys, tmp_path, arguments, said, code):
    monkeypatch.chdir(tmp_path)
    found, _, err = run(monkeypatch, capsys, *arguments, "--data-dir", tmp_path / "data")
    assert said in err
    assert found == code
