"""GGUF files written by hand, sound ones and hostile ones."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

U32, F32, BOOL, STRING, ARRAY, U64 = 4, 6, 7, 8, 9, 10
TYPES = {"F32": 0, "F16": 1, "Q8_0": 8, "Q4_K": 12, "Q6_K": 14}
BLOCKS = {"F32": (1, 4), "F16": (1, 2), "Q8_0": (32, 34), "Q4_K": (256, 144), "Q6_K": (256, 210)}
ALIGNMENT = 32

Tensor = tuple[str, str, Sequence[int]]  # name, type, dimensions

LLAMA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.name": "hand-made",
    "llama.block_count": 2,
    "llama.context_length": 4096,
    "llama.embedding_length": 256,
    "llama.feed_forward_length": 512,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
}
TENSORS: list[Tensor] = [
    ("token_embd.weight", "Q6_K", (256, 512)),
    ("output.weight", "Q6_K", (256, 512)),
    ("blk.0.ffn_up.weight", "Q4_K", (256, 512)),
    ("blk.1.ffn_up.weight", "Q4_K", (256, 512)),
    ("output_norm.weight", "F32", (256,)),
]


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def value(of: Any) -> bytes:
    """A value with its type before it; bytes are taken as they are."""
    if isinstance(of, bytes):
        return of
    if isinstance(of, bool):
        return struct.pack("<I?", BOOL, of)
    if isinstance(of, int):
        return struct.pack("<II", U32, of)
    if isinstance(of, float):
        return struct.pack("<If", F32, of)
    if isinstance(of, str):
        return struct.pack("<I", STRING) + text(of)
    items = list(of)
    if items and isinstance(items[0], str):
        return struct.pack("<IIQ", ARRAY, STRING, len(items)) + b"".join(map(text, items))
    kind, code = (BOOL, "?") if items and isinstance(items[0], bool) else (U32, "I")
    return struct.pack("<IIQ", ARRAY, kind, len(items)) + struct.pack(f"<{len(items)}{code}", *items)


def pair(key: str | bytes, of: Any) -> bytes:
    return text(key) + value(of)


def size_of(kind: str, dimensions: Sequence[int]) -> int:
    block, block_bytes = BLOCKS[kind]
    elements = 1
    for length in dimensions:
        elements *= length
    return elements // block * block_bytes


def head(pairs: int, tensors: int, *, magic: bytes = b"GGUF", version: int = 3) -> bytes:
    return magic + struct.pack("<IQQ", version, tensors, pairs)


def row(name: str, kind: int, dimensions: Sequence[int], offset: int) -> bytes:
    return (
        text(name)
        + struct.pack("<I", len(dimensions))
        + struct.pack(f"<{len(dimensions)}Q", *dimensions)
        + struct.pack("<IQ", kind, offset)
    )


def gguf(
    metadata: Mapping[str, Any] = LLAMA, tensors: Sequence[Tensor] = TENSORS, *, extra: bytes = b"", pairs: int = 0
) -> bytes:
    """A whole file. `extra` are further pairs as bytes, `pairs` how many."""
    table, offset = b"", 0
    for name, kind, dimensions in tensors:
        table += row(name, TYPES[kind], dimensions, offset)
        offset += -(-size_of(kind, dimensions) // ALIGNMENT) * ALIGNMENT
    made = head(len(metadata) + pairs, len(tensors))
    made += b"".join(pair(key, of) for key, of in metadata.items()) + extra + table
    return made + bytes(-len(made) % ALIGNMENT) + bytes(offset)


def write(folder: Path, content: bytes, name: str = "model.gguf") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
