"""What a child process is asked for: walk a source, read some files. JSON in, JSON out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ibidem.ingest.read import read_file
from ibidem.ingest.walk import Found, walk

BATCH_ENTRIES = 500


def walk_source(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`payload`: `{"root"}`. Yields `{"found": [[path, size, mtime_ns, inode]], "left": [[path, reason, is folder]]}`."""
    found: list[list[Any]] = []
    left: list[list[Any]] = []
    for entry in walk(Path(payload["root"])):
        path = os.fsdecode(entry.path)
        if isinstance(entry, Found):
            found.append([path, entry.size_bytes, entry.mtime_ns, entry.inode])
        else:
            left.append([path, entry.reason, entry.folder])
        if len(found) + len(left) >= BATCH_ENTRIES:
            yield {"found": found, "left": left}
            found, left = [], []
    yield {"found": found, "left": left}


def read_files(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """`payload`: `{"files": [what `read_file` takes], "limits"}`. Yields what `read_file` does, with the file's index."""
    for index, file in enumerate(payload["files"]):
        for told in read_file({**file, "limits": payload["limits"]}):
            yield {"file": index, **told}
