"""Speeds measured on this machine, kept in the data directory and forgotten when the machine has changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ibidem.hardware.gguf import TENSOR_TYPES
from ibidem.hardware.header import Header
from ibidem.hardware.probe import Machine

FILE = "speeds.json"
# the time that a weight takes in a prompt, beside one of Q8_0: measured on a processor with AVX2
WORK = {"Q8_0": 1.0, "Q4_K": 0.65, "Q6_K": 0.85}
OTHER_WORK = 1.2
BLOCKS = {name: (block, block_bytes) for name, block, block_bytes in TENSOR_TYPES.values()}
KEPT = 32  # models; the oldest go


@dataclass(frozen=True, slots=True)
class Calibration:
    """Two seconds with one model: prompts of 512 tokens, then generated ones; one request alone."""

    name: str
    weights_bytes: int
    read_bytes: int  # for a generated token
    active_parameters: int
    prompt_work: float  # weights that work on a token of a prompt, by their cost
    prompt_tokens_s: float
    generation_tokens_s: float
    gpu_share: float = 0.0  # of the layers


def calibration(
    header: Header, *, prompt_tokens_s: float, generation_tokens_s: float, gpu_share: float = 0.0
) -> Calibration:
    """What was measured with a model, ready to be kept."""
    return Calibration(
        name=header.name,
        weights_bytes=header.weights_bytes,
        read_bytes=header.read_bytes,
        active_parameters=header.active_parameters,
        prompt_work=prompt_work(header),
        prompt_tokens_s=prompt_tokens_s,
        generation_tokens_s=generation_tokens_s,
        gpu_share=gpu_share,
    )


def prompt_work(header: Header) -> float:
    """Weights that a token of a prompt is multiplied with, in units of one Q8_0 weight."""
    elements = {kind: _elements(kind, size) for kind, size in header.weights.items()}
    cost = sum(WORK.get(kind, OTHER_WORK) * count for kind, count in elements.items()) / max(
        1.0, sum(elements.values())
    )
    return max(1, header.active_parameters - header.output_parameters) * cost


def _elements(kind: str, size_bytes: int) -> float:
    block, block_bytes = BLOCKS.get(kind, (1, 1))
    return size_bytes / block_bytes * block


def load(data_dir: Path, machine: Machine) -> list[Calibration]:
    """Oldest first; none where nothing was kept, or on another machine."""
    return [Calibration(**one) for one in _read(data_dir, machine).get("speeds", [])]


def keep(data_dir: Path, machine: Machine, measured: Calibration) -> None:
    """Add to what is kept, in place of an earlier measurement of the same model."""
    others = [one for one in load(data_dir, machine) if (one.name, one.weights_bytes) != _key(measured)]
    _write(data_dir, machine, speeds=[*others, measured][-KEPT:], bandwidth_bytes_s=bandwidth(data_dir, machine))


def bandwidth(data_dir: Path, machine: Machine) -> float:
    """Bytes a second that this machine's memory was measured to give; 0 before that."""
    return float(_read(data_dir, machine).get("bandwidth_bytes_s", 0.0))


def keep_bandwidth(data_dir: Path, machine: Machine, bandwidth_bytes_s: float) -> None:
    _write(data_dir, machine, speeds=load(data_dir, machine), bandwidth_bytes_s=bandwidth_bytes_s)


def _key(one: Calibration) -> tuple[str, int]:
    return one.name, one.weights_bytes


def _machine_id(machine: Machine) -> str:
    described = [machine.processor, machine.cores, machine.memory_bytes, [gpu.name for gpu in machine.gpus]]
    return hashlib.sha256(json.dumps(described).encode()).hexdigest()[:16]


def _read(data_dir: Path, machine: Machine) -> dict[str, Any]:
    """A file that is absent, damaged or another machine's counts as none: it can be measured again."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        found: dict[str, Any] = json.loads((data_dir / FILE).read_text("utf-8"))
        if found["machine"] == _machine_id(machine):
            [Calibration(**one) for one in found["speeds"]]
            return found
    return {}


def _write(data_dir: Path, machine: Machine, *, speeds: Sequence[Calibration], bandwidth_bytes_s: float) -> None:
    """Replace the file whole. Where the directory cannot be written nothing is kept: the figures are a help only."""
    text = json.dumps(
        {
            "machine": _machine_id(machine),
            "bandwidth_bytes_s": bandwidth_bytes_s,
            "speeds": [asdict(one) for one in speeds],
        },
        indent=1,
    )
    half = data_dir / f".{FILE}.{os.getpid()}"
    with suppress(OSError):
        half.write_text(text, "utf-8")
        half.replace(data_dir / FILE)
