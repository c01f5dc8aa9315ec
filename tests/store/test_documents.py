"""Documents switch versions whole, leave without a trace, and are shown as they are."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from ibidem.errors import BadInput, NotFound
from ibidem.store.chunks import chunks_by_id, chunks_of, text_lines
from ibidem.store.database import Database
from ibidem.store.documents import (
    Stat,
    count_by_state,
    delete_documents,
    files_below,
    get_document,
    get_place,
    known_files,
    queue_files,
    skip_files,
    source_progress,
    sweep,
)
from ibidem.store.listing import list_documents
from ibidem.store.readings import (
    Reading,
    add_chunks,
    add_pages,
    begin_reading,
    fail_waiting,
    keep_version,
    recover,
    requeue,
    waiting_files,
    waiting_upload,
)
from ibidem.store.removal import delete_workspace, remove_source
from ibidem.store.uploads import edit_upload, uploads_kept
from ibidem.store.workspaces import Source, Workspace, add_source, create_workspace, get_source
from ibidem.types import Chunk, Page, Span
from tests.store.texts import add, begin, finish, rewrite, take, tile


def chunk_texts(db: Database, document_id: str, owner: int = 1) -> list[str]:
    return [stored.chunk.text for stored in chunks_of(db, owner, document_id)]


def rows(db: Database, table: str) -> int:
    row = db.read_one(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"]) if row else 0


def swept(db: Database) -> None:
    while sweep(db):
        pass


def changes(db: Database) -> list[tuple[int, str, int]]:
    found = db.read("SELECT workspace, document, deleted FROM change ORDER BY seq")
    return [(row["workspace"], row["document"], row["deleted"]) for row in found]


@pytest.fixture
def source(db: Database, home: Workspace) -> Source:
    return db.write(lambda tx: add_source(tx, home, b"/books", watch=True, now=0.0))


def files(db: Database, source: Source, *names: bytes, mtime_ns: int = 1) -> None:
    db.write(lambda tx: queue_files(tx, source, [(name, Stat(10, mtime_ns, 7)) for name in names], 0.0))


def read_files(db: Database, source: Source, text: str = "text\n") -> list[str]:
    """Read every waiting file of the source; returns their ids."""
    waiting = waiting_files(db, source, 1000)
    for document in db.write(lambda tx: begin_reading(tx, waiting)):
        finish(db, document, tile(text))
    return [document.id for document in waiting]


# --- versions --------------------------------------------------------------------------------------------------------


def test_the_old_chunks_are_found_until_the_new_ones_are_complete(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "old " * 100)
    old = chunk_texts(db, document_id)
    ids = [stored.id for stored in chunks_of(db, 1, document_id)]
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued'"))
    reading = take(db, 1, document_id)
    new = tile("new " * 150)
    db.write(lambda tx: add_chunks(tx, reading, new[:2]))
    assert chunk_texts(db, document_id) == old
    assert set(chunks_by_id(db, home, ids)) == set(ids)
    finish(db, reading, new[2:])
    assert chunk_texts(db, document_id) == [chunk.text for chunk in new]
    assert chunks_by_id(db, home, ids) == {}


def test_a_crash_leaves_the_old_version_and_reads_again(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "old " * 100)
    old = chunk_texts(db, document_id)
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued'"))
    lost = take(db, 1, document_id)
    db.write(lambda tx: add_chunks(tx, lost, tile("half " * 100)))
    db.write(recover)
    swept(db)
    assert chunk_texts(db, document_id) == old
    assert rows(db, "chunk") == len(old)
    again = take(db, 1, document_id)
    assert again.next_version > lost.next_version
    finish(db, again, tile("new"))
    swept(db)
    assert chunk_texts(db, document_id) == ["new"]
    assert (rows(db, "chunk"), rows(db, "stale")) == (1, 0)


def test_a_reading_that_was_overtaken_changes_nothing(db: Database, home: Workspace) -> None:
    document = begin(db, home)
    db.write(recover)
    finish(db, take(db, 1, document.id), tile("second"))
    before = changes(db)
    finish(db, document, tile("late"))
    assert chunk_texts(db, document.id) == ["second"]
    assert changes(db) == before
    swept(db)
    assert rows(db, "chunk") == 1


def test_only_what_waits_is_taken(db: Database, home: Workspace) -> None:
    document = begin(db, home)
    assert waiting_upload(db, 1, document.id) is None
    assert db.write(lambda tx: begin_reading(tx, [document])) == []


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_of_a_file_that_cannot_be_read_nothing_stays(db: Database, home: Workspace, state: str) -> None:
    """A private key in its middle, say: what was read before it is not kept, nor what an older version held."""
    fresh = begin(db, home, "fresh.txt")
    finish(db, fresh, tile("before the key"), state, reason="holds a private key")
    known = add(db, home, "known.txt", "old text")
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued' WHERE id = ?", (known,)))
    finish(db, take(db, 1, known), tile("before the key"), state)
    for document_id in (fresh.id, known):
        assert (get_document(db, 1, document_id).state, get_document(db, 1, document_id).chunks) == (state, 0)
        assert chunk_texts(db, document_id) == []
    assert changes(db)[-1] == (home.id, known, 1)
    swept(db)
    assert (rows(db, "chunk"), rows(db, "stale")) == (0, 0)


def test_the_same_bytes_are_not_indexed_again(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "text")
    before = changes(db)
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued'"))
    again = take(db, 1, document_id)
    db.write(lambda tx: add_chunks(tx, again, tile("text")))
    db.write(lambda tx: keep_version(tx, again, Reading("partial", "first 3 bytes indexed"), 5.0))
    document = get_document(db, 1, document_id)
    assert (document.updated_at, document.reason) == (5.0, "first 3 bytes indexed")
    assert changes(db) == before
    swept(db)
    assert chunk_texts(db, document_id) == ["text"]
    assert rows(db, "chunk") == 1


def test_a_file_that_changed_while_it_was_read_waits_again(db: Database, source: Source) -> None:
    files(db, source, b"a.md")
    (waiting,) = waiting_files(db, source, 10)
    (reading,) = db.write(lambda tx: begin_reading(tx, [waiting]))
    db.write(lambda tx: requeue(tx, reading, stat=Stat(11, 2, 7), counts=True))
    (again,) = waiting_files(db, source, 10)
    assert (again.stat, again.tries) == (Stat(11, 2, 7), 1)
    (reading,) = db.write(lambda tx: begin_reading(tx, [again]))
    finish(db, reading, tile("text"))
    assert known_files(db, source)[b"a.md"].stat == Stat(11, 2, 7)


def test_a_document_that_is_given_up_keeps_what_was_read_of_it(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "text")
    db.write(lambda tx: tx.execute("UPDATE document SET state = 'queued'"))
    db.write(lambda tx: fail_waiting(tx, 1, document_id, "it ended the program"))
    assert (get_document(db, 1, document_id).state, chunk_texts(db, document_id)) == ("failed", ["text"])


# --- sweeping --------------------------------------------------------------------------------------------------------


def test_sweeping_leaves_what_counts_and_what_is_being_written(db: Database, home: Workspace) -> None:
    kept = add(db, home, "kept.md", "kept " * 500)
    changed = add(db, home, "changed.md", "old " * 900)
    rewrite(db, 1, changed, "new " * 900)
    gone = add(db, home, "gone.md", "gone " * 500)
    db.write(lambda tx: delete_documents(tx, 1, [gone]))
    writing = begin(db, home, "writing.md")
    db.write(lambda tx: add_chunks(tx, writing, tile("half " * 100)))
    counting = [chunk_texts(db, document_id) for document_id in (kept, changed)]
    swept(db)
    assert [chunk_texts(db, document_id) for document_id in (kept, changed)] == counting
    finish(db, writing, [])
    assert "".join(chunk_texts(db, writing.id)) == "half " * 100
    assert rows(db, "chunk") == sum(len(chunk_texts(db, one)) for one in (kept, changed, writing.id))
    assert rows(db, "stale") == 0


def test_sweeping_goes_in_small_steps(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "long.md", "x" * 2000, size=2)
    db.write(lambda tx: delete_documents(tx, 1, [document_id]))
    steps = []
    while step := sweep(db):
        steps.append(step)
    assert len(steps) >= 3 and max(steps) <= 401
    assert rows(db, "chunk") == 0


def test_what_is_written_of_a_document_after_it_was_deleted_is_swept_too(db: Database, home: Workspace) -> None:
    """A reading may be under way, and the sweep between two of its writes."""
    document = begin(db, home)
    db.write(lambda tx: add_chunks(tx, document, tile("first")))
    db.write(lambda tx: delete_documents(tx, 1, [document.id]))
    swept(db)
    later = Chunk(7, "secret", Span(0, 6, 1, 1))
    finish(db, document, [later])
    swept(db)
    assert (rows(db, "chunk"), rows(db, "stale"), rows(db, "document")) == (0, 0, 0)


def test_what_is_written_of_a_reading_that_was_put_back_is_swept_too(db: Database, home: Workspace) -> None:
    document = begin(db, home)
    db.write(lambda tx: requeue(tx, document))
    swept(db)
    finish(db, document, tile("late"))
    swept(db)
    assert rows(db, "chunk") == 0


def test_pages_leave_with_their_chunks(db: Database, home: Workspace) -> None:
    document = begin(db, home, "book.pdf")
    db.write(lambda tx: add_pages(tx, document, [Page(1, 0, 4, 595.0, 842.0, b"boxes")]))
    finish(db, document, tile("text"))
    swept(db)
    assert rows(db, "page") == 1
    db.write(lambda tx: delete_documents(tx, 1, [document.id]))
    swept(db)
    assert rows(db, "page") == 0


# --- the change log --------------------------------------------------------------------------------------------------


def test_each_document_stands_in_the_log_once_at_its_last_change(db: Database, home: Workspace) -> None:
    a, b = add(db, home, "a.md", "a"), add(db, home, "b.md", "b")
    assert changes(db) == [(home.id, a, 0), (home.id, b, 0)]
    rewrite(db, 1, a, "again")
    assert changes(db) == [(home.id, b, 0), (home.id, a, 0)]
    assert db.write(lambda tx: delete_documents(tx, 1, [b, "absent"])) == 1
    assert changes(db) == [(home.id, a, 0), (home.id, b, 1)]


def test_a_document_without_text_leaves_no_change(db: Database, home: Workspace) -> None:
    document = begin(db, home)
    db.write(lambda tx: delete_documents(tx, 1, [document.id]))
    assert changes(db) == []


def test_a_document_that_moves_leaves_one_index_for_the_other(db: Database, home: Workspace) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    document_id = add(db, home, "a.md", "text")
    edit(db, document_id, workspace=other)
    assert changes(db) == [(home.id, document_id, 1), (other.id, document_id, 0)]
    assert get_document(db, 1, document_id).workspace == other.slug


def test_a_document_that_moves_while_it_is_read_is_indexed_where_it_went(db: Database, home: Workspace) -> None:
    other = create_workspace(db, 1, "Other", 0.0)
    document = begin(db, home)
    edit(db, document.id, workspace=other)
    finish(db, document, tile("text"))
    assert changes(db) == [(other.id, document.id, 0)]


def edit(db: Database, document_id: str, owner: int = 1, **change: Any) -> None:
    wanted = {"title": None, "workspace": None, "size": None, **change}
    db.write(lambda tx: edit_upload(tx, owner, document_id, now=9.0, **wanted))


def test_a_new_title_is_shown_and_indexed(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "text")
    before = changes(db)
    edit(db, document_id, title="b.md")
    document = get_document(db, 1, document_id)
    assert (document.title, document.path, document.updated_at) == ("b.md", "b.md", 9.0)
    assert len(changes(db)) == 1 and db.read_one("SELECT max(seq) FROM change")[0] > len(before)  # type: ignore[index]


def test_new_content_is_read_while_the_old_is_still_found(db: Database, home: Workspace) -> None:
    document_id = add(db, home, "a.md", "old")
    edit(db, document_id, size=20)
    assert get_document(db, 1, document_id).state == "queued"
    assert chunk_texts(db, document_id) == ["old"]
    finish(db, take(db, 1, document_id), tile("new"))
    assert chunk_texts(db, document_id) == ["new"]


def test_content_that_changes_while_it_is_read_is_read_again(db: Database, home: Workspace) -> None:
    document = begin(db, home)
    edit(db, document.id, size=20)
    finish(db, document, tile("old bytes"))
    assert (get_document(db, 1, document.id).state, chunk_texts(db, document.id)) == ("queued", [])
    finish(db, take(db, 1, document.id), tile("new bytes"))
    swept(db)
    assert chunk_texts(db, document.id) == ["new bytes"]
    assert rows(db, "chunk") == 1


# --- sources ---------------------------------------------------------------------------------------------------------


def test_files_are_shown_below_their_source_in_nfc(db: Database, source: Source) -> None:
    name = unicodedata.normalize("NFD", "규정/휴가.md")
    files(db, source, name.encode(), b"odd\xff\n.txt")
    shown = {document.path for _, document in list_documents(db, 1, workspace=None, state=None, after=None, limit=9)}
    assert shown == {"books/규정/휴가.md", "books/odd\\xff\\x0a.txt"}
    assert set(known_files(db, source)) == {name.encode(), b"odd\xff\n.txt"}


def test_a_source_that_is_one_file_is_its_only_document(db: Database, home: Workspace) -> None:
    source = db.write(lambda tx: add_source(tx, home, b"/books/only.md", watch=False, now=0.0))
    files(db, source, b"only.md")
    (shown,) = list_documents(db, 1, workspace=None, state=None, after=None, limit=9)
    assert (shown[1].path, shown[1].title) == ("only.md", "only.md")


def test_a_file_that_changed_keeps_its_id_and_its_text_until_it_is_read(db: Database, source: Source) -> None:
    files(db, source, b"a.md")
    (document_id,) = read_files(db, source, "old")
    files(db, source, b"a.md", mtime_ns=2)
    assert get_document(db, 1, document_id).state == "queued"
    assert chunk_texts(db, document_id) == ["old"]
    assert read_files(db, source, "new") == [document_id]
    assert chunk_texts(db, document_id) == ["new"]


def test_a_file_that_is_now_left_out_loses_its_text(db: Database, source: Source) -> None:
    files(db, source, b"a.md")
    (document_id,) = read_files(db, source)
    db.write(lambda tx: skip_files(tx, source, [(b"a.md", "ignored"), (b".env", "looks like a secret")], 0.0))
    assert get_document(db, 1, document_id).state == "skipped"
    assert chunk_texts(db, document_id) == []
    assert changes(db)[-1] == (source.workspace, document_id, 1)
    assert count_by_state(db, 1) == {"skipped": 2}
    swept(db)
    assert rows(db, "chunk") == 0


def test_files_below_a_folder_are_those_in_it_and_no_namesakes(db: Database, source: Source) -> None:
    files(db, source, b"a", b"a/b.md", b"a/c/d.md", b"ab.md", b"b/a/x.md", b"a%")
    known = known_files(db, source)
    below = {known[name].id for name in (b"a", b"a/b.md", b"a/c/d.md")}
    assert set(files_below(db, source, b"a")) == below
    assert files_below(db, source, b"%") == []


def test_removing_a_source_takes_its_documents_and_leaves_others(db: Database, home: Workspace, source: Source) -> None:
    files(db, source, *(b"%d.md" % number for number in range(230)))
    read = read_files(db, source)
    upload = add(db, home, "kept.md", "kept")
    remove_source(db, source)
    swept(db)
    with pytest.raises(NotFound):
        get_source(db, 1, source.id)
    assert (rows(db, "document"), rows(db, "chunk")) == (1, 1)
    assert {document for _, document, deleted in changes(db) if deleted} == set(read)
    assert uploads_kept(db) == {upload}


def test_a_deleted_workspace_leaves_nothing(db: Database, home: Workspace) -> None:
    place = create_workspace(db, 1, "Books", 0.0)
    add(db, home, "kept.md", "kept")
    add(db, place, "upload.md", "text")
    source = db.write(lambda tx: add_source(tx, place, b"/books", watch=True, now=0.0))
    files(db, source, b"a.md", b"b.md")
    read_files(db, source)
    delete_workspace(db, place)
    swept(db)
    assert [rows(db, table) for table in ("document", "chunk", "source", "change", "stale")] == [1, 1, 0, 1, 0]


# --- states ----------------------------------------------------------------------------------------------------------


def test_a_document_is_indexing_until_the_index_has_its_change(db: Database, home: Workspace) -> None:
    def state() -> str:
        shown = get_document(db, 1, document_id).state
        assert count_by_state(db, 1, workspace=home.id) == {shown: 1}
        found = list_documents(db, 1, workspace=home, state=shown, after=None, limit=5)
        assert [document.id for _, document in found] == [document_id]
        return shown

    def indexed(seq: int) -> None:
        db.write(lambda tx: tx.execute("UPDATE workspace SET indexed_seq = ?", (seq,)))

    document_id = add(db, home, "a.md", "text")
    assert state() == "indexing"
    indexed(1)
    assert state() == "ok"
    rewrite(db, 1, document_id, "again")
    assert state() == "indexing"
    indexed(2)
    assert state() == "ok"


def test_counts_by_state_add_up(db: Database, home: Workspace, source: Source) -> None:
    files(db, source, *(b"%d.md" % number for number in range(9)))
    waiting = db.write(lambda tx: begin_reading(tx, waiting_files(db, source, 6)))
    for document, state in zip(waiting, ["ok", "partial", "failed", "skipped", "ok"], strict=False):
        finish(db, document, tile("text"), state)
    db.write(lambda tx: skip_files(tx, source, [(b"x.bin", "binary")], 0.0))
    db.write(lambda tx: tx.execute("UPDATE workspace SET indexed_seq = 2"))
    counts = source_progress(db, source)["counts"]
    assert counts == {"ok": 1, "partial": 1, "indexing": 1, "failed": 1, "skipped": 2, "reading": 1, "queued": 3}
    assert sum(counts.values()) == rows(db, "document") == 10


def test_documents_are_listed_page_by_page(db: Database, home: Workspace) -> None:
    ids = [add(db, home, f"{number}.md", "text") for number in range(5)]
    seen, after = [], None
    while page := list_documents(db, 1, workspace=home, state=None, after=after, limit=2):
        seen += [document.id for _, document in page]
        after = page[-1][0]
    assert seen == ids
    with pytest.raises(BadInput) as error:
        list_documents(db, 1, workspace=None, state=None, after="x", limit=2)
    assert error.value.field == "cursor"


# --- text ------------------------------------------------------------------------------------------------------------

TEXTS = [
    "one\ntwo\nthree\n",
    "no newline at the end",
    "\n\n\nafter blank lines\n\n\n",
    "a\n\n\n\n\n\n\n\nb\n" * 30,
    "가나다 라마바\n\n사아자 차카타파하\n" * 40,
    "long " * 300 + "\nshort\n" + "x" * 900,
    "    indented\n\t\ttabs\n\n  more\n" * 25,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(("size", "overlap"), [(40, 0), (50, 17), (200, 30), (7, 3)])
def test_lines_are_put_together_exactly(db: Database, home: Workspace, text: str, size: int, overlap: int) -> None:
    document_id = add(db, home, "a.md", text, size=size, overlap=overlap)
    lines = text.split("\n")
    dice = random.Random(size)
    places = [(1, len(lines)), (1, 1), (len(lines), len(lines) + 5), (2, 3)]
    places += [tuple(sorted(dice.choices(range(1, len(lines) + 1), k=2))) for _ in range(20)]  # type: ignore[misc]
    for first, last in places:
        wanted = lines[first - 1 : last]
        if last >= len(lines) and wanted and wanted[-1] == "":  # behind the last newline there is no line
            wanted = wanted[:-1]
        assert text_lines(db, 1, document_id, first, last) == wanted, (first, last)


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_newlines_end_lines(db: Database, home: Workspace, separator: str) -> None:
    document_id = add(db, home, "a.md", f"one{separator}still one\ntwo\nthree\n")
    assert text_lines(db, 1, document_id, 2, 2) == ["two"]


def test_there_are_no_lines_beyond_the_end_nor_of_an_empty_document(db: Database, home: Workspace) -> None:
    document_id, empty = add(db, home, "a.md", "one\ntwo\n"), add(db, home, "b.md", "")
    assert text_lines(db, 1, document_id, 3, 9) == []
    assert text_lines(db, 1, empty, 1, 9) == []


def test_a_chunk_comes_back_as_it_was_stored(db: Database, home: Workspace) -> None:
    span = Span(3, 7, 2, 3, 5, 11, 4)
    chunk = Chunk(0, "t\u0000\nx", span, "A > B", ("f", "g"), 9)
    document = begin(db, home)
    finish(db, document, [chunk])
    (stored,) = chunks_of(db, 1, document.id)
    assert (stored.chunk, stored.document_id, stored.path) == (chunk, document.id, "notes.md")


# --- other owners ----------------------------------------------------------------------------------------------------


def test_another_owner_finds_and_changes_nothing(db: Database, home: Workspace, source: Source, stranger: int) -> None:
    document_id = add(db, home, "a.md", "text")
    ids = [stored.id for stored in chunks_of(db, 1, document_id)]
    for look in (get_document, get_place):
        with pytest.raises(NotFound):
            look(db, stranger, document_id)
    with pytest.raises(NotFound):
        edit(db, document_id, owner=stranger, title="mine")
    with pytest.raises(NotFound):
        get_source(db, stranger, source.id)
    assert db.write(lambda tx: delete_documents(tx, stranger, [document_id])) == 0
    db.write(lambda tx: fail_waiting(tx, stranger, document_id, "no"))
    assert chunks_by_id(db, replace(home, owner=stranger), ids) == {}
    assert chunk_texts(db, document_id, stranger) == []
    assert text_lines(db, stranger, document_id, 1, 9) == []
    assert waiting_upload(db, stranger, document_id) is None
    assert count_by_state(db, stranger) == {}
    assert list_documents(db, stranger, workspace=None, state=None, after=None, limit=9) == []
    assert list_documents(db, stranger, workspace=home, state=None, after=None, limit=9) == []
    assert get_document(db, 1, document_id).title == "a.md"
