"""Korean in two passes: bigrams at once, morphemes afterwards, and never a search that waits or finds nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ibidem.app import App, build
from ibidem.errors import BadInput, ChildFailed
from ibidem.index import generation as generations
from ibidem.index import korean
from ibidem.index.generation import Position
from ibidem.index.indexes import Indexes
from ibidem.index.replay import replay
from ibidem.settings import IndexSettings, Settings, load
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, add_source, create_workspace

KOREAN = "# 요금\n\n예약금은 행사 열흘 전까지 돌려받습니다.\n\n# 환불\n\n취소한 예약의 환불은 사흘 안에 처리합니다.\n"
ENGLISH = "# Pumps\n\nThe reserve pump starts when pressure falls.\n"


class FakeKiwi:
    """Cuts words at spaces and drops a last syllable that is mostly a particle: no model is loaded."""

    loads = 0

    def __call__(self, text: str) -> list[str]:
        FakeKiwi.loads += 1
        return [word.rstrip("은는이가을를의.") for word in text.split() if korean.is_hangul(word)]


@pytest.fixture
def fake_kiwi(monkeypatch: pytest.MonkeyPatch) -> FakeKiwi:
    FakeKiwi.loads = 0
    fake = FakeKiwi()
    monkeypatch.setattr("ibidem.index.replay.morphemes", fake)
    return fake


def in_this_process(name: str, payload: dict[str, Any]) -> Iterator[Any]:
    assert name == "ibidem.index.replay:replay"
    return replay(payload)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = build(Settings(tmp_path / "data"))
    app.indexes = Indexes(app.data.index, app.db, in_this_process, morphemes=True)
    yield app
    app.close()


def fill(app: App, folder: Path, **texts: str) -> Workspace:
    """A workspace whose documents are read and stored, not yet indexed."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    workspace = create_workspace(app.db, LOCAL_OWNER, folder.name, time.time())
    source = app.db.write(lambda tx: add_source(tx, workspace, bytes(folder), watch=False, now=time.time()))
    app.sources.sync(source, {}, threading.Event())
    return workspace


