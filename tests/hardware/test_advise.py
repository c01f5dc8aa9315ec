"""The advice is what a knowledgeable friend would say: a good model that fits and writes at a bearable pace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ibidem.errors import ModelTooLarge, ModelUnknown
from ibidem.hardware.advise import Choice, advise, choose, machine_warnings, why
from ibidem.hardware.catalog import find, models
from ibidem.hardware.gpus import Gpu
from ibidem.hardware.plan import Wishes, safe_bytes
from ibidem.hardware.predict import Beside
from ibidem.hardware.probe import GIB, Machine
from tests.hardware.headers import QWEN_7B_Q4
from tests.hardware.machines import MACHINES, Described


def advice(machine: Machine) -> list[Choice]:
    return advise(models(), machine)


def first(machine: Machine) -> Choice:
    return advice(machine)[0]


def pc(memory_gib: float, *, bandwidth_gb_s: float = 60, **more: object) -> Machine:
    size = int(memory_gib * GIB)
    return Machine("any", 8, 16, size, int(0.9 * size), bandwidth_bytes_s=bandwidth_gb_s * 1e9, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("described", MACHINES, ids=lambda one: one.name)
def test_each_of_twelve_machines_gets_an_accepted_answer(tmp_path: Path, described: Described) -> None:
    machine = described.probed(tmp_path)
    chosen = first(machine)
    assert chosen.model is not None
    assert chosen.model.name in described.models
    assert chosen.plan.threads == described.threads
    assert chosen.plan.slots == described.slots
    assert chosen.context_tokens >= described.context_tokens
    assert (chosen.plan.gpu_layers == 999) is described.all_on_gpu
    assert chosen.memory.on_host + Beside().total <= safe_bytes(machine)
    assert chosen.plan.lock_memory is (described.memlock_bytes > 8 << 20)
    assert chosen.speed.generation >= 2.5
    told = " ".join(machine_warnings(machine))
    assert all(word in told for word in described.warned)
    assert bool(told) is bool(described.warned)


def test_a_large_dense_model_is_not_advised_where_it_would_write_a_word_a_second() -> None:
    slow, quick = pc(64, bandwidth_gb_s=60), pc(64, bandwidth_gb_s=300)
    assert first(slow).header.name.startswith("Qwen3-30B-A3B")
    assert "are read for a token" in why(first(slow), slow)
    assert first(quick).header.name.startswith("Qwen3-32B Q5_K_M")


def test_what_is_too_slow_comes_last_and_says_so() -> None:
    last = advice(pc(64, bandwidth_gb_s=60))[-1]
    assert any("too slow" in line for line in last.warnings)


def test_without_a_known_speed_memory_decides() -> None:
    assert first(replace(pc(64), bandwidth_bytes_s=0.0)).header.name.startswith("Qwen3-32B")


def test_a_small_card_does_not_make_the_model_small() -> None:
    """What fits 4 GB whole is far below what the machine's own memory holds."""
    card = Gpu("NVIDIA GeForce GTX 1650", 4 * GIB, int(3.8 * GIB), usable=True)
    chosen = first(pc(32, gpus=(card,)))
    assert chosen.model is not None
    assert chosen.model.parameters_b > 8
    assert 0 < chosen.plan.gpu_layers < chosen.model.layers


def test_a_machine_too_small_for_any_gets_no_advice() -> None:
    assert advice(pc(1.5)) == []


def test_what_would_swap_now_is_warned_of() -> None:
    busy = replace(pc(16), available_bytes=4 * GIB)
    chosen = choose(QWEN_7B_Q4, machine=busy)
    assert any("would swap at the moment" in line for line in chosen.warnings)
    assert not any("swap" in line for line in choose(QWEN_7B_Q4, machine=pc(16)).warnings)


def test_a_short_context_and_a_missing_template_are_warned_of() -> None:
    chosen = choose(replace(QWEN_7B_Q4, chat_template=False), machine=pc(7.8), wishes=Wishes(context_tokens=2048))
    assert any("2048 tokens of context" in line for line in chosen.warnings)
    assert any("no chat template" in line for line in chosen.warnings)


def test_a_model_that_never_fits_is_refused() -> None:
    with pytest.raises(ModelTooLarge):
        choose(replace(QWEN_7B_Q4, weights_bytes=10**12), machine=pc(64))


def test_what_keeps_any_model_from_running_is_told() -> None:
    told = machine_warnings(replace(pc(16), missing_features=("avx2",), libgomp=False))
    assert "avx2" in told[0]
    assert "libgomp1" in told[1]


# --- the table -------------------------------------------------------------------------------------------------------

REFERENCES = {
    "qwen2.5-7b": ("Q5_K_M",),
    "qwen2.5-coder-7b": ("Q4_K_M",),
    "qwen2.5-32b": ("Q5_K_M",),
    "gemma-2-9b": ("Q4_K_M",),
    "llama-3.1-70b": ("Q4_K_M",),
    "mistral-7b": ("Q4_K_M",),
    "mistral-large-123b": ("Q4_K_M",),
}


def test_the_reference_models_are_in_the_table() -> None:
    assert {model.name: model.references for model in models() if model.references} == REFERENCES


@pytest.mark.parametrize("model", models(), ids=lambda model: model.name)
def test_a_row_can_be_planned_and_fetched(model) -> None:
    for size, gigabytes in model.size_gb.items():
        header = model.header(size)
        assert header.weights_bytes == int(gigabytes * 1e9)
        assert sum(header.weights.values()) == header.weights_bytes
        assert 0.4 < 8 * gigabytes / model.parameters_b / 5 < 1.6  # about 4-6 bits a weight
        assert 0 < header.read_bytes <= header.weights_bytes
        assert model.file_address(size).startswith("https://")
        assert model.file_address(size).endswith(".gguf")
        assert "{" not in model.file_address(size)
    assert model.quantisation in model.size_gb
    assert set(model.references) <= model.size_gb.keys()
    assert model.licence


def test_names_and_qualities_are_each_used_once() -> None:
    for values in ([model.name for model in models()], [model.quality for model in models()]):
        assert len(set(values)) == len(values)


def test_windowed_and_hybrid_rows_have_few_full_caches() -> None:
    def full(name: str) -> int:
        model, size = find(name)
        return sum(bool(layer.kv_width) and not layer.windowed for layer in model.header(size).layers)

    assert (full("gemma-3-12b"), full("gemma-2-9b"), full("gpt-oss-20b"), full("qwen3.5-9b")) == (8, 21, 12, 8)
    assert full("qwen3-8b") == 36


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("qwen2.5-32b", ("qwen2.5-32b", "Q5_K_M")),
        ("qwen2.5-32b:q4_k_m", ("qwen2.5-32b", "Q4_K_M")),
        ("Phi-4", ("phi-4-14b", "Q4_K_M")),
    ],
)
def test_a_row_is_found_by_name_title_and_quantisation(name: str, found: tuple[str, str]) -> None:
    model, size = find(name)
    assert (model.name, size) == found


@pytest.mark.parametrize(("name", "told"), [("qwen9", "qwen3"), ("qwen3-8b:q2_k", "Q5_K_M"), ("", "GGUF")])
def test_an_unknown_name_is_answered_with_known_ones(name: str, told: str) -> None:
    with pytest.raises(ModelUnknown) as unknown:
        find(name)
    assert told in unknown.value.hint
