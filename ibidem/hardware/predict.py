"""A model and a plan -> the memory and the speed to expect, in bytes and tokens a second. Pure.

The memory formulas are checked against the resident size of real engines by `python -m bench.run fit`; the figures
without a source are fitted there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ibidem.hardware.calibration import Calibration, prompt_work
from ibidem.hardware.header import Header
from ibidem.hardware.probe import Machine
from ibidem.types import EnginePlan

MIB = 1 << 20

KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}  # of a number in the cache
REPACKED = ("Q4_K", "Q4_0", "IQ4_NL")  # types that are copied into a quicker layout on AVX2 and ARM
CELL_STEP = 256  # a windowed cache is rounded up to it
COMPUTE_BYTES = 43 * MIB  # what computing takes whatever the model
PROCESS_BYTES = 23 * MIB  # Python with the engine's library
OUTPUT_NUMBER_BYTES = 4  # of each word of the vocabulary, a slot
MOST_APART = 20  # times the bytes read for a token: a smaller model's time is not that of its weights
ALL_LAYERS = 999

SERVER_BYTES = 150 * MIB  # Ibidem itself, with its children at rest
KOREAN_BYTES = 280 * MIB  # the child for Korean morphemes
EMBEDDER_BYTES = 360 * MIB  # nomic-embed-text-v1.5 in F16 with its buffers

GENERATION_SHARE = 0.55  # of the memory bandwidth that generating uses: 0.45-0.7 measured
WEIGHTS_A_CORE_S = 24e9  # Q8_0 weights that a core with AVX2 multiplies in a second while it reads a prompt
GPU_WEIGHTS_A_BYTE = 5.0  # a GPU reads a prompt so many times as fast as its bandwidth alone would give


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes by what they are for. `on_gpu` of them lie in a graphics card's own memory."""

    weights: int
    repack: int
    kv: int
    checkpoints: int
    compute: int
    prompt_cache: int
    process: int
    on_gpu: int = 0

    @property
    def total(self) -> int:
        cache = self.kv + self.checkpoints + self.prompt_cache
        return self.weights + self.repack + cache + self.compute + self.process

    @property
    def on_host(self) -> int:
        return self.total - self.on_gpu


@dataclass(frozen=True, slots=True)
class Beside:
    """Bytes that Ibidem needs beside the engine that answers."""

    server: int = SERVER_BYTES
    korean: int = KOREAN_BYTES
    embedder: int = EMBEDDER_BYTES

    @property
    def total(self) -> int:
        return self.server + self.korean + self.embedder


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second of one request; 0 where nothing is known. `basis` says how far to trust it."""

    prompt: float
    generation: float
    basis: Literal["measured", "calibrated", "estimated", "unknown"]


def memory(header: Header, plan: EnginePlan, *, discrete_gpu: bool = False) -> Memory:
    """What an engine takes that loads the model by the plan."""
    offloaded = min(plan.gpu_layers, len(header.layers))
    share = offloaded / len(header.layers)
    # the table of embeddings stays with the processor; as output too it is copied to the GPU when all layers go there
    table = header.input_bytes or _output_bytes(header)
    gpu_weights = int((header.weights_bytes - table) * share)
    if not header.input_bytes and plan.gpu_layers > len(header.layers):
        gpu_weights += table
    kv = kv_bytes(header, plan)
    compute = compute_bytes(header, plan)
    repack = 0
    if plan.repack and not offloaded:
        repack = sum(header.weights.get(kind, 0) for kind in REPACKED)
    on_gpu = gpu_weights + int(kv * share) + (compute if offloaded else 0)
    return Memory(
        weights=header.weights_bytes,
        repack=repack,
        kv=kv,
        checkpoints=plan.slots * plan.checkpoints * checkpoint_bytes(header, plan),
        compute=compute,
        prompt_cache=plan.prompt_cache_mib * MIB,
        process=PROCESS_BYTES,
        on_gpu=on_gpu if discrete_gpu else 0,
    )


def kv_bytes(header: Header, plan: EnginePlan) -> int:
    """The cache of all slots. A windowed layer keeps its window and one batch; others a slot's whole context."""
    cells = plan.context_tokens // plan.slots
    in_window = min(cells, _up(header.window + plan.batch_tokens, CELL_STEP)) if header.window else cells
    numbers = sum(layer.kv_width * (in_window if layer.windowed else cells) for layer in header.layers)
    return int(plan.slots * (numbers * KV_BYTES[plan.kv_type] + header.state_bytes))


