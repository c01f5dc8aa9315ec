"""A GGUF file -> its metadata and tensor table, in bounded time and memory whatever the file holds.

Lengths and counts in a file are claims. Each is checked against the bytes that are there before anything is done with
it, and against a cap that no real model comes near. Arrays of words (a vocabulary has 150,000) are stepped over, not
built: that takes 30 ms, where the `gguf` package takes 4 s.

The format: magic, version, number of tensors, number of pairs; then pairs (key, type, value); then for each tensor its
name, dimensions, type and offset; then, aligned, the data. All of it little-endian.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ibidem.errors import ModelFileBroken, ModelUnknown

BLOCK_BYTES = 1 << 20  # read at once
MAX_HEADER_BYTES = 64 << 20  # the largest known, 262,000 words with merges and scores, takes 16 MiB
MAX_PAIRS = 65_536  # usual: 30-60
MAX_TENSORS = 100_000  # usual: 150-2,000
MAX_KEY_BYTES = 65_535  # by the format
MAX_TEXT_BYTES = 1 << 20  # chat templates are 1-50 KiB
MAX_WORDS = 4_000_000  # of all arrays of text together
KEPT_NUMBERS = 1024  # longer arrays of numbers are stepped over
MAX_DEPTH = 2  # arrays in arrays; no known key has any
DEFAULT_ALIGNMENT = 32

_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_STRING, _ARRAY = 8, 9
_SCALARS = {  # type number: format
    number: struct.Struct(f"<{code}")
    for number, code in {**dict(enumerate("BbHhIif?")), 10: "Q", 11: "q", 12: "d"}.items()
}

# type number: name, weights in a block, bytes of a block
TENSOR_TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
    41: ("Q1_0", 128, 18),
}


@dataclass(frozen=True, slots=True)
class Length:
    """An array that was stepped over: only its length is known."""

    count: int


Value = int | float | bool | str | tuple[int | float | bool, ...] | Length


@dataclass(frozen=True, slots=True)
class Tensor:
    """One row of the tensor table."""

    name: str
    type: str  # "Q4_K"; "type 57" for one newer than this table, whose size is what lies before the next tensor
    elements: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says of itself. `size_bytes` is the file's."""

    metadata: Mapping[str, Value]
    tensors: tuple[Tensor, ...]
    size_bytes: int