def change(app: App, workspace: Workspace, path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    row = app.db.read_one("SELECT id FROM source WHERE workspace = ?", (workspace.id,))
    assert row
    from ibidem.store.workspaces import get_source

    app.sources.sync(get_source(app.db, LOCAL_OWNER, row["id"]), {}, threading.Event())


def position(app: App, workspace: Workspace) -> Position:
    found = generations.current(app.data.index / str(workspace.id))
    assert found
    return found.position


def found(app: App, workspace: Workspace, question: str) -> str:
    passages = app.search(question, workspace).passages
    return passages[0].text if passages else ""


def step(app: App, workspace: Workspace, until: Callable[[dict[str, Any]], bool], *, fresh: bool = False) -> None:
    """Replay as the child does, and break off at a message: what a kill leaves behind."""

    def call(name: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in replay(payload):
            yield told
            if until(told):
                raise ChildFailed("ended by SIGKILL", lost=True)

    app.indexes._call = call
    with pytest.raises(ChildFailed):
        app.indexes.replay(workspace.id, fresh=fresh)
    app.indexes._call = in_this_process


def test_korean_is_found_after_the_first_pass_and_after_the_second(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    step(app, workspace, lambda told: bool(told.get("first")))
    reader = app.indexes.reader(workspace.id)
    assert reader and not reader.has_morphemes and not fake_kiwi.loads
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    app.indexes._second_not_before = 0.0
    app.indexes.replay(workspace.id)
    assert reader.has_morphemes and position(app, workspace).both
    assert app.indexes.behind() == []
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")


def test_a_document_is_ranked_by_its_morphemes_too(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes.replay(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader
    by_bigrams = dict(reader.rank("body", ["환불"], 10))
    by_both = dict(reader.rank_korean(["환불"], ["환불"], 10))
    assert by_bigrams.keys() == by_both.keys()
    assert dict(reader.rank_korean([], ["예약금"], 10)), "morphemes alone find it as well"
    assert reader.rank_korean(["환불"], [], 10) != [] and reader.rank_korean([], [], 10) == []


def test_a_workspace_without_hangul_never_loads_kiwi(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    workspace = fill(app, tmp_path / "notes", pumps=ENGLISH)
    app.indexes.replay(workspace.id)
    assert not fake_kiwi.loads and not position(app, workspace).hangul
    reader = app.indexes.reader(workspace.id)
    assert reader and not reader.has_morphemes
    assert "reserve" in found(app, workspace, "reserve 펌프는?")
    assert not app.korean._child.ready, "a Korean question over English text starts no child"


def test_new_text_is_found_while_the_second_pass_is_under_way(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.index.replay.BATCH_S", 0.0)  # a commit after every chunk
    folder = tmp_path / "notes"
    workspace = fill(app, folder, **{f"fees{n}": KOREAN.replace("사흘", f"{n}일") for n in range(5)})
    seen = []

    def call(name: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in replay(payload):
            yield told
            seen.append(found(app, workspace, "환불은 언제 처리하나요?"))
            if fake_kiwi.loads == 2:
                change(app, workspace, folder / "late.md", "# 주차\n\n주차장은 자정에 닫습니다.\n")
            if fake_kiwi.loads == 6:
                assert "자정" in found(app, workspace, "주차장은 언제 닫나요?")

    app.indexes._call = call
    app.indexes.replay(workspace.id)
    assert all(seen), "every search found something, at each step"
    assert position(app, workspace).both
    assert "자정" in found(app, workspace, "주차장은 언제 닫나요?")


def test_a_child_killed_in_the_second_pass_goes_on_where_it_was(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.index.replay.BATCH_S", 0.0)
    workspace = fill(app, tmp_path / "notes", **{f"fees{n}": KOREAN for n in range(4)})
    step(app, workspace, lambda told: fake_kiwi.loads >= 3)
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    assert app.indexes.behind() == [], (
        "it is put off for a while: a second pass that kills its child is no endless loop"
    )
    app.indexes._second_not_before = 0.0
    assert app.indexes.behind() == [workspace.id]
    app.indexes.replay(workspace.id)
    assert position(app, workspace).both and app.indexes.behind() == []


def test_a_changed_or_deleted_document_leaves_the_morphemes(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    folder = tmp_path / "notes"
    workspace = fill(app, folder, fees=KOREAN, pumps=ENGLISH)
    app.indexes.replay(workspace.id)
    change(app, workspace, folder / "fees.md", "# Fees\n\nOnly English now.\n")
    app.indexes.replay(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader and reader.has_morphemes
    assert reader.rank_korean([], ["예약금"], 10) == []


def test_a_damaged_directory_of_morphemes_is_made_anew(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    folder = tmp_path / "notes"
    workspace = fill(app, folder, fees=KOREAN)
    app.indexes.replay(workspace.id)
    generation = generations.current(app.data.index / str(workspace.id))
    assert generation
    (generation.korean / "meta.json").write_text("{", "utf-8")
    change(app, workspace, folder / "more.md", "# 주차\n\n주차장은 자정에 닫습니다.\n")
    app.indexes.replay(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader and dict(reader.rank_korean([], ["예약금"], 10)) and dict(reader.rank_korean([], ["주차장"], 10))


def test_without_kiwi_bigrams_go_on_and_the_second_pass_is_put_off(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(text: str) -> list[str]:
        raise ImportError("kiwipiepy is not installed")

    monkeypatch.setattr("ibidem.index.replay.morphemes", absent)
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes.replay(workspace.id)
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    assert app.indexes.behind() == []
    reader = app.indexes.reader(workspace.id)
    assert reader and not reader.has_morphemes


def test_why_not_names_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert korean.why_not() == ""
    monkeypatch.setattr(korean, "_free_bytes", lambda: 100 << 20)
    assert "100 MB of memory are free" in korean.why_not()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "not installed" in korean.why_not()


def test_bigrams_as_set_need_no_second_pass(tmp_path: Path) -> None:
    settings = load(tmp_path, {"IBIDEM_INDEX__KOREAN": "bigrams"})
    assert settings.index == IndexSettings(korean="bigrams")
    with pytest.raises(BadInput, match="morphemes or bigrams, not 'mecab'"):
        load(tmp_path, {"IBIDEM_INDEX__KOREAN": "mecab"})
    app = build(settings)
    try:
        workspace = fill(app, tmp_path / "notes", fees=KOREAN)
        app.indexes._call = in_this_process
        app.indexes.replay(workspace.id)
        assert app.indexes.behind() == [] and not (app.data.index / str(workspace.id) / "1" / "korean").exists()
        assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    finally:
        app.close()


def test_an_index_of_an_older_analyzer_answers_until_the_new_one_is_complete(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes.replay(workspace.id)
    old = generations.current(app.data.index / str(workspace.id))
    assert old
    generations.save(old, replace(old.position, analyzer=1))
    app.indexes.forget(workspace.id)
    assert app.indexes.behind() == [workspace.id]
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    step(app, workspace, lambda told: bool(told.get("first")))
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")


def test_kiwi_itself_searches_korean_from_the_second_question_on_and_survives_its_end(app: App, tmp_path: Path) -> None:
    """The one test that loads Kiwi, in the children that hold it."""
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes = Indexes(app.data.index, app.db, app.pools[2].call, morphemes=True)
    app.indexes.replay(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader and reader.has_morphemes
    assert dict(reader.rank_korean([], ["환불"], 10)), "처리합니다 and 환불은 are stored as their stems"

    began = time.perf_counter()
    first = app.search("환불은 언제 처리하나요?", workspace)
    assert time.perf_counter() - began < 0.5, "the first question does not wait for the load"
    assert first.passages and first.trace["morphemes"] == []
    assert app.korean.start(wait=True)
    second = app.search("환불은 언제 처리하나요?", workspace)
    assert {"환불", "처리"} <= set(second.trace["morphemes"])
    assert "사흘" in second.passages[0].text
    for odd in ("가\ud800나", "ㅋㅋㅋ", "환불" * 5000, "👍🏽 환불?!", "\u1112\u116a\u11ab\u1107\u116e\u11af"):
        app.search(odd, workspace)  # lone surrogate, letters, 10,000 syllables, emoji, decomposed

    child = next(iter(app.korean._child._all))
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    after = app.search("예약금은 돌려받나요?", workspace)
    assert after.passages and after.trace["morphemes"] == []
    assert app.korean.start(wait=True)
    app.korean._child.end_idle(idle_s=0)
    assert not app.korean._child.ready
