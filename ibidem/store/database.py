"""SQLite with one writing thread that groups what waits into one durable transaction, and a reader for each thread."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ibidem.errors import DataDirUnusable, DiskFull, IbidemError, StoreError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Row = sqlite3.Row

MIN_SQLITE = (3, 38)  # RETURNING, STRICT, ->>
APPLICATION_ID = 0x1B1DE0  # marks the file as ours
GROUP_S = 0.010  # a group takes no further write after so long: streams share this writer
_DISK_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE}


class _Reader(NamedTuple):
    """A thread's connection. `close` takes the lock too: closing one in mid-read crashes the interpreter."""

    connection: sqlite3.Connection
    lock: threading.Lock


class Database:
    """The store's file. `read` sees the last commit; `write` returns once its change is durable."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if sqlite3.sqlite_version_info < MIN_SQLITE:
            raise DataDirUnusable(
                f"SQLite {sqlite3.sqlite_version} is too old", hint="use a Python built with SQLite 3.38 or newer"
            )
        self.path = path
        self._local = threading.local()
        self._readers: list[_Reader] = []
        self._guard = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._refusal: StoreError | None = None
        self._closed = False
        self._writer: threading.Thread | None = None
        if read_only:
            self._refusal = StoreError("the store is open for reading only")
        else:
            self._connection = open_for_writing(path)
            self._writer = threading.Thread(target=self._write_groups, name="store-writer", daemon=True)
            self._writer.start()

    # --- reading ---------------------------------------------------------------------------------------------------

    def read(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> list[Row]:
        """All rows of one statement. The cursor is closed at once: an open one keeps the WAL growing.

        Raises DataDirUnusable for a damaged file, StoreError.
        """
        try:
            reader = self._reader()
            with reader.lock:
                return reader.connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise as_store_error(error, self.path) from error

    def read_one(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Row | None:
        """The first row, or None. Raises as `read` does."""
        try:
            reader = self._reader()
            with reader.lock:
                row: Row | None = reader.connection.execute(sql, values).fetchone()
        except sqlite3.DatabaseError as error:
            raise as_store_error(error, self.path) from error
        return row

    def _reader(self) -> _Reader:
        if self._closed:  # told before it takes its lock again, for which `close` waits
            raise StoreError("the store is closed")
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = _Reader(open_for_reading(self.path), threading.Lock())
            self._local.reader = reader
            with self._guard:
                self._readers.append(reader)
        return reader

    # --- writing ---------------------------------------------------------------------------------------------------

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue `work` for the writing thread. The future ends after the commit, or with what went wrong.

        Keep `work` short: a few hundred rows, well under 20 ms. It is done even when nobody waits for it any more.
        """
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()  # a task that is cancelled while it waits cannot take the write back
        with self._guard:  # beside `close`: what is queued is done, the rest is refused
            if self._refusal is None:
                self._waiting.put((work, done))
            else:
                done.set_exception(self._refusal)
        return done

    def write(self, work: Work[T]) -> T:
        """Run `work` in a durable transaction and return its result. Raises DiskFull, StoreError, or what it raises."""
        return self.submit(work).result()

    @property
    def writable(self) -> bool:
        return self._refusal is None

    def refuse_writes(self, error: StoreError) -> None:
        """From now on every write fails with `error`; reading goes on."""
        self._refusal = error

    def _write_groups(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._write_group(first)
            if self._waiting.empty():
                self._checkpoint_when_large()
        self._connection.close()

    def _write_group(self, first: tuple[Work[Any], Future[Any]]) -> None:
        """One transaction for all that waits now; a piece of work that fails is undone alone."""
        ended: list[tuple[Future[Any], Any, BaseException | None]] = []
        item: tuple[Work[Any], Future[Any]] | None = first
        done = first[1]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            until = time.monotonic() + GROUP_S
            while item is not None:
                work, done = item
                ended.append((done, *self._one(work)))
                item = None if time.monotonic() > until else self._next()
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            failure = as_store_error(error)
            ended = [(one, None, kept or failure) for one, _, kept in ended]
            if not ended or ended[-1][0] is not done:  # the one under way
                ended.append((done, None, failure))
        for done, result, error_of_one in ended:
            if error_of_one is None:
                done.set_result(result)
            else:
                done.set_exception(error_of_one)

    def _next(self) -> tuple[Work[Any], Future[Any]] | None:
        try:
            item = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if item is None:  # closing: leave the mark for the outer loop
            self._waiting.put(None)
        return item

    def _one(self, work: Work[Any]) -> tuple[Any, BaseException | None]:
        self._connection.execute("SAVEPOINT one")
        try:
            result = work(self._connection)
        except Exception as error:  # carried to the caller by its future
            if not self._connection.in_transaction:  # a full disk rolls the whole transaction back by itself
                raise sqlite3.OperationalError(str(error)) from error
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")
            return None, as_store_error(error) if isinstance(error, sqlite3.OperationalError) else error
        self._connection.execute("RELEASE one")
        return result, None

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _checkpoint_when_large(self) -> None:
        """Give the WAL's room back once nobody waits; a busy reader only means that it happens later."""
        wal = self.path.with_name(self.path.name + "-wal")
        try:
            if wal.stat().st_size > 16 * 1024 * 1024:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (OSError, sqlite3.OperationalError):
            return

    # --- end -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        with self._guard:
            self._closed = True
            self._refusal = StoreError("the store is closed")
            self._waiting.put(None)
            for reader in self._readers:
                with reader.lock:
                    reader.connection.close()
            self._readers.clear()
        if self._writer is not None:  # last: the connection that closes last folds the WAL into the file
            self._writer.join()
            self._writer = None


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection, with the settings that make a commit durable. Raises DataDirUnusable, DiskFull."""
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "fullfsync=ON",  # macOS: without it FULL is not durable
            "checkpoint_fullfsync=ON",
            "busy_timeout=5000",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "journal_size_limit=67108864",
        ):
            db.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        raise as_store_error(error, path) from error
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA busy_timeout=5000")
        db.execute("PRAGMA cache_size=-1000")  # KiB; there is a reader a thread, and the system caches the file
        db.execute("PRAGMA trusted_schema=OFF")
    except sqlite3.Error as error:
        raise as_store_error(error, path) from error
    return db


def as_store_error(error: BaseException, path: Path | None = None) -> IbidemError:
    """SQLite's word for it in our tree; an error of ours stays as it is."""
    if isinstance(error, IbidemError):
        return error
    where = f" at {path}" if path else ""
    code = getattr(error, "sqlite_errorcode", None)
    if code in _DISK_FULL or "disk is full" in str(error):
        return DiskFull(
            f"the disk is full{where}", hint="free some space; nothing stored so far is lost, and work goes on"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DataDirUnusable(f"the store{where} is damaged: {error}", hint="restore the newest file from backups/")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return DataDirUnusable(
            f"the store{where} cannot be opened: {error}", hint="check the rights of the data directory"
        )
    return StoreError(f"the store failed{where}: {error}", hint="run `ibidem doctor`")
