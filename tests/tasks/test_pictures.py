"""Pages are drawn in a child that may not take long, nor much memory, nor make many wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ibidem.errors import Busy, Refused
from ibidem.ingest.children import Children
from ibidem.settings import MIB
from ibidem.store.database import Database
from ibidem.store.uploads import add_upload
from ibidem.store.workspaces import Workspace
from ibidem.tasks.pictures import MAX_WAITING, Original, Pictures
from tests.ingest.pdfs import lines, pdf

PUMP = pdf(lines("The relief valve opens at 4.2 bar."))


@contextmanager
def drawing(db: Database, files: Path, *, memory_bytes: int = 0, timeout_s: float = 20.0) -> Iterator[Pictures]:
    children = Children(1, memory_bytes=memory_bytes, timeout_s=timeout_s)
    try:
        yield Pictures(db, files, children)
    finally:
        children.close()


@pytest.fixture
def original(db: Database, home: Workspace, tmp_path: Path) -> Original:
    (tmp_path / "0a").write_bytes(PUMP)
    db.write(lambda tx: add_upload(tx, home, "0a", "pump.pdf", len(PUMP), 1.0))
    with drawing(db, tmp_path) as pictures:
        return pictures.original(1, "0a")


def test_a_page_is_drawn_again_after_one_that_failed(db: Database, tmp_path: Path, original: Original) -> None:
    with drawing(db, tmp_path) as pictures:
        assert pictures.draw(original, 1, width_px=200).png.startswith(b"\x89PNG")
        gone = Original(original.path + "x", original.version, read=False)
        with pytest.raises(Refused, match="page 1 cannot be shown"):
            pictures.draw(gone, 1)
        assert pictures.draw(original, 1).pages == 1


def test_a_page_that_takes_too_long_is_given_up(db: Database, tmp_path: Path, original: Original) -> None:
    with drawing(db, tmp_path, timeout_s=0.001) as pictures, pytest.raises(Refused, match="no result within"):
        pictures.draw(original, 1)


def test_a_page_that_takes_too_much_memory_is_given_up(db: Database, tmp_path: Path, original: Original) -> None:
    with drawing(db, tmp_path, memory_bytes=48 * MIB) as pictures, pytest.raises(Refused, match="cannot be shown"):
        pictures.draw(original, 1, width_px=2000)


def test_a_file_that_was_replaced_since_it_was_looked_at_is_not_drawn(
    db: Database, tmp_path: Path, original: Original
) -> None:
    (tmp_path / "0a").write_bytes(PUMP + b" ")
    with drawing(db, tmp_path) as pictures, pytest.raises(Refused, match="has changed"):
        pictures.draw(original, 1)


def test_text_that_is_not_read_yet_is_not_that_of_the_file(original: Original) -> None:
    assert not original.read


class Held:
    """Children that answer once they are let go."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.go = threading.Event()

    def call(self, function: str, payload: dict[str, object]) -> Iterator[dict[str, object]]:
        self.asked.release()
        assert self.go.wait(10), "nobody let go"
        yield {"pages": 1, "width_pt": 1.0, "height_pt": 1.0}


def test_more_than_may_wait_are_sent_away_and_may_come_again(db: Database, tmp_path: Path, original: Original) -> None:
    held = Held()
    pictures = Pictures(db, tmp_path, held)  # type: ignore[arg-type]
    threads = [threading.Thread(target=pictures.draw, args=(original, 1)) for _ in range(MAX_WAITING)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert held.asked.acquire(timeout=10)
    with pytest.raises(Busy):
        pictures.draw(original, 1)
    held.go.set()
    for thread in threads:
        thread.join(10)
    assert pictures.draw(original, 1).pages == 1
