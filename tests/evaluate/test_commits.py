"""A repository's history becomes questions, without its work tree."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ibidem.cli.throwaway import throwaway
from ibidem.errors import BadInput, NotFound
from ibidem.evaluate.commits import cleaned, history_task
from ibidem.evaluate.run import evaluate
from ibidem.settings import Settings

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "shop"
    root.mkdir()

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)

    def commit(subject, **files):
        for name, text in files.items():
            (root / name.replace("_py", ".py").replace("_md", ".md")).write_text(text, "utf-8")
        git("add", "-A")
        git("commit", "-qm", subject)

    git("init", "-q")
    commit("begin", cart_py="def total(items): ...\n", tax_py="def vat(price): ...\n", notes_md="notes\n")
    commit("feat(cart): round the total of items (#12)", cart_py="def total(items): return 1\n")
    commit("docs: more notes on prices", notes_md="more\n")
    commit("fix: vat of a price, see https://example.org/7", tax_py="def vat(price): return 2\n")
    commit("new module for stock", stock_py="def stock(): ...\n")
    commit("bump version to 2", cart_py="def total(items): return 3\n")
    commit("fix", cart_py="def total(items): return 4\n")
    return root


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        ("feat(cart)!: round totals (#12)", "round totals"),
        ("jobs, app: take the lease in one statement", "take the lease in one statement"),
        ("Fix rounding, closes #4", "Fix rounding,"),
        ("[ABC-123] 결제: 합계 반올림", "합계 반올림"),
        ("see https://example.org/1 for totals", "see for totals"),
    ],
)
def test_a_subject_loses_prefix_numbers_and_links(subject, left):
    assert cleaned(subject) == left


def test_commits_ask_for_the_files_they_changed_as_these_were_before(repository):
    (repository / "cart.py").write_text("not committed", "utf-8")
    task = history_task(repository)
    asked = {question.text: [gold.document_id for gold in question.gold] for question in task.questions}
    assert asked == {"round the total of items": ["cart.py"], "vat of a price, see": ["tax.py"]}
    assert task.documents["cart.py"].text == "def total(items): ...\n"
    assert "stock.py" not in task.documents
    assert (repository / "cart.py").read_text("utf-8") == "not committed"


def test_the_task_runs_through_the_pipeline(repository, tmp_path):
    with throwaway(Settings(tmp_path / "data")) as engine:
        found = evaluate(history_task(repository), engine.add, engine.search)
    assert found.figures()["all"]["R@5"] == 1


def test_no_repository_no_folder_and_no_git_are_told_apart(tmp_path, monkeypatch):
    with pytest.raises(NotFound, match="no folder"):
        history_task(tmp_path / "none")
    with pytest.raises(BadInput, match="git cannot read"):
        history_task(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFound, match="not installed"):
        history_task(tmp_path)


def test_an_empty_history_is_refused(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(BadInput):
        history_task(tmp_path)
