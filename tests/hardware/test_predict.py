"""Memory and speed are predicted within their tolerance of what was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ibidem.hardware import calibration
from ibidem.hardware.calibration import Calibration
from ibidem.hardware.gpus import Gpu
from ibidem.hardware.header import Header, Layer
from ibidem.hardware.predict import Speed, kv_bytes, memory, speed
from ibidem.hardware.probe import Machine
from ibidem.types import EnginePlan
from tests.hardware.headers import GIB, LLAMA_1B_Q4, MIB, QWEN_05B_Q8, QWEN_7B_Q4

MACHINE = Machine("any", 8, 16, 32 * GIB, 24 * GIB, bandwidth_bytes_s=60e9)


@pytest.mark.parametrize(
    ("header", "plan", "measured_mib"),
    [
        (QWEN_05B_Q8, EnginePlan("", context_tokens=4096), 653.9),
        (QWEN_05B_Q8, EnginePlan("", context_tokens=32768), 990),
        (QWEN_05B_Q8, EnginePlan("", context_tokens=32768, slots=4, kv_type="q8_0"), 812),
        (LLAMA_1B_Q4, EnginePlan("", context_tokens=4096), 1463.2),
        (LLAMA_1B_Q4, EnginePlan("", context_tokens=4096, repack=False), 1017),
    ],
)
def test_memory_is_within_5_percent_of_a_measured_engine(header: Header, plan: EnginePlan, measured_mib: float) -> None:
    """Resident sizes of engines with these shapes; `python -m bench.run fit` measures them again."""
    assert memory(header, plan).total / MIB == pytest.approx(measured_mib, rel=0.05)


def test_the_cache_grows_with_the_context_and_shrinks_with_its_type() -> None:
    def cache(tokens: int, kv_type: str) -> int:
        return kv_bytes(QWEN_05B_Q8, EnginePlan("", context_tokens=tokens, kv_type=kv_type))  # type: ignore[arg-type]

    assert cache(4096, "f16") == 4096 * 24 * 256 * 2
    assert cache(8192, "f16") == 2 * cache(4096, "f16")
    assert cache(4096, "q8_0") == cache(4096, "f16") * 34 // 64
    assert cache(4096, "q4_0") == cache(4096, "f16") * 18 // 64


def test_a_windowed_layer_keeps_its_window_and_a_batch_for_each_slot() -> None:
    layers = (Layer(512, windowed=True),) * 5 + (Layer(512),)
    header = replace(QWEN_05B_Q8, layers=layers, window=1000)
    plan = EnginePlan("", context_tokens=16384, slots=2, batch_tokens=512)
    in_window = 1536  # 1512, rounded up to 256
    assert kv_bytes(header, plan) == 2 * 2 * 512 * (5 * in_window + 8192)


def test_a_short_context_is_below_the_window() -> None:
    header = replace(QWEN_05B_Q8, layers=(Layer(512, windowed=True),), window=4096)
    assert kv_bytes(header, EnginePlan("", context_tokens=1024)) == 1024 * 512 * 2


def test_a_hybrid_model_keeps_a_state_for_each_slot() -> None:
    header = replace(QWEN_05B_Q8, layers=(Layer(0), Layer(512)), state_bytes=1000)
    assert kv_bytes(header, EnginePlan("", context_tokens=2048, slots=2)) == 2048 * 512 * 2 + 2 * 1000


def test_states_to_go_back_to_are_kept_of_windows_and_of_states_alone() -> None:
    plan = EnginePlan("", context_tokens=16384, slots=2)
    hybrid = replace(QWEN_05B_Q8, layers=(Layer(512, windowed=True), Layer(512)), window=1000, state_bytes=77)
    assert memory(hybrid, plan).checkpoints == 2 * 4 * (1000 * 512 * 2 + 77)
    assert memory(QWEN_05B_Q8, plan).checkpoints == 0


def test_a_gpu_needs_no_copy_of_the_weights_and_a_card_keeps_them_itself() -> None:
    plan = EnginePlan("", gpu_layers=999)
    shared, card = memory(QWEN_7B_Q4, plan), memory(QWEN_7B_Q4, plan, discrete_gpu=True)
    assert shared.repack == 0
    assert (shared.on_gpu, shared.on_host) == (0, shared.total)
    assert card.on_gpu == QWEN_7B_Q4.weights_bytes - QWEN_7B_Q4.input_bytes + card.kv + card.compute
    assert card.on_host < 500 * MIB


def test_half_the_layers_on_a_card_are_half_the_weights() -> None:
    half = memory(QWEN_7B_Q4, EnginePlan("", gpu_layers=14), discrete_gpu=True)
    assert half.on_gpu == pytest.approx((QWEN_7B_Q4.read_bytes + half.kv) / 2 + half.compute, rel=0.001)


# --- speed -----------------------------------------------------------------------------------------------------------

# one thread, tokens a processor second, 512-token prompts: (prompt, generation)
MEASURED = {"0.5B Q8_0": (70.4, 20.5), "1B Q4_K_M": (40.0, 11.6)}


def measured(header: Header, name: str) -> Calibration:
    prompt, generation = MEASURED[name]
    return calibration.calibration(header, prompt_tokens_s=prompt, generation_tokens_s=generation)


@pytest.mark.parametrize(
    ("known", "known_name", "asked", "asked_name"),
    [
        (QWEN_05B_Q8, "0.5B Q8_0", LLAMA_1B_Q4, "1B Q4_K_M"),
        (LLAMA_1B_Q4, "1B Q4_K_M", QWEN_05B_Q8, "0.5B Q8_0"),
    ],
)
def test_speed_is_within_30_percent_once_another_model_was_measured(
    known: Header, known_name: str, asked: Header, asked_name: str
) -> None:
    expected = speed(asked, MACHINE, calibrations=[measured(known, known_name)])
    assert expected.basis == "calibrated"
    assert expected.prompt == pytest.approx(MEASURED[asked_name][0], rel=0.3)
    assert expected.generation == pytest.approx(MEASURED[asked_name][1], rel=0.3)


def test_a_model_that_was_measured_itself_is_told_as_measured() -> None:
    both = [measured(QWEN_05B_Q8, "0.5B Q8_0"), measured(LLAMA_1B_Q4, "1B Q4_K_M")]
    assert speed(LLAMA_1B_Q4, MACHINE, calibrations=both) == Speed(40.0, 11.6, "measured")


def test_the_nearest_of_several_measured_models_counts() -> None:
    small = measured(QWEN_05B_Q8, "0.5B Q8_0")
    large = replace(measured(LLAMA_1B_Q4, "1B Q4_K_M"), name="other", weights_bytes=1)
    assert speed(QWEN_7B_Q4, MACHINE, calibrations=[small, large]) == speed(QWEN_7B_Q4, MACHINE, calibrations=[large])


def test_a_model_of_another_order_of_size_says_nothing() -> None:
    toy = replace(measured(QWEN_05B_Q8, "0.5B Q8_0"), read_bytes=QWEN_7B_Q4.read_bytes // 100)
    empty = replace(toy, read_bytes=0)
    assert speed(QWEN_7B_Q4, MACHINE, calibrations=[toy, empty]) == speed(QWEN_7B_Q4, MACHINE)


def test_what_was_measured_without_a_gpu_says_nothing_of_one() -> None:
    machine = replace(MACHINE, gpus=(Gpu("NVIDIA GeForce RTX 4090", 24 * GIB, 23 * GIB, usable=True),))
    on_gpu = speed(QWEN_7B_Q4, machine, gpu_share=1.0, calibrations=[measured(QWEN_05B_Q8, "0.5B Q8_0")])
    assert on_gpu.basis == "estimated"
    assert on_gpu.generation > 5 * speed(QWEN_7B_Q4, MACHINE).generation


def test_without_a_measurement_memory_bandwidth_bounds_generation() -> None:
    expected = speed(QWEN_7B_Q4, MACHINE)
    assert expected.basis == "estimated"
    assert expected.generation == pytest.approx(0.55 * 60e9 / QWEN_7B_Q4.read_bytes)


def test_nothing_is_said_where_nothing_is_known() -> None:
    assert speed(QWEN_7B_Q4, replace(MACHINE, bandwidth_bytes_s=0.0)) == Speed(0.0, 0.0, "unknown")
    unlisted = replace(MACHINE, gpus=(Gpu("A new card", 24 * GIB, 23 * GIB, usable=True),))
    assert speed(QWEN_7B_Q4, unlisted, gpu_share=1.0).basis == "unknown"


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_measurements_are_kept_for_this_machine_alone(tmp_path: Path) -> None:
    first, second = measured(QWEN_05B_Q8, "0.5B Q8_0"), measured(LLAMA_1B_Q4, "1B Q4_K_M")
    calibration.keep_bandwidth(tmp_path, MACHINE, 57e9)
    calibration.keep(tmp_path, MACHINE, first)
    calibration.keep(tmp_path, MACHINE, second)
    assert calibration.load(tmp_path, MACHINE) == [first, second]
    assert calibration.bandwidth(tmp_path, MACHINE) == 57e9
    other = replace(MACHINE, memory_bytes=64 * GIB)
    assert calibration.load(tmp_path, other) == []
    assert calibration.bandwidth(tmp_path, other) == 0


def test_a_new_measurement_replaces_that_of_the_same_model(tmp_path: Path) -> None:
    old = measured(QWEN_05B_Q8, "0.5B Q8_0")
    new = replace(old, generation_tokens_s=51.0)
    calibration.keep(tmp_path, MACHINE, old)
    calibration.keep(tmp_path, MACHINE, new)
    assert calibration.load(tmp_path, MACHINE) == [new]


@pytest.mark.parametrize("content", ["", "[]", '{"machine": 1}', '{"speeds": [{"name": 5}]}', "\x00"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / calibration.FILE).write_text(content)
    assert calibration.load(tmp_path, MACHINE) == []
    calibration.keep(tmp_path, MACHINE, measured(QWEN_05B_Q8, "0.5B Q8_0"))
    assert len(calibration.load(tmp_path, MACHINE)) == 1


def test_a_folder_that_is_not_there_keeps_nothing(tmp_path: Path) -> None:
    calibration.keep(tmp_path / "absent", MACHINE, measured(QWEN_05B_Q8, "0.5B Q8_0"))
    assert calibration.load(tmp_path / "absent", MACHINE) == []
