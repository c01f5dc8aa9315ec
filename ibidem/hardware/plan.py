"""A model's header and a machine -> how to load it, so that it is quick and never swaps. Pure.

The best arrangement that fits is taken. Arrangements are tried in the order in which their loss is felt: first the
cache's precision and the copy of the weights go (each about a tenth of the speed), then the length of the context,
then the number of requests that are answered at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from ibidem.errors import ModelTooLarge
from ibidem.hardware.header import Header
from ibidem.hardware.predict import ALL_LAYERS, MIB, Beside, kv_bytes, memory
from ibidem.hardware.probe import Machine
from ibidem.types import EnginePlan, Role

KvType = Literal["f16", "q8_0", "q4_0"]

UNIFIED_HEADROOM = 0.22  # of memory that processor and GPU share: 50 of 64 GB are safe
HEADROOM, LEAST_HEADROOM_BYTES = 0.12, 2_000_000_000  # of other memory, for the system and other programs
GPU_HEADROOM = 0.10  # of a graphics card's free memory
CONTEXTS = (32768, 16384, 8192)  # tokens of one request, best first
SHORT_CONTEXTS = (4096, 2048)  # for a machine where nothing better fits
PROCESSOR_CONTEXT = 16384  # a processor reads 16,000 tokens in minutes: more is memory without use
LARGE_PARAMETERS, LARGE_CONTEXT = 28e9, 16384  # a model from 28 B reads slowly, and its cache is large
CPU_SLOTS, GPU_SLOTS = (2, 1), (4, 2, 1)  # on a processor a second slot is for fairness: together they are no quicker
BATCH_TOKENS = 512
EMBEDDING_CONTEXT = 2048
CACHE_MIB = (256, 1024)  # of prompts whose slot was taken: least and most
SPARE_CORE_FROM = 4  # with so many cores one is left to everything else


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user has set; 0, -1 or "" leave it to the plan."""

    context_tokens: int = 0  # of one request
    slots: int = 0
    threads: int = 0
    gpu_layers: int = -1
    kv_type: KvType | Literal[""] = ""
    niceness: int = 0  # of the engine's process; an expert's setting


NO_WISHES = Wishes()
USUAL = Beside()


def safe_bytes(machine: Machine) -> int:
    """What all of Ibidem may take so that the machine stays quick with other programs running."""
    if machine.unified:
        return int(machine.memory_bytes * (1 - UNIFIED_HEADROOM))
    headroom = HEADROOM * machine.memory_bytes
    if not machine.limited:  # in a container the system's own needs are outside the limit
        headroom = max(headroom, LEAST_HEADROOM_BYTES)
    return max(0, int(machine.memory_bytes - headroom))


def lasting_bytes(machine: Machine, beside: Beside = USUAL) -> int:
    """What an engine may take on this machine, whatever else runs at the moment."""
    return max(0, safe_bytes(machine) - beside.total)


def present_bytes(machine: Machine, beside: Beside = USUAL) -> int:
    """What an engine may take now. The server runs already; Korean and the embedder may still have to be loaded."""
    return min(lasting_bytes(machine, beside), max(0, machine.available_bytes - beside.korean - beside.embedder))


def plan(
    header: Header,
    machine: Machine,
    *,
    role: Role = "chat",
    wishes: Wishes = NO_WISHES,
    beside: Beside = USUAL,
    lasting: bool = False,
) -> EnginePlan:
    """How to load the model. Raises ModelTooLarge where every arrangement would swap.

    `lasting` plans for the machine as it is with nothing else running, as advice for what to get.
    """
    budget = lasting_bytes(machine, beside) if lasting else present_bytes(machine, beside)
    arrangements = [_with_needs(header, machine, one) for one in _arrangements(header, machine, role, wishes)]
    for arranged in arrangements:
        if arranged.needs_bytes <= budget and _fits_gpu(header, machine, arranged):
            return replace(arranged, lock_memory=_may_lock(header, machine, arranged))
    raise too_large(header, machine, _smallest(arrangements), budget, beside)


def least(header: Header, machine: Machine, *, wishes: Wishes = NO_WISHES) -> EnginePlan:
    """The arrangement that takes the least memory, whether there is so much or not: it shows what is missing."""
    return _smallest([_with_needs(header, machine, one) for one in _arrangements(header, machine, header.role, wishes)])


def _smallest(arrangements: list[EnginePlan]) -> EnginePlan:
    return min(arrangements, key=lambda one: one.needs_bytes)


def _with_needs(header: Header, machine: Machine, arranged: EnginePlan) -> EnginePlan:
    return replace(arranged, needs_bytes=memory(header, arranged, discrete_gpu=_discrete(machine)).on_host)


def too_large(header: Header, machine: Machine, smallest: EnginePlan, budget: int, beside: Beside) -> ModelTooLarge:
    """What it needs, what there is, and what would fit."""
    needs = smallest.needs_bytes
    context = smallest.context_tokens // smallest.slots
    message = (
        f"{header.name!r} needs {needs / 1e9:.1f} GB with {smallest.slots} x {context} tokens of context, "
        f"and {budget / 1e9:.1f} GB can be used without swapping"
    )
    if needs <= lasting_bytes(machine, beside):
        return ModelTooLarge(message, hint=f"close other programs until {(needs - budget) / 1e9:.1f} GB more are free")
    file_bytes = budget - (needs - header.weights_bytes)
    if file_bytes <= 0:
        hint = "set fewer `slots` or `context_tokens` under [models]; `ibidem fit` names the models that would fit"
        return ModelTooLarge(message, hint=hint)
    hint = f"a file of up to {file_bytes / 1e9:.1f} GB would fit; `ibidem fit` names the models"
    return ModelTooLarge(message, hint=hint)


