"""A file on its way: the bytes that have come, which version they belong to, and who is fetching it.

`NAME.part` holds the bytes and, by its lock, the process that fetches; `NAME.part.json` what the server said of them.
Both survive a kill: the next try goes on with them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ibidem.errors import BadInput, Conflict, DataDirUnusable, DiskFull

READ_BYTES = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Version:
    """Which bytes these are: enough to know whether a later answer goes on with them."""

    address: str = ""  # without its query
    validator: str = ""  # a strong ETag, or the time of the last change: what If-Range takes
    sha256: str = ""  # as the server states it
    size_bytes: int = 0  # 0: not told


class Part:
    """The open `.part` file. `have` bytes of `version` have come; `digest` is of these."""

    def __init__(self, folder: Path, name: str, handle: int) -> None:
        self.path = folder / f"{name}.part"
        self._state = folder / f"{name}.part.json"
        self._final = folder / name
        self._handle = handle
        self.version = self._read_version()
        self.have = os.fstat(handle).st_size
        self.digest = hashlib.sha256()
        if self.have:
            os.lseek(handle, 0, os.SEEK_SET)
            while piece := os.read(handle, READ_BYTES):
                self.digest.update(piece)

    def start(self, version: Version) -> None:
        """Forget what has come; bytes of this version follow."""
        self.version, self.have, self.digest = version, 0, hashlib.sha256()
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        half = self._state.with_suffix(".json.half")
        half.unlink(missing_ok=True)
        with self._room(), open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(version), file)
        half.replace(self._state)

    def write(self, piece: bytes) -> None:
        """Raises DiskFull; what was written before stays."""
        with self._room():
            rest = memoryview(piece)
            while rest:
                count = os.write(self._handle, rest)
                self.digest.update(rest[:count])
                self.have += count
                rest = rest[count:]

    def finish(self) -> Path:
        """Put the file in its place, whole."""
        with self._room():
            os.fsync(self._handle)
        self.path.replace(self._final)
        self._state.unlink(missing_ok=True)
        folder = os.open(self._final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return self._final

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._state.unlink(missing_ok=True)

    def _read_version(self) -> Version:
        """None known where the note is absent or damaged: then the bytes count as those of another version."""
        with suppress(OSError, ValueError, TypeError):
            found = Version(**json.loads(self._state.read_text("utf-8")))
            if isinstance(found.size_bytes, int):
                return found
        return Version()

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            raise DiskFull(
                f"the disk of {self._final.parent} is full after {self.have / 1e9:.2f} GB of {self._final.name}",
                hint="make room and run the same command again: it goes on where it stopped",
            ) from error


@contextmanager
def open_part(folder: Path, name: str) -> Iterator[Part]:
    """The part of that file, held by this process alone. Raises Conflict, DataDirUnusable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = _locked(folder / f"{name}.part")
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BadInput(f"{folder / name}.part is a link", hint="remove it, and run the command again") from error
        raise DataDirUnusable(f"cannot write in {folder}: {error.strerror}", hint="name another --data-dir") from error
    try:
        part = Part(folder, name, handle)
        try:
            yield part
        finally:
            if not part.have:
                part.discard()
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    """Open and lock the file of that name; one that was finished in between is not it any more."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Conflict(
                f"{path.name.removesuffix('.part')} is being fetched by another process", hint="wait for that one"
            ) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.lstat(path)):
                return handle
        os.close(handle)
