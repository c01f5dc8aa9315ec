"""Headers of well-known shapes, as their files would give them."""

from __future__ import annotations

from dataclasses import replace

from ibidem.hardware.header import Header, Layer

MIB, GIB = 1 << 20, 1 << 30

QWEN_05B_Q8 = Header(
    path="qwen2.5-0.5b-q8_0.gguf",
    name="Qwen2.5 0.5B",
    architecture="qwen2",
    context_length=32768,
    embedding_length=896,
    feed_forward_length=4864,
    vocabulary=151936,
    layers=(Layer(2 * 2 * 64),) * 24,
    window=0,
    state_bytes=0,
    weights={"Q8_0": 524833792, "F32": 286208},
    weights_bytes=525120000,
    expert_bytes=0,
    input_bytes=0,
    parameters=494032768,
    active_parameters=494032768,
    output_parameters=136134656,
    read_bytes=525120000,
    quantisation="Q8_0",
    chat_template=True,
)
LLAMA_1B_Q4 = replace(
    QWEN_05B_Q8,
    path="llama-3.2-1b-q4_k_m.gguf",
    name="Llama 3.2 1B",
    architecture="llama",
    embedding_length=2048,
    feed_forward_length=8192,
    vocabulary=128256,
    layers=(Layer(2 * 8 * 64),) * 16,
    weights={"Q6_K": 332451840, "F32": 270336, "Q4_K": 467140608},
    weights_bytes=799862784,
    parameters=1235814400,
    active_parameters=1235814400,
    output_parameters=262668288,
    read_bytes=799862784,
    quantisation="Q4_K",
)
# 7 B in Q4_K_M: 28 layers of 4 heads of 128
QWEN_7B_Q4 = replace(
    QWEN_05B_Q8,
    path="qwen2.5-7b-q4_k_m.gguf",
    name="Qwen2.5 7B",
    embedding_length=3584,
    feed_forward_length=18944,
    vocabulary=152064,
    layers=(Layer(2 * 4 * 128),) * 28,
    weights={"Q4_K": 2_714_000_000, "Q6_K": 1_966_000_000},
    weights_bytes=4_680_000_000,
    input_bytes=306_000_000,
    parameters=7_620_000_000,
    active_parameters=7_070_000_000,
    output_parameters=545_000_000,
    read_bytes=4_374_000_000,
    quantisation="Q4_K",
)
