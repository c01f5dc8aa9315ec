"""A model file is read in bounded time and memory whatever it claims, and refused by name."""

from __future__ import annotations

import os
import random
import struct
import time
import tracemalloc
from pathlib import Path

import pytest

from ibidem.errors import ModelFileBroken, ModelUnknown
from ibidem.hardware.gguf import Length, read
from ibidem.hardware.header import read_header
from tests.hardware import ggufs
from tests.hardware.ggufs import ARRAY, STRING, U32, gguf, head, pair, row, text, value, write

HUGE = (1 << 64) - 1
ONE_TENSOR = [("t", "F32", (8,))]


def test_metadata_and_tensors_are_read(tmp_path: Path) -> None:
    contents = read(write(tmp_path, gguf({**ggufs.LLAMA, "x.flag": True, "x.list": [3, 1], "x.rate": 0.5})))
    assert contents.metadata["general.name"] == "hand-made"
    assert contents.metadata["x.list"] == (3, 1)
    assert contents.metadata["x.flag"] is True
    assert contents.metadata["x.rate"] == 0.5
    assert contents.metadata["tokenizer.ggml.tokens"] == Length(3)
    sizes = {tensor.name: (tensor.type, tensor.elements, tensor.size_bytes) for tensor in contents.tensors}
    assert sizes["output.weight"] == ("Q6_K", 256 * 512, 512 * 210)
    assert sizes["output_norm.weight"] == ("F32", 256, 1024)


def test_a_vocabulary_of_152_000_words_takes_less_than_100_ms(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(152_000)]
    metadata = {
        **ggufs.LLAMA,
        "tokenizer.ggml.tokens": words,
        "tokenizer.ggml.merges": [f"{word} x" for word in words],
        "tokenizer.ggml.token_type": [1] * len(words),
    }
    path = write(tmp_path, gguf(metadata))
    took = []
    for _ in range(3):
        began = time.process_time()
        header = read_header(path)
        took.append(time.process_time() - began)
    assert header.vocabulary == 152_000
    assert min(took) < 0.1


def test_what_is_not_there_is_an_unknown_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match=r"none\.gguf"):
        read(tmp_path / "none.gguf")


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    for name in ("pipe.gguf", "."):
        with pytest.raises(ModelFileBroken, match="no regular file"):
            read(tmp_path / name)


