"""Korean in two passes: bigrams at once, morphemes afterwards, and never a search that waits or finds nothing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ibidem.app import App, build
from ibidem.errors import BadInput, ChildFailed
from ibidem.index import generation as generations
from ibidem.index import korean
from ibidem.index.generation import Generation
from ibidem.index.indexes import Indexes
from ibidem.index.lexical import LexicalReader, Word
from ibidem.index.replay import replay, replay_morphemes
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
    return {"replay": replay, "replay_morphemes": replay_morphemes}[name.partition(":")[2]](payload)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = build(Settings(tmp_path / "data"))
    app.indexes = Indexes(app.data.index, app.db, in_this_process, in_this_process)
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


def found(app: App, workspace: Workspace, question: str) -> str:
    passages = app.search(question, workspace).passages
    return passages[0].text if passages else ""


def both_passes(app: App, workspace: Workspace) -> LexicalReader:
    app.indexes.replay(workspace.id)
    app.indexes.add_morphemes(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader
    return reader


def latest(app: App, workspace: Workspace) -> Generation:
    generation = generations.current(app.data.index / str(workspace.id))
    assert generation
    return generation


def test_korean_is_found_after_the_first_pass_and_after_the_second(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes.replay(workspace.id)
    reader = app.indexes.reader(workspace.id)
    assert reader and not reader.has_morphemes and not fake_kiwi.loads
    assert latest(app, workspace).lacks_morphemes
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    app.indexes.add_morphemes_to_all()
    assert reader.has_morphemes and not latest(app, workspace).lacks_morphemes
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")


def test_bigrams_and_morphemes_are_summed(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    reader = both_passes(app, fill(app, tmp_path / "notes", fees=KOREAN))
    by_bigrams = dict(reader.rank("body", ["환불"], 10))
    by_morphemes = dict(reader.rank_korean([], ["환불"], 10))
    by_both = dict(reader.rank_korean(["환불"], ["환불"], 10))
    assert by_bigrams.keys() == by_morphemes.keys() == by_both.keys() != set()
    for chunk, score in by_both.items():
        assert score == pytest.approx(by_bigrams[chunk] / 2 + by_morphemes[chunk], rel=1e-4)
    assert reader.rank_korean([], [], 10) == []


def test_only_the_questions_own_hangul_gives_half_to_morphemes(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    reader = both_passes(app, fill(app, tmp_path / "notes", fees=KOREAN, pumps=ENGLISH))

    def score(word: Word | str) -> float:
        ((_, best),) = reader.rank_korean([word], ["없음"], 1)
        return best

    whole = reader.rank("body", ["환불"], 1)[0][1]
    english = reader.rank("body", ["pump"], 1)[0][1]
    assert score("환불") == pytest.approx(whole / 2, rel=1e-4)
    assert score(Word(((("환불",), 0.6),), borrowed=True)) == pytest.approx(0.6 * whole, rel=1e-4)
    assert score("pump") == pytest.approx(english, rel=1e-4)
    assert score(Word(((("펌프",), 1.0), (("pump",), 1.0)))) == pytest.approx(english, rel=1e-4)
    assert score(Word(((("refund",), 1.0), (("환불",), 0.5)))) == pytest.approx(whole / 2, rel=1e-4)


def test_morphemes_that_cannot_be_read_leave_korean_to_bigrams_and_are_made_anew(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    both_passes(app, workspace)
    (latest(app, workspace).korean / "meta.json").write_text("{", "utf-8")
    app.indexes.forget(workspace.id)
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    assert app.indexes.behind() == [workspace.id]
    app.indexes.replay_all()
    assert app.indexes.behind() == []
    assert both_passes(app, workspace).rank_korean([], ["예약금"], 10)


def test_a_workspace_without_hangul_never_loads_kiwi(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    workspace = fill(app, tmp_path / "notes", pumps=ENGLISH)
    reader = both_passes(app, workspace)
    assert not fake_kiwi.loads and not latest(app, workspace).lacks_morphemes
    assert not reader.has_morphemes and not latest(app, workspace).korean.exists()
    assert "reserve" in found(app, workspace, "reserve 펌프는?")
    assert not app.korean._child.ready, "a Korean question over English text starts no child"


def test_searches_find_something_at_every_step_of_the_second_pass_and_new_text_at_once(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.index.replay.BATCH_S", 0.0)  # a commit after every document
    folder = tmp_path / "notes"
    workspace = fill(app, folder, **{f"fees{n}": KOREAN.replace("사흘", f"{n}일") for n in range(4)})
    app.indexes.replay(workspace.id)
    seen = []

    def call(name: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in in_this_process(name, payload):
            yield told
            seen.append(found(app, workspace, "환불은 언제 처리하나요?"))
            if len(seen) == 3:
                change(app, workspace, folder / "late.md", "# 주차\n\n주차장은 자정에 닫습니다.\n")
                app.indexes.replay(workspace.id)
                assert "자정" in found(app, workspace, "주차장은 언제 닫나요?"), "it does not wait for the second pass"

    app.indexes._second_call = call
    reader = both_passes(app, workspace)
    assert len(seen) > 5 and all(seen)
    assert reader.has_morphemes and reader.rank_korean([], ["주차장"], 10)


def test_a_child_killed_in_the_second_pass_goes_on_where_it_was(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.index.replay.BATCH_S", 0.0)
    workspace = fill(app, tmp_path / "notes", **{f"fees{n}": KOREAN for n in range(4)})

    def killed(name: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in in_this_process(name, payload):
            yield told
            if "korean_seq" in told:
                raise ChildFailed("ended by SIGKILL", lost=True)

    app.indexes._second_call = killed
    reader = both_passes(app, workspace)
    assert not reader.has_morphemes
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    app.indexes._second_call = in_this_process
    before = fake_kiwi.loads
    app.indexes.add_morphemes(workspace.id)
    assert fake_kiwi.loads == before, "put off for a while: a pass that kills its child is no endless loop"
    app.indexes._put_off.clear()
    app.indexes.add_morphemes(workspace.id)
    assert reader.has_morphemes and fake_kiwi.loads == 4 * before, "each of four documents once"


def test_a_workspace_whose_pass_fails_does_not_put_off_the_others(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    app.indexes.replay(workspace.id)
    second_call = app.indexes._second_call
    assert second_call

    def failing(name: str, payload: dict[str, Any]) -> Iterator[Any]:
        if payload["workspace"] != workspace.id:
            raise ChildFailed("ended by SIGSEGV", lost=True)
        yield from second_call(name, payload)

    app.indexes._second_call = failing
    app.indexes.add_morphemes(workspace.id + 1)
    app.indexes.add_morphemes(workspace.id)
    assert latest(app, workspace).has_morphemes


def test_a_changed_document_takes_its_morphemes_along(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    folder = tmp_path / "notes"
    workspace = fill(app, folder, fees=KOREAN, pumps=ENGLISH)
    both_passes(app, workspace)
    change(app, workspace, folder / "fees.md", "# Fees\n\nOnly English now.\n")
    loads = fake_kiwi.loads
    reader = both_passes(app, workspace)
    assert reader.has_morphemes and reader.rank_korean([], ["예약금"], 10) == []
    assert fake_kiwi.loads == loads, "a change without Hangul loads nothing"


def test_a_change_without_hangul_leaves_morphemes_in_use(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    folder = tmp_path / "notes"
    workspace = fill(app, folder, fees=KOREAN, pumps=ENGLISH)
    reader = both_passes(app, workspace)
    change(app, workspace, folder / "pumps.md", ENGLISH + "More.\n")
    app.indexes.replay(workspace.id)
    assert reader.has_morphemes
    change(app, workspace, folder / "pumps.md", ENGLISH + "펌프.\n")
    app.indexes.replay(workspace.id)
    assert not reader.has_morphemes


def test_a_damaged_directory_of_morphemes_is_made_anew(app: App, tmp_path: Path, fake_kiwi: FakeKiwi) -> None:
    folder = tmp_path / "notes"
    workspace = fill(app, folder, fees=KOREAN)
    both_passes(app, workspace)
    (latest(app, workspace).korean / "meta.json").write_text("{", "utf-8")
    change(app, workspace, folder / "more.md", "# 주차\n\n주차장은 자정에 닫습니다.\n")
    reader = both_passes(app, workspace)
    assert reader.rank_korean([], ["예약금"], 10) and reader.rank_korean([], ["주차장"], 10)


def test_morphemes_of_another_version_of_kiwi_are_made_anew(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    both_passes(app, workspace)
    loads = fake_kiwi.loads
    monkeypatch.setattr(generations, "made_by", lambda: "kiwipiepy 99")
    app.indexes.forget(workspace.id)
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?"), "by bigrams"
    assert latest(app, workspace).lacks_morphemes
    reader = both_passes(app, workspace)
    assert reader.has_morphemes and fake_kiwi.loads == 2 * loads
    assert len(reader.rank_korean([], ["예약금"], 10)) == 1, "and not beside the old ones"


def test_without_kiwi_bigrams_go_on_and_the_second_pass_is_put_off(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(text: str) -> list[str]:
        raise ImportError("kiwipiepy is not installed")

    monkeypatch.setattr("ibidem.index.replay.morphemes", absent)
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    reader = both_passes(app, workspace)
    assert not reader.has_morphemes and app.indexes.behind() == []
    assert app.indexes._put_off[workspace.id][1] > time.monotonic()
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")


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
        both_passes(app, workspace)
        assert not latest(app, workspace).korean.exists()
        assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    finally:
        app.close()


def test_an_index_of_an_older_analyzer_answers_until_the_new_one_is_complete(
    app: App, tmp_path: Path, fake_kiwi: FakeKiwi
) -> None:
    workspace = fill(app, tmp_path / "notes", fees=KOREAN)
    both_passes(app, workspace)
    old = latest(app, workspace)
    generations.save(old, replace(old.position, analyzer=1))
    app.indexes.forget(workspace.id)
    assert app.indexes.behind() == [workspace.id]
    assert "사흘" in found(app, workspace, "환불은 언제 처리하나요?")
    assert both_passes(app, workspace).has_morphemes and latest(app, workspace).number == old.number + 1


def test_kiwi_itself_searches_korean_from_the_second_question_on_and_survives_its_end(tmp_path: Path) -> None:
    """The one test that loads Kiwi, in the children that hold it."""
    app = build(Settings(tmp_path / "data"))
    app.korean.wait_s = 10.0  # a busy machine must not make it fall back
    try:
        workspace = fill(app, tmp_path / "notes", fees=KOREAN)
        reader = both_passes(app, workspace)
        assert reader.has_morphemes and dict(reader.rank_korean([], ["처리"], 10)), "처리합니다 is stored as its stem"

        began = time.perf_counter()
        first = app.search("환불은 언제 처리하나요?", workspace)
        assert time.perf_counter() - began < 1, "the first question does not wait for the load"
        assert first.passages and first.trace["morphemes"] == []
        assert app.korean.start(wait=True)
        assert app.korean.morphemes("plain English") == []
        assert set(app.korean.morphemes("환불은 언제 처리하나요?") or ()) == {"환불", "처리"}
        second = app.search("환불은 언제 처리하나요?", workspace)
        assert second.trace["morphemes"] and "사흘" in second.passages[0].text
        for odd in ("가\ud800나", "ㅋㅋㅋ", "환불" * 5000, "👍🏽 환불?!", "\u1112\u116a\u11ab\u1107\u116e\u11af"):
            app.search(odd, workspace)  # lone surrogate, letters, 10,000 syllables, emoji, decomposed
        assert app.korean.start(wait=True), "none of them ended the child"

        child = next(iter(app.korean._child._all))
        os.kill(child.process.pid, signal.SIGKILL)
        child.process.wait()
        after = app.search("예약금은 돌려받나요?", workspace)
        assert after.passages and after.trace["morphemes"] == []
        assert app.korean.start(wait=True)
        app.korean._child.end_idle(idle_s=0)
        assert not app.korean._child.ready, "an idle server holds no Kiwi"
    finally:
        app.close()
