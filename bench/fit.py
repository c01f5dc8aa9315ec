"""Random weights in the shapes of real models -> memory and speed as predicted beside an engine's own.

Needs the packages `gguf` (to make the files) and `xllamacpp` (to run them). Speeds are tokens a processor second of one
thread, so that a busy machine does not count; `python -m bench.fit FOLDER` keeps the model files for another time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

from bench.figures import Figure, show
from ibidem.hardware.calibration import Calibration, calibration
from ibidem.hardware.header import Header, read_header
from ibidem.hardware.plan import plan
from ibidem.hardware.predict import MIB, memory, speed
from ibidem.hardware.probe import Machine, probe
from ibidem.types import EnginePlan

ROOT = Path(__file__).parent.parent
MAKER = ROOT / "tests/fakes/make_tiny_gguf.py"
SHAPES = [("qwen2.5-0.5b", "q8_0"), ("qwen2.5-0.5b", "q4_k_m"), ("llama3.2-1b", "q4_k_m")]
CALIBRATED_WITH = ("llama3.2-1b", "q4_k_m")
ARRANGED: list[dict[str, object]] = [  # what differs from 4,096 tokens in one slot
    {},
    {"repack": False},
    {"context_tokens": 32768},
    {"context_tokens": 16384, "slots": 2, "kv_type": "q8_0"},
    {"context_tokens": 32768, "slots": 4, "kv_type": "q8_0"},
    {"context_tokens": 16384, "kv_type": "q4_0"},
    {"context_tokens": 8192, "batch_tokens": 256},
]
PROMPT_TOKENS, NEW_TOKENS = 512, 33  # the whole batch, so that all buffers are touched
HEADER_RUNS = 5
MEMORY_GOAL, SPEED_GOAL = 5, 30  # per cent


def available() -> bool:
    return bool(find_spec("gguf") and find_spec("xllamacpp")) and MAKER.exists()


def measure(folder: Path) -> Iterator[Figure]:
    files = {shape: made(folder, *shape) for shape in SHAPES}
    yield _reading(files[SHAPES[0]])
    machine = probe()
    headers = {shape: read_header(path) for shape, path in files.items()}
    speeds: dict[tuple[str, str], Calibration] = {}
    for shape, header in headers.items():
        for changed in ARRANGED:
            arranged = replace(EnginePlan(header.path), **changed)
            told = _run(arranged)
            yield _memory(shape, header, arranged, told)
            if not changed:
                speeds[shape] = calibration(
                    header, prompt_tokens_s=told["prompt_tokens_cpu_s"], generation_tokens_s=told["new_tokens_cpu_s"]
                )
    yield from _speeds(headers, speeds, machine)
    for shape, header in headers.items():
        planned = replace(plan(header, machine), prompt_cache_mib=0)  # it fills with use only
        yield _memory(shape, header, planned, _run(planned), of="as planned here, ")


def made(folder: Path, shape: str, quantisation: str) -> Path:
    path = folder / f"{shape}-{quantisation}.gguf"
    if not path.exists():
        words = [sys.executable, str(MAKER), "shape", str(path), "--preset", shape, "--quant", quantisation]
        subprocess.run([*words, "--ctx", "32768"], check=True, stdout=subprocess.DEVNULL)
    return path


def _reading(path: Path) -> Figure:
    took = []
    for _ in range(HEADER_RUNS):
        began = time.process_time()
        header = read_header(path)
        took.append(1000 * (time.process_time() - began))
    note = f"{header.vocabulary:,} words, processor time"
    return Figure("fit: a header read", statistics.median(took), "ms", 100, note=note)


def _run(arranged: EnginePlan) -> dict[str, float]:
    child = Path(__file__).with_name("fit_child.py")
    told_to = json.dumps(asdict(arranged))
    words = [sys.executable, str(child), told_to, str(PROMPT_TOKENS), str(NEW_TOKENS)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _memory(
    shape: tuple[str, str], header: Header, arranged: EnginePlan, told: dict[str, float], of: str = ""
) -> Figure:
    expected = memory(header, arranged).total / MIB
    error = 100 * abs(expected - told["resident_mib"]) / told["resident_mib"]
    what = f"{arranged.context_tokens} x {arranged.slots} {arranged.kv_type}{'' if arranged.repack else ' plain'}"
    note = f"{expected:,.0f} predicted, {told['resident_mib']:,.0f} MiB measured"
    return Figure(f"fit: {of}{' '.join(shape)}, {what}", error, "%", MEMORY_GOAL, note=note)


def _speeds(
    headers: dict[tuple[str, str], Header], measured: dict[tuple[str, str], Calibration], machine: Machine
) -> Iterator[Figure]:
    known = measured[CALIBRATED_WITH]
    for shape, header in headers.items():
        if shape == CALIBRATED_WITH:
            continue
        expected, real = speed(header, machine, calibrations=[known]), measured[shape]
        for what, said, was in (
            ("reads", expected.prompt, real.prompt_tokens_s),
            ("writes", expected.generation, real.generation_tokens_s),
        ):
            note = f"{said:.1f} predicted from {' '.join(CALIBRATED_WITH)}, {was:.1f} tokens/CPU-s measured"
            yield Figure(f"fit: {' '.join(shape)} {what}", 100 * abs(said - was) / was, "%", SPEED_GOAL, note=note)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        show(measure(Path(sys.argv[1])))
    else:
        with tempfile.TemporaryDirectory(prefix="ibidem-fit-") as work:
            show(measure(Path(work)))
