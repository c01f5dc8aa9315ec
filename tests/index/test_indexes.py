"""The index follows the change log, from any state it is found in, and can be thrown away."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import ChildFailed, DiskFull, IndexUnavailable
from ibidem.index import generation as generations
from ibidem.index import indexes as module
from ibidem.index import replay as replaying
from ibidem.index.analyze import ANALYZER_VERSION, query_tokens
from ibidem.index.indexes import Indexes
from ibidem.index.lexical import LexicalReader
from ibidem.store.chunks import chunks_by_id
from ibidem.store.database import Database
from ibidem.store.documents import delete_documents, get_document
from ibidem.store.uploads import edit_upload
from ibidem.store.workspaces import Workspace, create_workspace
from tests.index.conftest import in_process
from tests.store.texts import add, rewrite


def found(indexes: Indexes, workspace: Workspace, question: str) -> dict[int, float]:
    """Chunk ids with their scores in the body."""
    reader = indexes.reader(workspace.id)
    return dict(reader.rank("body", query_tokens(question), 100)) if reader else {}


def documents(indexes: Indexes, db: Database, workspace: Workspace, question: str) -> list[str]:
    """The documents found, best first, as the index names them."""
    ids = list(found(indexes, workspace, question))
    stored = chunks_by_id(db, workspace, ids)
    return list(dict.fromkeys(stored[chunk].document_id for chunk in ids if chunk in stored))


def current_ids(db: Database, document_id: str) -> set[int]:
    rows = db.read(
        "SELECT c.id FROM chunk AS c JOIN document AS d ON d.id = c.document AND d.version = c.version WHERE d.id = ?",
        (document_id,),
    )
    return {row["id"] for row in rows}


def folder_of(indexes: Indexes, workspace: Workspace) -> Path:
    return indexes._folder / str(workspace.id)


# --- following -------------------------------------------------------------------------------------------------------


def test_what_was_added_is_found_after_a_replay(db: Database, home: Workspace, indexes: Indexes) -> None:
    document_id = add(db, home, "pumps.md", "The reserve pump starts at 4.2 bar.\n" * 20)
    assert indexes.reader(home.id) is None
    assert indexes.behind() == [home.id]
    indexes.replay_all()
    assert indexes.behind() == []
    assert set(found(indexes, home, "reserve pump")) == current_ids(db, document_id)
    assert found(indexes, home, "submarine") == {}
    assert get_document(db, 1, document_id).state == "ok"


def test_names_and_paths_are_channels_of_their_own(db: Database, home: Workspace, indexes: Indexes) -> None:
    add(db, home, "pressure_valve.py", "nothing to see\n")
    indexes.replay_all()
    reader = indexes.reader(home.id)
    assert reader is not None
    assert reader.rank("path", ["valv"], 5) and not reader.rank("body", ["valv"], 5)
    assert reader.rank("symbols", ["valv"], 5) == []
    assert (reader.document_frequency("valv"), reader.document_frequency("absent"), reader.chunks) == (1, 0, 1)
    assert reader.rank("body", [], 5) == []


def test_a_changed_document_replaces_its_old_text(db: Database, home: Workspace, indexes: Indexes) -> None:
    document_id = add(db, home, "a.md", "submarine " * 100)
    indexes.replay_all()
    rewrite(db, 1, document_id, "zeppelin " * 100)
    assert indexes.behind() == [home.id]
    indexes.replay_all()
    assert found(indexes, home, "submarine") == {}
    assert set(found(indexes, home, "zeppelin")) == current_ids(db, document_id)


def test_a_deleted_document_is_not_found(db: Database, home: Workspace, indexes: Indexes) -> None:
    gone, kept = add(db, home, "a.md", "submarine one"), add(db, home, "b.md", "submarine two")
    indexes.replay_all()
    db.write(lambda tx: delete_documents(tx, 1, [gone]))
    indexes.replay_all()
    assert set(found(indexes, home, "submarine")) == current_ids(db, kept)
    reader = indexes.reader(home.id)
    assert reader is not None and reader.chunks == 1


def test_a_document_that_moved_is_found_only_where_it_went(db: Database, home: Workspace, indexes: Indexes) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    document_id = add(db, home, "a.md", "submarine")
    indexes.replay_all()
    db.write(lambda tx: edit_upload(tx, 1, document_id, title=None, workspace=other, size=None, now=0.0))
    indexes.replay_all()
    assert found(indexes, home, "submarine") == {}
    assert set(found(indexes, other, "submarine")) == current_ids(db, document_id)


def test_an_open_reader_sees_the_next_commit(db: Database, home: Workspace, indexes: Indexes) -> None:
    add(db, home, "a.md", "submarine")
    indexes.replay_all()
    reader = indexes.reader(home.id)
    add(db, home, "b.md", "submarine")
    indexes.replay_all()
    assert indexes.reader(home.id) is reader
    assert len(found(indexes, home, "submarine")) == 2


@pytest.fixture
def killed(tmp_path: Path, db: Database, home: Workspace) -> Indexes:
    """Behind, and its children fail until `fails` is empty."""
    (tmp_path / "index").mkdir()
    fails = [ChildFailed("a worker thread was killed", lost=False)] * module.STUCK_AFTER

    def call(function: str, payload: dict[str, Any]) -> Iterator[Any]:
        if fails:
            raise fails.pop()
        yield from in_process(function, payload)

    add(db, home, "a.md", "submarine")
    return Indexes(tmp_path / "index", db, call)


def test_what_fails_again_and_again_is_told_until_it_succeeds(
    home: Workspace, killed: Indexes, caplog: pytest.LogCaptureFixture
) -> None:
    for times in range(module.STUCK_AFTER):
        assert killed.stuck(home.id) is None, times
        killed.replay_all()
    stuck = killed.stuck(home.id)
    assert stuck is not None and "killed" in stuck.message
    assert len(caplog.records) == 1  # the same thing is said once
    killed.replay_all()
    assert killed.stuck(home.id) is None and killed.behind() == []


def test_a_full_disk_is_told_at_once_as_what_it_is(
    home: Workspace, killed: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FULL_BYTES", 1 << 62)
    killed.replay_all()
    stuck = killed.stuck(home.id)
    assert isinstance(stuck, DiskFull) and "goes on by itself" in stuck.hint


def test_replaying_what_is_there_does_no_harm(db: Database, home: Workspace, indexes: Indexes) -> None:
    for number in range(5):
        add(db, home, f"{number}.md", f"submarine {number} " * 50)
    indexes.replay_all()
    before = found(indexes, home, "submarine 3")
    (generation,) = generations.generations(folder_of(indexes, home))
    generations.save(generation, generations.Position(seq=2, complete=True))
    assert indexes.behind() == [home.id]
    indexes.replay_all()
    again = found(indexes, home, "submarine 3")
    assert set(again) == set(before)
    reader = indexes.reader(home.id)
    assert reader is not None and reader.chunks == len(before)


def test_a_reader_never_makes_the_index_it_misses(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable):
        LexicalReader(tmp_path / "lexical")
    assert list(tmp_path.iterdir()) == []


def test_many_changes_are_replayed_in_batches(
    db: Database, home: Workspace, indexes: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH_CHANGES", 3)
    monkeypatch.setattr(replaying, "PAGE_CHUNKS", 2)
    for number in range(10):
        add(db, home, f"{number}.md", f"submarine {number} " * 60)
    payload = {"database": str(db.path), "folder": str(folder_of(indexes, home)), "workspace": home.id, "fresh": False}
    told = list(replaying.replay(payload))
    seqs = [one["seq"] for one in told if "seq" in one]
    assert seqs == [3, 6, 9, 10, 10]
    assert {"alive": True} in told
    indexes.replay_all()
    assert len(documents(indexes, db, home, "submarine")) == 10


def test_only_the_workspaces_with_changes_are_behind(db: Database, home: Workspace, indexes: Indexes) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    add(db, home, "a.md", "text")
    indexes.replay_all()
    add(db, other, "b.md", "text")
    assert indexes.behind() == [other.id]


def test_filling_one_workspace_changes_no_score_in_another(db: Database, home: Workspace, indexes: Indexes) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    for number in range(6):
        add(db, home, f"{number}.md", f"submarine number {number} dives, the zeppelin does not\n" * (number + 1))
    indexes.replay_all()
    before = found(indexes, home, "submarine zeppelin dives")
    for number in range(50):
        add(db, other, f"{number}.md", "submarine submarine submarine\n" * 10)
    indexes.replay_all()
    assert found(indexes, home, "submarine zeppelin dives") == before


def test_readers_that_were_not_used_for_long_are_closed(
    db: Database, home: Workspace, indexes: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibidem.index.indexes.OPEN_READERS", 2)
    places = [create_workspace(db, 1, f"W{number}", 0.0) for number in range(4)]
    for place in places:
        add(db, place, "a.md", "submarine")
    indexes.replay_all()
    for place in places:
        assert len(found(indexes, place, "submarine")) == 1
    assert len(indexes._readers) == 2
    assert len(found(indexes, places[0], "submarine")) == 1


# --- damage ----------------------------------------------------------------------------------------------------------


def filled(db: Database, home: Workspace, indexes: Indexes, count: int = 4) -> list[str]:
    ids = [add(db, home, f"{number}.md", f"submarine {number}") for number in range(count)]
    indexes.replay_all()
    return ids


def reopened(indexes: Indexes) -> Indexes:
    return Indexes(indexes._folder, indexes._db, in_process)


def test_an_index_that_is_gone_is_made_anew(db: Database, home: Workspace, indexes: Indexes) -> None:
    ids = filled(db, home, indexes)
    shutil.rmtree(folder_of(indexes, home))
    again = reopened(indexes)
    assert again.reader(home.id) is None
    assert again.behind() == [home.id]
    again.replay_all()
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\x00garbage\xff" * 50, b'{"index_settings": 3}'])
def test_an_index_that_is_garbled_is_made_anew_beside_itself(
    db: Database, home: Workspace, indexes: Indexes, damage: bytes
) -> None:
    ids = filled(db, home, indexes)
    (folder,) = folder_of(indexes, home).glob("*/lexical")
    (folder / "meta.json").write_bytes(damage)
    add(db, home, "new.md", "submarine new")
    again = reopened(indexes)
    assert again.reader(home.id) is None
    again.replay_all()
    assert len(documents(again, db, home, "submarine")) == len(ids) + 1
    assert [generation.number for generation in generations.generations(folder_of(indexes, home))] == [2]


def test_a_garbled_index_is_made_anew_without_a_new_change(db: Database, home: Workspace, indexes: Indexes) -> None:
    ids = filled(db, home, indexes)
    (folder,) = folder_of(indexes, home).glob("*/lexical")
    (folder / "meta.json").write_bytes(b"garbage")
    again = reopened(indexes)
    assert again.reader(home.id) is None
    again.replay_all()
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids)


@pytest.mark.parametrize("suffix", ["term", "idx", "fast", "fieldnorm"])
@pytest.mark.parametrize("cut", [True, False])
def test_an_index_whose_files_are_cut_or_gone_is_made_anew(
    db: Database, home: Workspace, indexes: Indexes, suffix: str, cut: bool
) -> None:
    ids = filled(db, home, indexes)
    path = next(folder_of(indexes, home).glob(f"*/lexical/*.{suffix}"))
    if cut:
        path.write_bytes(path.read_bytes()[:7])
    else:
        path.unlink()
    again = reopened(indexes)
    assert again.reader(home.id) is None
    again.replay_all()
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids)


@pytest.mark.parametrize("seed", range(6))
def test_an_index_whose_bytes_were_changed_answers_or_is_made_anew(
    db: Database, home: Workspace, indexes: Indexes, seed: int
) -> None:
    """The engine may even panic over them: that is an error of ours like any other."""
    ids = filled(db, home, indexes)
    dice = random.Random(seed)
    for path in folder_of(indexes, home).glob("*/lexical/*.*"):
        if path.suffix in (".term", ".idx", ".fast", ".store", ".fieldnorm"):
            data = bytearray(path.read_bytes())
            for _ in range(8):
                data[dice.randrange(len(data))] = dice.randrange(256)
            path.write_bytes(data)
    again = reopened(indexes)
    with suppress(IndexUnavailable):
        documents(again, db, home, "submarine 3")
    if again.behind():
        again.replay_all()
        assert sorted(documents(again, db, home, "submarine")) == sorted(ids)
    assert again.behind() == []


@pytest.mark.parametrize(
    "position", ["", "{", "[]", '{"seq": 9, "more": 1}', '{"analyzer": 0, "seq": 4, "complete": true}']
)
def test_a_position_that_says_nothing_means_to_replay(
    db: Database, home: Workspace, indexes: Indexes, position: str
) -> None:
    ids = filled(db, home, indexes)
    (generation,) = generations.generations(folder_of(indexes, home))
    (generation.folder / "position.json").write_text(position)
    again = reopened(indexes)
    assert again.behind() == [home.id]
    again.replay_all()
    assert again.behind() == []
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids)


def test_an_index_of_another_analyzer_is_made_anew_and_answers_meanwhile(
    db: Database, home: Workspace, indexes: Indexes
) -> None:
    ids = filled(db, home, indexes)
    (old,) = generations.generations(folder_of(indexes, home))
    generations.save(old, generations.Position(analyzer=ANALYZER_VERSION + 1, seq=old.position.seq, complete=True))
    seen: list[int] = []

    def watching(function: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in in_process(function, payload):
            seen.append(len(documents(again, db, home, "submarine")))
            yield told

    again = Indexes(indexes._folder, db, watching)
    assert again.behind() == [home.id]
    again.replay_all()
    assert seen and set(seen) == {len(ids)}
    assert [generation.number for generation in generations.generations(folder_of(indexes, home))] == [2]


def test_an_index_ahead_of_the_store_is_made_anew(db: Database, home: Workspace, indexes: Indexes) -> None:
    """The store is an older one, from a backup."""
    ids = filled(db, home, indexes)
    db.write(lambda tx: delete_documents(tx, 1, ids[2:]))
    indexes.replay_all()

    def restore(tx: Any) -> None:
        tx.execute("DELETE FROM change")
        tx.execute("DELETE FROM sqlite_sequence WHERE name = 'change'")
        tx.executemany(
            "INSERT INTO change (owner, workspace, document, deleted) VALUES (1, ?, ?, 0)",
            [(home.id, document_id) for document_id in ids[:2]],
        )

    db.write(restore)
    again = reopened(indexes)
    assert again.behind() == [home.id]
    again.replay_all()
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids[:2])
    assert again.behind() == []


def test_a_rebuild_answers_from_the_old_index_until_the_new_one_is_complete(
    db: Database, home: Workspace, indexes: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH_CHANGES", 1)
    ids = filled(db, home, indexes)
    seen: list[int] = []
    states: list[set[str]] = []

    def watching(function: str, payload: dict[str, Any]) -> Iterator[Any]:
        for told in in_process(function, payload):
            seen.append(len(documents(rebuilt, db, home, "submarine")))
            states.append({get_document(db, 1, one).state for one in ids})
            yield told

    rebuilt = Indexes(indexes._folder, db, watching)
    rebuilt.replay(home.id, fresh=True)
    assert len(seen) == len(ids) + 1 and set(seen) == {len(ids)}
    assert all(state == {"ok"} for state in states)
    assert sorted(documents(rebuilt, db, home, "submarine")) == sorted(ids)
    assert [generation.number for generation in generations.generations(folder_of(indexes, home))] == [2]


KILLED = """
import os, signal, sys, json
from ibidem.index import replay as replaying
from ibidem.index.lexical import LexicalWriter
payload, when = json.loads(sys.argv[1]), sys.argv[2]
replaying.BATCH_CHANGES = 3
commits = 0
commit, save = LexicalWriter.commit, replaying.generations.save
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
def dying_commit(self):
    global commits
    commits += 1
    if when == "before commit" and commits == 2: die()
    commit(self)
