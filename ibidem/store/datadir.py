"""The data directory: made private, held by one process, found by the others."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import DataDirInUse, DataDirUnusable, NotFound


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A running server: where it listens and which process it is."""

    address: str  # http://127.0.0.1:8765
    pid: int
    started_at: float


class DataDir:
    """Paths in the data directory. Nothing is created until `prepare` or `lock`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "ibidem.db"
        self.backups = root / "backups"
        self.files = root / "files"
        self.models = root / "models"  # GGUF files that were fetched
        self.index = root / "index"
        self._server_file = root / "server.json"
        self._secret_file = root / "secret"
        self._lock_file = root / "lock"
        self._clean_mark = root / "clean"
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folders, readable by their owner alone. Raises DataDirUnusable."""
        try:
            for folder in (self.root, self.files, self.index):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.root.chmod(0o700)
            (self.root / ".ibidemignore").write_text("*\n")  # a folder above it may be added
        except OSError as error:
            raise DataDirUnusable(
                f"cannot use the data directory {self.root}: {error.strerror}", hint="name another --data-dir"
            ) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise DataDirUnusable(f"cannot write in the data directory {self.root}", hint="name another --data-dir")

    def lock(self) -> None:
        """Hold the directory until the process ends. Raises DataDirInUse naming the holder."""
        os.umask(0o077)  # all that this process writes from here on is for its owner alone
        self.prepare()
        try:
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataDirUnusable(
                f"cannot lock {self.root}: {error.strerror}", hint="name another --data-dir"
            ) from error
        if not _take(handle):
            holder = _holder(handle)
            os.close(handle)
            raise self._in_use(holder)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def must_be_free(self) -> None:
        """A first look, which changes nothing: only `lock` makes sure. Raises DataDirInUse."""
        if holder := self._held_by():
            raise self._in_use(holder)

    def _in_use(self, holder: str) -> DataDirInUse:
        return DataDirInUse(
            f"the data directory {self.root} is in use by process {holder}",
            hint="stop that process, or name another --data-dir",
        )

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def need_store(self) -> None:
        """For commands that only read. Raises NotFound when nothing has been stored yet."""
        if not self.database.exists():
            raise NotFound(f"nothing is indexed in {self.root} yet", hint="add a folder with `ibidem add FOLDER`")

    # --- secret and server -------------------------------------------------------------------------------------------

    def secret(self) -> str:
        """The 256-bit key that the command line and scripts send as Bearer; made at first use, mode 0600."""
        try:
            return self._secret_file.read_text("ascii").strip()
        except FileNotFoundError:
            self.prepare()
            write_private(self._secret_file, secrets.token_urlsafe(32) + "\n")
            return self._secret_file.read_text("ascii").strip()

    def announce(self, address: str) -> None:
        """Tell other processes where this server listens."""
        info = {"address": address, "pid": os.getpid(), "started_at": time.time()}
        write_private(self._server_file, json.dumps(info) + "\n")

    def retire(self) -> None:
        self._server_file.unlink(missing_ok=True)

    def server(self) -> ServerInfo | None:
        """The server that runs on this directory, or None; what a killed one left behind does not count."""
        try:
            info = ServerInfo(**json.loads(self._server_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return info if self._held_by() == str(info.pid) else None

    def _held_by(self) -> str:
        """The process that holds the directory; "" when it is free."""
        try:
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(handle)
        finally:
            os.close(handle)
        return ""

    # --- the last stop -----------------------------------------------------------------------------------------------

    def take_clean_mark(self) -> bool:
        """True when the last process that held the directory stopped in order; the mark is taken away."""
        try:
            self._clean_mark.unlink()
        except FileNotFoundError:
            return False
        return True

    def leave_clean_mark(self) -> None:
        write_private(self._clean_mark, "")


def _holder(handle: int) -> str:
    return os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"


def _take(handle: int) -> bool:
    """Take the lock; a look of another process at it lasts microseconds and is waited out."""
    for pause_s in (0.01, 0.05, 0.1, 0.0):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(pause_s)
        else:
            return True
    return False


def write_private(path: Path, text: str) -> None:
    """Replace a file whole or not at all; only its owner can read it."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