SOUND = gguf()
TABLE = row("t", 0, (8,), 0)
WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "truncated"),
    "wrong magic": (b"GGML" + SOUND[4:], "begins with b'GGML'"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(400), "begins with"),
    "version 1": (head(0, 0, version=1), "version 1"),
    "version 9": (head(0, 0, version=9), "version 9"),
    "big-endian": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "big-endian"),
    "ends in the head": (SOUND[:20], "truncated"),
    "ends in the metadata": (SOUND[:150], "truncated"),
    "ends in the data": (SOUND[:-2000], "truncated"),
    "more pairs than bytes": (head(1 << 40, 0) + bytes(64), "absurd"),
    "more pairs than any file": (head(70_000, 0) + bytes(2_000_000), "absurd"),
    "more tensors than any file": (head(0, HUGE) + bytes(64), "absurd"),
    "a key longer than the file": (head(1, 0) + struct.pack("<Q", 60_000) + bytes(64), "truncated"),
    "a key of 2**64 bytes": (head(1, 0) + struct.pack("<Q", HUGE) + bytes(64), "bytes long"),
    "a key that is no UTF-8": (gguf(extra=pair(b"\xff\xfe\x80", 1), pairs=1), "not UTF-8"),
    "a value that is no UTF-8": (
        gguf(extra=pair("k", struct.pack("<I", STRING) + text(b"\xc3(")), pairs=1),
        "not UTF-8",
    ),
    "a key twice": (gguf(extra=pair("general.name", "again"), pairs=1), "twice"),
    "an unknown type of value": (gguf(extra=text("k") + struct.pack("<I", 99), pairs=1), "unknown type 99"),
    "text of 2**63 bytes": (gguf(extra=text("k") + struct.pack("<IQ", STRING, 1 << 63), pairs=1), "bytes long"),
    "an array of 2**61 numbers": (gguf(extra=text("k") + struct.pack("<IIQ", ARRAY, U32, 1 << 61), pairs=1), "absurd"),
    "an array of 2**64 words": (gguf(extra=text("k") + struct.pack("<IIQ", ARRAY, STRING, HUGE), pairs=1), "absurd"),
    "a word of 2**64 bytes": (
        gguf(extra=text("k") + struct.pack("<IIQQ", ARRAY, STRING, 1, HUGE), pairs=1),
        "truncated|absurd|it ends",
    ),
    "arrays in arrays in arrays": (
        gguf(extra=text("k") + struct.pack("<IIQIQIQ", ARRAY, ARRAY, 1, ARRAY, 1, ARRAY, 1), pairs=1),
        "arrays in arrays",
    ),
    "an array of an unknown type": (gguf(extra=text("k") + struct.pack("<IIQ", ARRAY, 77, 1), pairs=1), "unknown type"),
    "no dimensions": (head(0, 1) + row("t", 0, (), 0) + bytes(64), "0 dimensions"),
    "nine dimensions": (head(0, 1) + row("t", 0, (1,) * 9, 0) + bytes(64), "9 dimensions"),
    "a dimension of zero": (head(0, 1) + row("t", 0, (0, 4), 0) + bytes(64), "0 elements"),
    "dimensions that overflow": (head(0, 1) + row("t", 0, (1 << 33, 1 << 33), 0) + bytes(64), "elements in a file"),
    "an offset past the end": (head(0, 1) + row("t", 0, (8,), 1 << 50) + bytes(64), "after the end"),
    "a tensor past the end": (head(0, 1) + row("t", 0, (40,), 0) + bytes(64), "after the file"),
    "tensors over each other": (head(0, 2) + TABLE + row("u", 0, (8,), 8) + bytes(128), "reaches into the next"),
    "a tensor twice": (head(0, 2) + TABLE + row("t", 0, (8,), 32) + bytes(128), "twice"),
    "rows that no block divides": (head(0, 1) + row("t", 8, (33,), 0) + bytes(512), "no multiple of 32"),
    "an alignment of three": (gguf({**ggufs.LLAMA, "general.alignment": 3}), "power of two"),
    "an alignment that is text": (gguf({**ggufs.LLAMA, "general.alignment": "x"}), "power of two"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_file_is_refused_and_the_fault_named(tmp_path: Path, name: str) -> None:
    content, fault = WRONG[name]
    with pytest.raises(ModelFileBroken, match=fault) as refused:
        read(write(tmp_path, content))
    assert "model.gguf" in refused.value.message
    assert refused.value.hint


def test_a_type_newer_than_the_reader_counts_what_lies_before_the_next_tensor(tmp_path: Path) -> None:
    table = row("new", 200, (64,), 0) + row("t", 0, (8,), 96)
    made = head(0, 2) + table
    contents = read(write(tmp_path, made + bytes(-len(made) % 32) + bytes(128)))
    assert {tensor.name: tensor.size_bytes for tensor in contents.tensors} == {"new": 96, "t": 32}


def test_an_array_of_arrays_is_stepped_over(tmp_path: Path) -> None:
    inner = struct.pack("<IQ", STRING, 2) + text("a") + text("b")
    contents = read(write(tmp_path, gguf(extra=text("k") + struct.pack("<IIQ", ARRAY, ARRAY, 2) + inner * 2, pairs=1)))
    assert contents.metadata["k"] == Length(2)


def test_the_time_that_a_hostile_file_takes_is_bounded(tmp_path: Path) -> None:
    """As many empty words as may be, then one more array of them."""
    words = struct.pack("<IIQ", ARRAY, STRING, 4_000_000) + bytes(32_000_000)
    content = gguf(extra=text("k") + words + text("l") + words, pairs=2)
    began = time.process_time()
    with pytest.raises(ModelFileBroken, match="absurd"):
        read(write(tmp_path, content))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("seed", range(4))
def test_only_a_refusal_comes_out_of_a_damaged_file(tmp_path: Path, seed: int) -> None:
    """Bytes changed, cut out, doubled or set to extremes at random: each file is read or refused, in little memory."""
    chance = random.Random(seed)
    numbers = {"llama.attention.head_count_kv": [2, 2], "tokenizer.ggml.token_type": [1] * 2000, "x": [True, False]}
    sound = gguf({**ggufs.LLAMA, **numbers, "tokenizer.chat_template": "{{ x }}"})
    header_end = sound.index(b"output_norm.weight") + 60
    refused, began = 0, time.process_time()
    tracemalloc.start()
    for _ in range(400):
        made = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(header_end)
            action = chance.randrange(4)
            if action == 0:
                made[at] = chance.randrange(256)
            elif action == 1:
                extreme = chance.choice((0, 1, HUGE, 1 << 63, (1 << 63) - 1, 1 << 32, (1 << 31) - 1))
                made[at : at + 8] = struct.pack("<Q", extreme)
            elif action == 2:
                del made[at : at + chance.randint(1, 64)]
            else:
                made[at:at] = made[at : at + chance.randint(1, 64)]
        try:
            read_header(write(tmp_path, bytes(made)))
        except ModelFileBroken:
            refused += 1
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 100
    assert peak_bytes < 20_000_000
    assert time.process_time() - began < 20


def test_values_keep_their_types() -> None:
    assert value(1) == struct.pack("<II", U32, 1)
    assert value(True) != value(1)
