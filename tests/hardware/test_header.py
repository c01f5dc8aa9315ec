"""A file's metadata is understood: caches by layer, what a token reads, what the model can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ibidem.errors import ModelFileBroken
from ibidem.hardware.header import Header, read_header
from tests.hardware.ggufs import LLAMA, TENSORS, gguf, size_of, write


def header(folder: Path, changed: dict[str, Any], tensors: Any = TENSORS) -> Header:
    return read_header(write(folder, gguf({**LLAMA, **changed}, tensors)))


def of(architecture: str, **keys: Any) -> dict[str, Any]:
    """The same model under another architecture, with further keys; `__` stands for a point."""
    renamed = {key.replace("llama.", f"{architecture}."): value for key, value in LLAMA.items()}
    further = {f"{architecture}.{key.replace('__', '.')}": value for key, value in keys.items()}
    return {**renamed, "general.architecture": architecture, **further}


def widths(made: Header) -> list[int]:
    return [layer.kv_width for layer in made.layers]


def test_every_layer_keeps_keys_and_values_of_its_heads(tmp_path: Path) -> None:
    assert widths(header(tmp_path, {})) == [2 * 2 * 64] * 2


def test_head_sizes_may_be_given(tmp_path: Path) -> None:
    made = header(tmp_path, {"llama.attention.key_length": 192, "llama.attention.value_length": 128})
    assert widths(made) == [2 * (192 + 128)] * 2


def test_heads_may_be_given_by_layer_and_a_layer_may_have_none(tmp_path: Path) -> None:
    made = header(tmp_path, {"llama.attention.head_count_kv": [0, 4]})
    assert widths(made) == [0, 4 * 128]


def test_without_heads_for_keys_all_heads_have_some(tmp_path: Path) -> None:
    metadata = {key: value for key, value in LLAMA.items() if not key.endswith("head_count_kv")}
    assert widths(read_header(write(tmp_path, gguf(metadata)))) == [4 * 128] * 2


@pytest.mark.parametrize(
    ("architecture", "pattern", "windowed"),
    [
        ("gemma2", None, [True, False, True, False, True, False]),
        ("gemma3", None, [True] * 5 + [False]),
        ("gpt-oss", None, [True, False, True, False, True, False]),
        ("gemma4", [True, True, False, True, True, False], [True, True, False] * 2),
        ("plamo3", 3, [True, True, False, True, True, False]),
        ("llama", None, [False] * 6),
    ],
)
def test_windowed_layers_are_those_of_the_architecture_or_of_the_file(
    tmp_path: Path, architecture: str, pattern: Any, windowed: list[bool]
) -> None:
    keys = {"block_count": 6, "attention__sliding_window": 1024}
    if pattern is not None:
        keys["attention__sliding_window_pattern"] = pattern
    made = read_header(write(tmp_path, gguf(of(architecture, **keys))))
    assert [layer.windowed for layer in made.layers] == windowed
    assert made.window == 1024


def test_a_hybrid_model_keeps_a_cache_in_each_fourth_layer_and_a_state_in_the_others(tmp_path: Path) -> None:
    keys = {"block_count": 8, "full_attention_interval": 4, "ssm__conv_kernel": 4, "ssm__inner_size": 4096}
    keys |= {"ssm__state_size": 128, "ssm__group_count": 16}
    made = read_header(write(tmp_path, gguf(of("qwen35", **keys))))
    assert [bool(width) for width in widths(made)] == [False, False, False, True] * 2
    assert made.state_bytes == 6 * 4 * (3 * (4096 + 2 * 16 * 128) + 128 * 4096)


def test_layers_that_share_a_cache_keep_none(tmp_path: Path) -> None:
    made = read_header(write(tmp_path, gguf(of("gemma4", block_count=6, attention__shared_kv_layers=2))))
    assert [bool(width) for width in widths(made)] == [True] * 4 + [False] * 2


def test_an_encoder_keeps_no_cache_and_embeds(tmp_path: Path) -> None:
    made = read_header(write(tmp_path, gguf(of("bert", attention__causal=False, pooling_type=1))))
    assert (widths(made), made.pooling, made.role) == ([0, 0], "mean", "embed")


def test_a_ranking_model_reranks(tmp_path: Path) -> None:
    assert read_header(write(tmp_path, gguf(of("bert", pooling_type=4)))).role == "rerank"


def test_template_and_completion_tokens_are_seen(tmp_path: Path) -> None:
    plain = header(tmp_path, {})
    made = header(tmp_path, {"tokenizer.chat_template": "{{ messages }}", "tokenizer.ggml.fim_pre_token_id": 1})
    assert (plain.chat_template, plain.fim, made.chat_template, made.fim) == (False, False, True, True)


def test_the_table_of_input_embeddings_is_not_read_for_a_token(tmp_path: Path) -> None:
    made = header(tmp_path, {})
    table = size_of("Q6_K", (256, 512))
    assert made.input_bytes == table
    assert made.read_bytes == made.weights_bytes - table
    assert made.active_parameters == made.parameters - 256 * 512
    assert made.output_parameters == 256 * 512


def test_one_table_for_input_and_output_is_read(tmp_path: Path) -> None:
    made = header(tmp_path, {}, [tensor for tensor in TENSORS if tensor[0] != "output.weight"])
    assert (made.input_bytes, made.read_bytes) == (0, made.weights_bytes)
    assert made.output_parameters == 256 * 512


def test_of_the_experts_only_those_in_use_are_read(tmp_path: Path) -> None:
    experts = ("blk.0.ffn_up_exps.weight", "Q4_K", (256, 512, 8))
    keys = {"llama.expert_count": 8, "llama.expert_used_count": 2, "llama.expert_feed_forward_length": 2048}
    made = header(tmp_path, keys, [*TENSORS, experts])
    assert made.expert_bytes == size_of("Q4_K", (256, 512, 8))
    assert made.read_bytes == made.weights_bytes - made.input_bytes - made.expert_bytes * 3 // 4
    assert made.feed_forward_length == 2 * 2048


def test_weights_are_summed_by_type(tmp_path: Path) -> None:
    made = header(tmp_path, {})
    assert made.weights == {"Q6_K": 2 * 512 * 210, "Q4_K": 2 * 512 * 144, "F32": 1024}
    assert made.weights_bytes == sum(made.weights.values())


def test_the_parts_of_a_split_model_count_together(tmp_path: Path) -> None:
    split = {"split.count": 2, "split.no": 0}
    first = write(tmp_path, gguf({**LLAMA, **split}), "big-00001-of-00002.gguf")
    with pytest.raises(ModelFileBroken, match=r"big-00002-of-00002\.gguf"):
        read_header(first)
    second = write(
        tmp_path, gguf({"split.count": 2, "split.no": 1}, [("x", "Q8_0", (256, 64))]), "big-00002-of-00002.gguf"
    )
    assert read_header(first).weights["Q8_0"] == size_of("Q8_0", (256, 64))
    with pytest.raises(ModelFileBroken, match=r"architecture|first part"):
        read_header(second)


def test_a_split_model_must_keep_its_names(tmp_path: Path) -> None:
    with pytest.raises(ModelFileBroken, match="not named so"):
        header(tmp_path, {"split.count": 2})


@pytest.mark.parametrize(
    "changed",
    [
        {"general.architecture": ""},
        {"general.architecture": 5},
        {"llama.block_count": 0},
        {"llama.block_count": 2_000_000_000},
        {"llama.block_count": "two"},
        {"llama.embedding_length": 4_000_000_000},
        {"llama.attention.head_count_kv": [2]},
        {"llama.attention.head_count_kv": [4_000_000_000, 1]},
        {"llama.attention.head_count_kv": 16_000_000},
        {"llama.attention.sliding_window": 512, "llama.attention.sliding_window_pattern": "x"},
        {"llama.context_length": 1.5},
    ],
    ids=str,
)
def test_values_that_no_model_has_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(ModelFileBroken, match=r"model\.gguf"):
        header(tmp_path, changed)
