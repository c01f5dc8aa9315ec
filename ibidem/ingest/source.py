"""The bytes of one file: a head to look at first, then blocks up to a limit, hashed as they pass."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO

HEAD_BYTES = 1024 * 1024  # enough to see the encoding of files with an English beginning
BLOCK_BYTES = 64 * 1024  # of blank lines this is 10 MB of pieces


class Source:
    """Reads a file once. `head` is read at once; `cut` says that the limit left something out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.head = _full(file, HEAD_BYTES)
        self.cut = False

    @property
    def sha256(self) -> str:
        """Hex digest of what the blocks gave so far."""
        return self._hash.hexdigest()

    def blocks(self, limit_bytes: int) -> Iterator[bytes]:
        """The whole file from its first byte, at most `limit_bytes` of it."""
        left = limit_bytes
        for block in self._all():
            self.cut = len(block) > left
            block = block[:left]
            left -= len(block)
            self._hash.update(block)
            if block:
                yield block
            if self.cut:
                return

    def _all(self) -> Iterator[bytes]:
        for at in range(0, len(self.head), BLOCK_BYTES):
            yield self.head[at : at + BLOCK_BYTES]
        while block := self._file.read(BLOCK_BYTES):
            yield block


def _full(file: BinaryIO, size_bytes: int) -> bytes:
    """Up to `size_bytes`, also from a raw file that gives less at a time."""
    parts = []
    while size_bytes > 0 and (part := file.read(size_bytes)):
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)