def checkpoint_bytes(header: Header, plan: EnginePlan) -> int:
    """What the engine puts aside with each prompt where a cache cannot be cut back: windows in use, and states."""
    in_window = min(header.window, plan.context_tokens // plan.slots)
    numbers = sum(layer.kv_width for layer in header.layers if layer.windowed) * in_window
    return int(numbers * KV_BYTES[plan.kv_type] + header.state_bytes)


def compute_bytes(header: Header, plan: EnginePlan) -> int:
    """Buffers of one batch: in and out of the feed-forward part, six of the embedding's width; the output words."""
    batch = plan.batch_tokens * (2 * header.feed_forward_length + 6 * header.embedding_length) * 4
    return batch + plan.slots * header.vocabulary * OUTPUT_NUMBER_BYTES + COMPUTE_BYTES


def speed(
    header: Header, machine: Machine, *, gpu_share: float = 0.0, calibrations: Iterable[Calibration] = ()
) -> Speed:
    """One request, alone on the machine. `gpu_share` of the layers are computed by the GPU."""
    comparable = [one for one in calibrations if (one.gpu_share > 0.5) == (gpu_share > 0.5)]
    own = [one for one in comparable if one.weights_bytes == header.weights_bytes and one.name == header.name]
    if own:
        return Speed(own[-1].prompt_tokens_s, own[-1].generation_tokens_s, "measured")
    apart = {abs(math.log(one.read_bytes / max(1, header.read_bytes))): one for one in comparable if one.read_bytes}
    if apart and min(apart) < math.log(MOST_APART):
        return _scaled(header, apart[min(apart)], on_gpu=gpu_share > 0.5)
    return _estimated(header, machine, gpu_share)


def _scaled(header: Header, measured: Calibration, *, on_gpu: bool) -> Speed:
    """Another model's speed from one that was measured.

    Reading a prompt multiplies with each weight, so it scales with their number and kind. Generating waits for memory or for
    the processor, whichever is slower: on a GPU it scales with bytes; on a processor it may be either, and the
    geometric mean of both is at most 30 % off for the quantisations in use.
    """
    by_weights = measured.active_parameters / max(1, header.active_parameters)
    by_bytes = measured.read_bytes / max(1, header.read_bytes)
    generation = by_bytes if on_gpu else math.sqrt(by_bytes * by_weights)
    prompt = measured.prompt_work / prompt_work(header)
    return Speed(measured.prompt_tokens_s * prompt, measured.generation_tokens_s * generation, "calibrated")


def _estimated(header: Header, machine: Machine, gpu_share: float) -> Speed:
    """From bandwidth and cores alone: right within a factor of two."""
    gpu = machine.gpu
    on_gpu, on_host = gpu.bandwidth_bytes_s if gpu else 0.0, machine.bandwidth_bytes_s
    if (gpu_share and not on_gpu) or (gpu_share < 1 and not on_host):
        return Speed(0.0, 0.0, "unknown")
    weights = prompt_work(header)
    read_s = prompt_s = 0.0
    if gpu_share:
        read_s += gpu_share * header.read_bytes / (GENERATION_SHARE * on_gpu)
        prompt_s += gpu_share * weights / (GPU_WEIGHTS_A_BYTE * on_gpu)
    if gpu_share < 1:
        read_s += (1 - gpu_share) * header.read_bytes / (GENERATION_SHARE * on_host)
        prompt_s += (1 - gpu_share) * weights / (WEIGHTS_A_CORE_S * machine.cores)
    return Speed(1 / prompt_s, 1 / read_s, "estimated")


def _output_bytes(header: Header) -> int:
    """Of a model whose one table serves as input and output: about its share of the weights."""
    return int(header.weights_bytes * header.output_parameters / max(1, header.parameters))


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
