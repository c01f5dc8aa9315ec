"""What the data directory takes of its disk, by part, and what is left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ibidem.store.datadir import DataDir

LOW_DISK_BYTES = 1 << 30  # with less free, reading a few large files may fill the disk

Part = Literal["database", "index", "files", "models", "backups", "other"]


@dataclass(frozen=True, slots=True)
class DiskUse:
    """In bytes. `parts` in the order of their names in the data directory, with what they take on the disk."""

    parts: dict[Part, int]
    free: int
    total: int

    @property
    def low(self) -> bool:
        return self.free < LOW_DISK_BYTES


def disk_use(data: DataDir) -> DiskUse:
    """Reads every folder once: 3 ms for 1,000 files. A file that goes meanwhile does not count."""
    places: dict[Part, list[Path]] = {
        "database": [data.database.with_name(data.database.name + end) for end in ("", "-wal", "-shm")],
        "index": [data.index],
        "files": [data.files],
        "models": [data.models],
        "backups": [data.backups],
    }
    parts = {part: sum(map(_size, paths)) for part, paths in places.items()}
    known = {path.name for paths in places.values() for path in paths}
    parts["other"] = sum(_size(path) for path in data.root.iterdir() if path.name not in known)
    usage = shutil.disk_usage(data.root)
    return DiskUse(parts, usage.free, usage.total)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _size(path: Path) -> int:
    if not path.is_dir() or path.is_symlink():
        return _allocated(path)
    return sum(_allocated(file) for file in _files(path))


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _allocated(path: Path) -> int:
    """On the disk: a download under way may be a long file with holes."""
    with suppress(OSError):
        return path.lstat().st_blocks * 512
    return 0