def dying_save(*args):
    if when == "before position" and commits == 2: die()
    return save(*args)
LexicalWriter.commit, replaying.generations.save = dying_commit, dying_save
for told in replaying.replay(payload):
    if when == "between" and told.get("seq") == 6: die()
"""


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("when", ["before commit", "before position", "between"])
def test_a_replay_that_was_killed_is_made_up_for(
    db: Database, home: Workspace, indexes: Indexes, when: str, fresh: bool
) -> None:
    ids = [add(db, home, f"{number}.md", f"submarine {number} " * 40) for number in range(8)]
    if fresh:
        indexes.replay_all()
    payload = {"database": str(db.path), "folder": str(folder_of(indexes, home)), "workspace": home.id, "fresh": fresh}
    done = subprocess.run([sys.executable, "-c", KILLED, json.dumps(payload), when], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    again = reopened(indexes)
    if fresh:
        assert sorted(documents(again, db, home, "submarine")) == sorted(ids)
    again.replay(home.id)
    assert sorted(documents(again, db, home, "submarine")) == sorted(ids)
    reader = again.reader(home.id)
    assert reader is not None
    assert reader.chunks == sum(len(current_ids(db, document_id)) for document_id in ids)
    assert again.behind() == []
    assert len(generations.generations(folder_of(indexes, home))) == 1


def test_one_workspace_that_fails_does_not_hold_up_the_others(db: Database, home: Workspace, indexes: Indexes) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    add(db, home, "a.md", "submarine")
    add(db, other, "b.md", "submarine")
    (indexes._folder / str(home.id)).write_text("a file in the way")

    def failing(function: str, payload: dict[str, Any]) -> Iterator[Any]:
        if payload["workspace"] == home.id:
            raise IndexUnavailable("no")
        return in_process(function, payload)

    Indexes(indexes._folder, db, failing).replay_all()
    assert len(found(indexes, other, "submarine")) == 1


def test_an_index_for_reading_does_not_replay(db: Database, home: Workspace, indexes: Indexes) -> None:
    filled(db, home, indexes)
    reading = Indexes(indexes._folder, db, None)
    assert len(found(reading, home, "submarine")) == 4
    with pytest.raises(IndexUnavailable):
        reading.replay(home.id)


def test_only_its_owner_can_read_it(db: Database, home: Workspace, indexes: Indexes) -> None:
    filled(db, home, indexes)
    folder = folder_of(indexes, home)
    for path in (folder / "1", folder / "1" / "lexical"):
        assert os.stat(path).st_mode & 0o077 == 0
