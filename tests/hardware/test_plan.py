"""A plan is the best arrangement that fits, and nothing that would swap is planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibidem.errors import ModelTooLarge
from ibidem.hardware.gpus import Gpu
from ibidem.hardware.header import Header, Layer
from ibidem.hardware.plan import Wishes, lasting_bytes, plan, present_bytes, safe_bytes
from ibidem.hardware.predict import Beside, memory
from ibidem.hardware.probe import Machine
from tests.hardware.headers import GIB, MIB, QWEN_05B_Q8, QWEN_7B_Q4


def pc(memory_gib: float, *, cores: int = 8, free: float = 0.9, **more: object) -> Machine:
    size = int(memory_gib * GIB)
    return Machine("any", cores, 2 * cores, size, int(free * size), bandwidth_bytes_s=60e9, **more)  # type: ignore[arg-type]


def mac(memory_gib: int) -> Machine:
    share = memory_gib * GIB * 3 // 4
    return pc(memory_gib, gpus=(Gpu("Apple M2 Max", share, share, usable=True, unified=True),))


def with_card(memory_gib: int, card_gib: float) -> Machine:
    size = int(card_gib * GIB)
    return pc(memory_gib, gpus=(Gpu("NVIDIA GeForce RTX 4090", size, size, usable=True),))


def test_of_64_gb_that_are_shared_48_to_52_are_safe() -> None:
    assert 48 * GIB <= safe_bytes(mac(64)) <= 52 * GIB


@pytest.mark.parametrize(("memory_gib", "kept_gib"), [(8, 1.863), (15, 1.863), (32, 3.84), (128, 15.36)])
def test_other_machines_keep_an_eighth_or_2_gb(memory_gib: int, kept_gib: float) -> None:
    assert (memory_gib * GIB - safe_bytes(pc(memory_gib))) / GIB == pytest.approx(kept_gib, abs=0.01)


def test_a_container_keeps_an_eighth_of_its_limit() -> None:
    assert safe_bytes(pc(4, limited=True)) == pytest.approx(0.88 * 4 * GIB)


def test_what_runs_beside_the_engine_is_counted() -> None:
    machine = pc(16)
    beside = Beside()
    assert lasting_bytes(machine) == safe_bytes(machine) - beside.server - beside.korean - beside.embedder
    assert lasting_bytes(machine, Beside(korean=0)) == lasting_bytes(machine) + beside.korean


def test_only_what_is_free_now_can_be_used_now() -> None:
    busy = pc(16, free=0.3)
    assert present_bytes(busy) == int(0.3 * 16 * GIB) - Beside().korean - Beside().embedder
    assert present_bytes(pc(16)) == lasting_bytes(pc(16))


def test_a_roomy_machine_gets_everything() -> None:
    made = plan(QWEN_7B_Q4, pc(32))
    assert (made.context_tokens, made.slots, made.kv_type, made.repack) == (2 * 16384, 2, "f16", True)
    assert (made.gpu_layers, made.threads, made.lock_memory, made.niceness) == (0, 7, False, 0)
    assert made.needs_bytes == memory(QWEN_7B_Q4, made).total


def test_on_8_gb_a_7b_model_runs_in_6_5_gb_with_all_that_runs_beside_it() -> None:
    made = plan(QWEN_7B_Q4, pc(7.8, free=0.95))
    assert not made.repack
    assert made.context_tokens // made.slots >= 4096
    assert made.needs_bytes + Beside().total <= 6.5e9


def test_memory_that_shrinks_costs_the_copy_then_context_then_slots() -> None:
    made = [plan(QWEN_7B_Q4, pc(gib)) for gib in (16, 12, 10, 9, 8.2)]
    assert made[0].repack
    order = [(one.slots, one.context_tokens // one.slots, one.repack) for one in made]
    assert order == sorted(order, reverse=True)
    assert len(set(order)) >= 3


def test_the_cache_is_compressed_where_that_makes_the_difference() -> None:
    """In a range of machines the wider context fits only so; above it is not done."""
    kinds = {plan(QWEN_7B_Q4, pc(gib / 4)).kv_type for gib in range(33, 60)}
    assert kinds == {"f16", "q8_0"}
    assert plan(QWEN_7B_Q4, pc(32)).kv_type == "f16"


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (3, 3), (4, 3), (16, 15)])
def test_one_core_is_left_free_when_there_are_four(cores: int, threads: int) -> None:
    assert plan(QWEN_05B_Q8, pc(16, cores=cores)).threads == threads


@pytest.mark.parametrize(("memlock", "locked"), [(8 * MIB, False), (1 << 62, True)])
def test_memory_is_locked_only_where_the_limit_allows_it(memlock: int, locked: bool) -> None:
    assert plan(QWEN_7B_Q4, pc(32, memlock_bytes=memlock)).lock_memory is locked


def test_a_shared_memory_takes_all_layers_and_four_slots() -> None:
    made = plan(QWEN_7B_Q4, mac(32))
    assert (made.gpu_layers, made.slots, made.repack) == (999, 4, False)


def test_a_card_that_holds_the_model_takes_all_layers() -> None:
    made = plan(QWEN_7B_Q4, with_card(16, 24))
    assert (made.gpu_layers, made.slots) == (999, 4)
    assert made.needs_bytes < 3 * GIB
    assert not replace(made).lock_memory


def test_all_layers_on_the_card_go_before_more_context() -> None:
    made = plan(QWEN_7B_Q4, with_card(32, 6.2))
    assert made.gpu_layers == 999
    assert made.context_tokens // made.slots >= 8192


def test_a_card_that_is_too_small_takes_the_layers_that_fit() -> None:
    card = with_card(32, 4)
    made = plan(QWEN_7B_Q4, card)
    assert 0 < made.gpu_layers < len(QWEN_7B_Q4.layers)
    assert memory(QWEN_7B_Q4, made, discrete_gpu=True).on_gpu <= 0.9 * 4 * GIB
    assert made.slots <= 2


def test_a_model_of_32b_gets_16k() -> None:
    large = replace(
        QWEN_7B_Q4,
        weights_bytes=23 * 10**9,
        weights={"Q5_K": 23 * 10**9},
        parameters=32_800_000_000,
        layers=(Layer(2048),) * 64,
        context_length=131072,
    )
    made = plan(large, mac(64))
    assert made.context_tokens // made.slots == 16384
    assert plan(QWEN_7B_Q4, mac(64)).context_tokens // 4 == 32768


def test_no_more_context_than_the_model_was_made_for() -> None:
    short = replace(QWEN_05B_Q8, context_length=2048)
    assert plan(short, pc(32)).context_tokens == 2 * 2048
    for tenths in range(76, 120):
        tight = plan(replace(QWEN_7B_Q4, context_length=3000), pc(tenths / 10, free=0.99))
        assert tight.context_tokens // tight.slots <= 3000
    asked = plan(short, pc(32), wishes=Wishes(context_tokens=2_000_000_000))
    assert asked.context_tokens == 2 * 2048


def test_the_prompt_cache_holds_one_more_conversation_within_its_bounds() -> None:
    assert plan(QWEN_05B_Q8, pc(32)).prompt_cache_mib == 256
    assert plan(QWEN_7B_Q4, pc(32)).prompt_cache_mib == 16384 * 28 * 1024 * 2 // MIB
    assert plan(replace(QWEN_7B_Q4, layers=(Layer(8192),) * 28), pc(64)).prompt_cache_mib == 1024


def test_wishes_are_kept() -> None:
    wishes = Wishes(context_tokens=4096, slots=3, threads=5, kv_type="q4_0", niceness=10)
    made = plan(QWEN_7B_Q4, pc(32), wishes=wishes)
    assert (made.context_tokens, made.slots, made.threads) == (3 * 4096, 3, 5)
    assert (made.kv_type, made.niceness) == ("q4_0", 10)


@pytest.mark.parametrize(("wished", "planned"), [(0, 0), (10, 10), (-1, 999)])
def test_layers_on_the_gpu_can_be_wished(wished: int, planned: int) -> None:
    assert plan(QWEN_7B_Q4, with_card(32, 24), wishes=Wishes(gpu_layers=wished)).gpu_layers == planned


def test_layers_wished_without_a_gpu_are_none() -> None:
    assert plan(QWEN_7B_Q4, pc(32), wishes=Wishes(gpu_layers=20)).gpu_layers == 0


def test_an_embedder_reads_its_text_in_one_batch_and_keeps_no_prompts() -> None:
    made = plan(replace(QWEN_05B_Q8, pooling="mean"), pc(16), role="embed")
    assert (made.role, made.slots, made.prompt_cache_mib) == ("embed", 1, 0)
    assert made.batch_tokens == made.context_tokens == 2048


def test_completion_tokens_are_passed_on() -> None:
    assert [plan(replace(QWEN_05B_Q8, fim=fim), pc(16)).insert for fim in (True, False)] == [True, False]


def test_what_would_swap_is_refused_with_what_would_fit() -> None:
    huge = replace(QWEN_7B_Q4, weights_bytes=40 * 10**9, weights={"Q4_K": 40 * 10**9})
    with pytest.raises(ModelTooLarge, match=r"needs 40\.\d GB .* 14\.\d GB") as refused:
        plan(huge, pc(16))
    assert "would fit" in refused.value.hint
    assert refused.value.code == "model_too_large"


def test_what_only_other_programs_prevent_is_told_so() -> None:
    with pytest.raises(ModelTooLarge) as refused:
        plan(QWEN_7B_Q4, pc(16, free=0.2))
    assert "close other programs" in refused.value.hint
    assert plan(QWEN_7B_Q4, pc(16, free=0.2), lasting=True).repack


def test_a_context_that_does_not_fit_is_refused_when_it_was_asked_for() -> None:
    wide: Header = replace(QWEN_7B_Q4, context_length=1 << 20)
    with pytest.raises(ModelTooLarge, match="x 1048576 tokens"):
        plan(wide, pc(16), wishes=Wishes(context_tokens=1 << 20))


def test_more_requests_at_once_than_memory_holds_are_told_as_the_reason() -> None:
    with pytest.raises(ModelTooLarge, match="100000 x ") as refused:
        plan(QWEN_05B_Q8, pc(16), wishes=Wishes(slots=100_000))
    assert "`slots`" in refused.value.hint


@pytest.mark.parametrize("gib", [0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128])
@pytest.mark.parametrize("header", [QWEN_05B_Q8, QWEN_7B_Q4], ids=lambda header: header.name)
def test_no_plan_goes_beyond_the_machine(header: Header, gib: float) -> None:
    for machine in (pc(gib), mac(max(1, int(gib))), with_card(max(1, int(gib)), 8)):
        try:
            made = plan(header, machine)
        except ModelTooLarge:
            continue
        assert made.needs_bytes <= present_bytes(machine)