def offloaded_share(header: Header, plan: EnginePlan) -> float:
    return min(plan.gpu_layers, len(header.layers)) / len(header.layers)


def _discrete(machine: Machine) -> bool:
    return machine.gpu is not None and not machine.unified


def _arrangements(header: Header, machine: Machine, role: Role, wishes: Wishes) -> list[EnginePlan]:
    """All that may be tried, best first. A graphics card that holds every layer goes before more context or slots."""
    arranged = [_offload(header, machine, one, wishes) for one in _candidates(header, machine, role, wishes)]
    if not _discrete(machine):
        return arranged
    whole = [one for one in arranged if one.gpu_layers >= len(header.layers)]
    parts = [
        one
        for one in arranged
        if one.gpu_layers < len(header.layers)
        and (wishes.slots or one.slots <= CPU_SLOTS[0])
        and (wishes.context_tokens or one.context_tokens // one.slots <= PROCESSOR_CONTEXT)
    ]
    return whole + parts


def _candidates(header: Header, machine: Machine, role: Role, wishes: Wishes) -> Iterator[EnginePlan]:
    """Arrangements without GPU layers, best first."""
    base = EnginePlan(
        path=header.path,
        role=role,
        threads=wishes.threads or _threads(machine),
        batch_tokens=BATCH_TOKENS,
        repack=machine.gpu is None,
        niceness=wishes.niceness,
        insert=header.fim,
        name=header.name,
    )
    if role != "chat":
        context = min(wishes.context_tokens or EMBEDDING_CONTEXT, header.context_length or EMBEDDING_CONTEXT)
        for repack in dict.fromkeys((base.repack, False)):  # the whole text must be in one batch
            yield replace(base, context_tokens=context, batch_tokens=context, repack=repack)
        return
    slots = (wishes.slots,) if wishes.slots else GPU_SLOTS if machine.gpu else CPU_SLOTS
    kv_types: tuple[KvType, ...] = (wishes.kv_type,) if wishes.kv_type else ("f16", "q8_0")
    copies = dict.fromkeys((base.repack, False))
    for count, context, repack, kv_type in product(slots, _contexts(header, machine, wishes), copies, kv_types):
        yield from _with_cache(
            header, replace(base, context_tokens=count * context, slots=count, repack=repack, kv_type=kv_type)
        )
    if not wishes.context_tokens:
        short_contexts = [min(context, header.context_length or context) for context in SHORT_CONTEXTS]
        for context, kv_type in product(short_contexts, kv_types):
            short = replace(base, context_tokens=slots[-1] * context, slots=slots[-1], repack=False, kv_type=kv_type)
            yield replace(short, prompt_cache_mib=CACHE_MIB[0])


def _contexts(header: Header, machine: Machine, wishes: Wishes) -> list[int]:
    trained = header.context_length or SHORT_CONTEXTS[0]
    if wishes.context_tokens:
        return [min(wishes.context_tokens, trained)]
    most = LARGE_CONTEXT if header.parameters >= LARGE_PARAMETERS else CONTEXTS[0]
    if machine.gpu is None:
        most = min(most, PROCESSOR_CONTEXT)
    return list(dict.fromkeys(min(context, trained) for context in CONTEXTS if context <= most))


def _with_cache(header: Header, candidate: EnginePlan) -> Iterator[EnginePlan]:
    """With a cache for one more conversation, or else with the least."""
    least, most = CACHE_MIB
    one = kv_bytes(header, candidate) // candidate.slots // MIB
    for size in dict.fromkeys((max(least, min(most, one)), least)):
        yield replace(candidate, prompt_cache_mib=size)


def _threads(machine: Machine) -> int:
    return machine.cores - 1 if machine.cores >= SPARE_CORE_FROM else machine.cores


def _offload(header: Header, machine: Machine, candidate: EnginePlan, wishes: Wishes) -> EnginePlan:
    """All layers to the GPU where they fit; as many as fit on a graphics card that is smaller."""
    gpu = machine.gpu
    if wishes.gpu_layers >= 0 or gpu is None:
        return replace(candidate, gpu_layers=max(0, wishes.gpu_layers) if gpu else 0)
    everything = replace(candidate, gpu_layers=ALL_LAYERS)
    if gpu.unified:
        return everything
    room = gpu.free_bytes * (1 - GPU_HEADROOM)
    whole = memory(header, everything, discrete_gpu=True)
    if whole.on_gpu <= room:
        return everything
    a_layer = (whole.on_gpu - whole.compute) / len(header.layers)
    return replace(candidate, gpu_layers=max(0, int((room - whole.compute) / a_layer)))


def _fits_gpu(header: Header, machine: Machine, arranged: EnginePlan) -> bool:
    gpu = machine.gpu
    if gpu is None:
        return True
    if gpu.unified:
        return arranged.needs_bytes <= gpu.total_bytes
    return memory(header, arranged, discrete_gpu=True).on_gpu <= gpu.free_bytes * (1 - GPU_HEADROOM)


def _may_lock(header: Header, machine: Machine, arranged: EnginePlan) -> bool:
    """The limit allows it, and there is something on this side to be kept from being swapped out."""
    on_card = _discrete(machine) and offloaded_share(header, arranged) == 1
    return machine.memlock_bytes >= arranged.needs_bytes and not on_card