def read(path: Path) -> Contents:
    """Raises ModelUnknown where there is no file, ModelFileBroken naming what is wrong with one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would block for ever
            raise _broken(path, "it is no regular file")
        with path.open("rb", buffering=0) as file:
            return _Reader(path, file).contents()
    except FileNotFoundError:
        raise ModelUnknown(f"no model file {str(path)!r}", hint="check the path; `ibidem models` lists files") from None
    except OSError as error:
        raise _broken(path, f"it cannot be read: {error.strerror}") from error


def _broken(path: Path, what: str) -> ModelFileBroken:
    return ModelFileBroken(
        f"{path.name!r} is no usable model file: {what}", hint="get the file again, or name another; only GGUF is read"
    )


class _Reader:
    """A window on the file that moves forward. All lengths come from the file and are not trusted."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._size = os.fstat(file.fileno()).st_size
        self._window, self._start, self._at = b"", 0, 0  # bytes held, where they lie in the file, place in them
        self._words = 0

    def contents(self) -> Contents:
        magic = self._take(4, "the magic number")
        if magic != b"GGUF":
            raise self._broken(f"it begins with {magic!r}, not with b'GGUF'")
        version = self._number(_U32, "the version")
        if version not in (2, 3):
            told = (
                "it is big-endian" if version in (2 << 24, 3 << 24) else f"version {version}, and only 2 and 3 are read"
            )
            raise self._broken(told)
        tensors = self._count("tensors", MAX_TENSORS, least_bytes=24)
        pairs = self._count("metadata pairs", MAX_PAIRS, least_bytes=13)
        metadata = self._metadata(pairs)
        return Contents(metadata, self._tensors(tensors, metadata), self._size)

    def _metadata(self, pairs: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for number in range(pairs):
            key = self._text(f"key {number}", MAX_KEY_BYTES)
            if key in found:
                raise self._broken(f"the key {key!r} stands there twice")
            found[key] = self._value(key, self._number(_U32, f"the type of {key!r}"))
        return found

    def _value(self, key: str, kind: int) -> Value:
        if kind in _SCALARS:
            value: int | float | bool = self._number(_SCALARS[kind], key)
            return value
        if kind == _STRING:
            return self._text(key, MAX_TEXT_BYTES)
        if kind == _ARRAY:
            return self._array(key, 1)
        raise self._broken(f"the value of {key!r} has the unknown type {kind}")

    def _array(self, key: str, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise self._broken(f"{key!r} holds arrays in arrays in arrays")
        kind = self._number(_U32, f"the type of {key!r}")
        if kind in _SCALARS:
            scalar = _SCALARS[kind]
            count = self._count(f"values of {key!r}", MAX_HEADER_BYTES, least_bytes=scalar.size)
            if count > KEPT_NUMBERS:
                self._skip(count * scalar.size, key)
                return Length(count)
            return tuple(value for (value,) in scalar.iter_unpack(self._take(count * scalar.size, key)))
        if kind == _STRING:
            count = self._count(f"words of {key!r}", MAX_WORDS - self._words, least_bytes=8)
            self._words += count
            self._skip_words(count, key)
            return Length(count)
        if kind == _ARRAY:
            count = self._count(f"arrays of {key!r}", MAX_WORDS - self._words, least_bytes=12)
            self._words += count
            for _ in range(count):
                self._array(key, depth + 1)
            return Length(count)
        raise self._broken(f"{key!r} is an array of the unknown type {kind}")

    def _tensors(self, count: int, metadata: Mapping[str, Value]) -> tuple[Tensor, ...]:
        rows = [self._tensor(number) for number in range(count)]
        alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20 or alignment & (alignment - 1):
            raise self._broken(f"general.alignment is {alignment!r}, not a power of two")
        data_bytes = self._size - -(-(self._start + self._at) // alignment) * alignment
        rows.sort(key=lambda row: row[4])
        ends = [row[4] for row in rows[1:]] + [data_bytes]
        names: set[str] = set()
        found = []
        for (name, kind, elements, row_elements, offset), end in zip(rows, ends, strict=True):
            if name in names:
                raise self._broken(f"the tensor {name!r} stands there twice")
            names.add(name)
            kind_name, block, block_bytes = TENSOR_TYPES.get(kind, (f"type {kind}", 0, 0))
            if block and row_elements % block:
                raise self._broken(
                    f"the tensor {name!r} has rows of {row_elements}, no multiple of {block} ({kind_name})"
                )
            size = elements // block * block_bytes if block else max(0, end - offset)
            if offset + size > data_bytes:
                missing = offset + size - data_bytes
                raise self._broken(f"the tensor {name!r} ends {missing} bytes after the file: truncated?")
            if offset + size > end:
                raise self._broken(f"the tensor {name!r} reaches into the next one")
            found.append(Tensor(name, kind_name, elements, size))
        return tuple(found)

    def _tensor(self, number: int) -> tuple[str, int, int, int, int]:
        """(name, type, elements, elements of a row, offset in the data)."""
        name = self._text(f"the name of tensor {number}", MAX_KEY_BYTES)
        dimensions = self._number(_U32, f"the dimensions of {name!r}")
        if not 1 <= dimensions <= 4:
            raise self._broken(f"the tensor {name!r} has {dimensions} dimensions")
        lengths = [self._number(_U64, f"the dimensions of {name!r}") for _ in range(dimensions)]
        elements = 1
        for length in lengths:
            elements *= length
        if not 1 <= elements <= 8 * max(self._size, 1):  # no type takes less than a bit a weight
            raise self._broken(f"the tensor {name!r} has {elements} elements in a file of {self._size} bytes")
        kind = self._number(_U32, f"the type of {name!r}")
        offset = self._number(_U64, f"the offset of {name!r}")
        if offset > self._size:
            raise self._broken(f"the tensor {name!r} begins after the end of the file: truncated?")
        return name, kind, elements, lengths[0], offset

    # --- bytes -------------------------------------------------------------------------------------------------------

    def _count(self, of_what: str, cap: int, *, least_bytes: int) -> int:
        """A count, which the rest of the file can hold. Each counted thing takes at least `least_bytes`."""
        count: int = self._number(_U64, f"the number of {of_what}")
        left = self._size - self._start - self._at
        if count > min(cap, left // least_bytes):
            told = f"{count} {of_what} in the {left} bytes that follow, and {cap} is the most that is read"
            raise self._broken(f"{told}: absurd, or truncated")
        return count

    def _text(self, what: str, cap: int) -> str:
        length = self._number(_U64, f"the length of {what}")
        if length > cap:
            raise self._broken(f"{what} is {length} bytes long; {cap} is the most that is read")
        try:
            return self._take(length, what).decode("utf-8")
        except UnicodeDecodeError:
            raise self._broken(f"{what} is not UTF-8") from None

    def _number(self, form: struct.Struct, what: str) -> int:
        (value,) = form.unpack(self._take(form.size, what))
        return value  # type: ignore[no-any-return]

    def _take(self, length: int, what: str) -> bytes:
        if self._at + length > len(self._window):
            self._fill(length, what)
        taken = self._window[self._at : self._at + length]
        self._at += length
        return taken

    def _fill(self, length: int, what: str) -> None:
        """Move the window so that it begins here and holds `length` bytes at least."""
        place = self._start + self._at
        if place + length > self._size:
            raise self._broken(f"it ends at byte {self._size}, within {what}: truncated?")
        if place + length > MAX_HEADER_BYTES:
            raise self._broken(f"{what} lies after the first {MAX_HEADER_BYTES >> 20} MiB, where no header reaches")
        self._file.seek(place)
        self._window, self._start, self._at = self._file.read(max(length, BLOCK_BYTES)), place, 0
        if len(self._window) < length:
            raise self._broken(f"it ends within {what}: truncated?")

    def _skip(self, length: int, what: str) -> None:
        self._at += length
        if self._at > len(self._window):
            self._fill(0, what)

    def _skip_words(self, count: int, what: str) -> None:
        length = _U64.unpack_from
        while count:
            window, at, last = self._window, self._at, len(self._window) - 8
            while count and at <= last:
                at += 8 + length(window, at)[0]
                count -= 1
            self._skip(at - self._at, what)
            if count:
                self._fill(8, what)

    def _broken(self, what: str) -> ModelFileBroken:
        return _broken(self._path, what)
