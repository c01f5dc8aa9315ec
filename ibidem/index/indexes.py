"""The indexes of all workspaces: readers opened on use, changes replayed in a child whenever there are some."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ibidem.errors import ChildFailed, DiskFull, IbidemError, IndexUnavailable
from ibidem.index import generation as generations
from ibidem.index.analyze import ANALYZER_VERSION
from ibidem.index.generation import Generation
from ibidem.index.lexical import LexicalReader
from ibidem.store.database import Database
from ibidem.store.disk import free_bytes

log = logging.getLogger(__name__)

OPEN_READERS = 16  # the least recently used one is closed beyond that

FULL_BYTES = 64 << 20  # with less, a merge may find no room: it writes segments anew before the old ones go
STUCK_AFTER = 3  # first passes failed in a row: a child may be killed once and the next one succeed
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0  # after a second pass that failed; each more in a row: four times longer

Call = Callable[[str, dict[str, Any]], Iterator[Any]]  # runs a named function in a child process


class Indexes:
    """Search side and replay side of every workspace's index. All methods may be called from any thread."""

    def __init__(self, folder: Path, db: Database, call: Call | None, second_call: Call | None = None) -> None:
        self._folder = folder
        self._db = db
        self._call = call  # None: only reading
        self._second_call = second_call  # None: Korean by bigrams alone
        self._adding = threading.Lock()
        self._put_off: dict[int, tuple[int, float]] = {}  # workspace -> second passes failed in a row, none before
        self._failing: dict[int, tuple[int, IbidemError]] = {}  # workspace -> first passes failed in a row, and of what
        self._stopping = False
        self._readers: OrderedDict[int, tuple[int, LexicalReader]] = OrderedDict()
        self._damaged: set[int] = set()  # workspaces whose index could not be opened or read
        self._guard = threading.Lock()
        self._replaying = threading.Lock()

    def reader(self, workspace: int) -> LexicalReader | None:
        """The workspace's index, or None while it has none. A damaged one is built anew; until then there is none."""
        with self._guard:
            if known := self._readers.get(workspace):
                self._readers.move_to_end(workspace)
                return known[1]
            generation = generations.current(self._folder / str(workspace))
            if generation is None or not generation.lexical.is_dir():
                return None
            try:
                reader = LexicalReader(generation.lexical)
            except IndexUnavailable as error:
                log.warning("%s", error)
                self._damaged.add(workspace)
                return None
            self._use_morphemes(reader, generation)
            self._readers[workspace] = (generation.number, reader)
            if len(self._readers) > OPEN_READERS:
                self._readers.popitem(last=False)
            return reader

    def behind(self) -> list[int]:
        """Workspaces with changes that their index has not got, or whose index is gone or damaged."""
        rows = self._db.read("SELECT workspace, max(seq) AS seq FROM change GROUP BY workspace")
        with self._guard:
            self._damaged.update(workspace for workspace, (_, reader) in self._readers.items() if reader.damaged)
        lagging = []
        for row in rows:
            if row["workspace"] in self._damaged:
                lagging.append(row["workspace"])
                continue
            found = generations.generations(self._folder / str(row["workspace"]))
            newest = found[-1].position if found else None
            if newest is None or newest.seq != row["seq"] or newest.analyzer != ANALYZER_VERSION or not newest.complete:
                lagging.append(row["workspace"])
        return lagging

    def replay(self, workspace: int, *, fresh: bool = False) -> None:
        """Catch up with the change log; from its beginning with `fresh`, or where the index is damaged.

        Raises ChildFailed, IndexUnavailable.
        """
        if self._call is None:
            raise IndexUnavailable("the index is open for reading only", hint="stop the other process first")
        payload = {
            "database": str(self._db.path),
            "folder": str(self._folder / str(workspace)),
            "workspace": workspace,
            "fresh": fresh or workspace in self._damaged,
        }
        with self._replaying:  # one writer a directory
            for told in self._call("ibidem.index.replay:replay", payload):
                if "seq" in told and self._refresh(workspace) == told["generation"]:
                    self._tell(workspace, told["seq"])
            self._damaged.discard(workspace)

    def add_morphemes(self, workspace: int) -> None:
        """The second pass over a workspace with Hangul; searches and first passes go on. A failure puts it off."""
        payload = {"database": str(self._db.path), "folder": str(self._folder / str(workspace)), "workspace": workspace}
        if self._second_call is None or time.monotonic() < self._put_off.get(workspace, (0, 0.0))[1]:
            return
        try:
            with self._adding:
                for told in self._second_call("ibidem.index.replay:replay_morphemes", payload):
                    if "korean_seq" in told:
                        self._refresh(workspace)
                    if "bigrams" in told:
                        self._put_off_second(workspace, told["bigrams"])
                        return
                    if self._stopping:
                        return  # this ends the child; it goes on from its last commit the next time
            self._put_off.pop(workspace, None)
        except (ChildFailed, IndexUnavailable) as error:
            if not self._stopping:
                self._put_off_second(workspace, error.message)

    def add_morphemes_to_all(self) -> None:
        for folder in self._folder.iterdir():
            generation = generations.current(folder) if folder.name.isdigit() else None
            if generation and generation.lacks_morphemes:
                self.add_morphemes(int(folder.name))

    def first_pass_only(self) -> None:
        """Leave morphemes to a server: what works for a single command has no time for them."""
        self._second_call = None

    def stop(self) -> None:
        """No second pass goes on after its next commit."""
        self._stopping = True

    def _put_off_second(self, workspace: int, reason: str) -> None:
        """Of this workspace alone: a text that ends its child does not keep the others waiting."""
        failed = self._put_off.get(workspace, (0, 0.0))[0] + 1
        pause_s = min(FIRST_PAUSE_S * 4 ** min(failed - 1, 9), LONGEST_PAUSE_S)
        self._put_off[workspace] = (failed, time.monotonic() + pause_s)
        log.warning("Korean in workspace %d stays with bigrams for %d s: %s", workspace, pause_s, reason)

    def _use_morphemes(self, reader: LexicalReader, generation: Generation) -> None:
        morphemes = self._second_call is not None and generation.has_morphemes
        reader.use_morphemes(generation.korean if morphemes else None)

    def replay_all(self) -> None:
        """Every workspace that is behind. One that fails is logged and stays behind: the next call tries again."""
        for workspace in self.behind():
            try:
                self.replay(workspace)
            except IbidemError as error:
                self._note_failure(workspace, self._explained(error))
            else:
                self._failing.pop(workspace, None)

    def stuck(self, workspace: int) -> IbidemError | None:
        """Why it does not catch up: the disk is full, or it failed `STUCK_AFTER` times in a row. It is tried on and on."""
        times, error = self._failing.get(workspace, (0, None))
        return error if times >= STUCK_AFTER or isinstance(error, DiskFull) else None

    def _explained(self, error: IbidemError) -> IbidemError:
        """tantivy says of a full disk at best that a thread of its writer was killed."""
        if isinstance(error, ChildFailed) and free_bytes(self._folder) < FULL_BYTES:
            hint = "free some space; nothing is lost, and the index then goes on by itself"
            return DiskFull(f"the disk is full at {self._folder}: new text is not searchable yet", hint=hint)
        return error

    def _note_failure(self, workspace: int, error: IbidemError) -> None:
        times, last = self._failing.get(workspace, (0, None))
        self._failing[workspace] = (times + 1, error)
        if last is None or last.message != error.message:  # said once
            log.warning("the index of workspace %d did not catch up: %s; %s", workspace, error, error.hint)

    def _refresh(self, workspace: int) -> int | None:
        """Let searches see the last commit, and the newer generation once it is the better one: its number."""
        generation = generations.current(self._folder / str(workspace))
        with self._guard:
            if generation is None:
                return None
            known = self._readers.get(workspace)
            if known and known[0] != generation.number:
                del self._readers[workspace]
        if known and known[0] == generation.number:
            known[1].reload()
            self._use_morphemes(known[1], generation)
        return generation.number

    def _tell(self, workspace: int, seq: int) -> None:
        self._db.write(lambda tx: tx.execute("UPDATE workspace SET indexed_seq = ? WHERE id = ?", (seq, workspace)))

    def forget(self, workspace: int) -> None:
        """The workspace is deleted."""
        self._put_off.pop(workspace, None)
        self._failing.pop(workspace, None)
        with self._guard:
            self._readers.pop(workspace, None)

    def close(self) -> None:
        with self._guard:
            self._readers.clear()
