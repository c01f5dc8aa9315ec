"""The whole product, words, morphemes and vectors: what one workspace holds is no other one's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibidem.app import App, build
from ibidem.cli.throwaway import add_folders
from ibidem.settings import ModelSettings, RetrieveSettings, Settings
from ibidem.store.workspaces import Workspace

QUESTIONS = ("who renews the lease of a job?", "환불은 언제 처리하나요?", "renew_lease", "임대 lease 갱신")
NOTES = {
    "jobs.md": "# Jobs\n\nThe worker renews the lease of a claimed job.\n",
    "fees.md": "# 환불\n\n환불은 사흘 안에 처리합니다. 임대 갱신은 따로 합니다.\n",
    "lease.py": "def renew_lease(job):\n    return job.lease + 30\n",
}


@pytest.fixture
def app(tmp_path: Path):
    patient = RetrieveSettings(dense_ms=10_000)  # a busy machine must not make it fall back
    app = build(Settings(tmp_path / "data", retrieve=patient, models=ModelSettings(embedder="hashed:64")))
    app.korean.wait_s = 10.0
    yield app
    app.close()


def fill(app: App, folder: Path, name: str, times: int) -> Workspace:
    folder.mkdir()
    for number in range(times):
        for path, text in NOTES.items():
            (folder / f"{number}-{path}").write_text(text + f"\nlease {number} 환불\n" * number, "utf-8")
    return add_folders(app, name, [folder])


def found(app: App, workspace: Workspace) -> list[dict[str, object]]:
    seen = []
    for question in QUESTIONS:
        context = app.search(question, workspace)
        assert context.trace["dense"]["state"] == "used"
        hits = {one.stored.path: (one.score, one.channels) for one in context.ranked}
        seen.append({"hits": hits, "evidence": context.evidence, "terms": dict(context.terms)})
    return seen


def test_filling_one_workspace_changes_no_score_in_another(app: App, tmp_path: Path) -> None:
    mine = fill(app, tmp_path / "mine", "Mine", 3)
    assert app.korean.start(wait=True)
    before = found(app, mine)
    assert app.search(QUESTIONS[1], mine).trace["morphemes"], "the second pass counts here"
    other = fill(app, tmp_path / "other", "Other", 20)
    assert found(app, mine) == before
    assert found(app, other) != before
