"""A GGUF file -> the figures that memory and speed follow from: layers and their caches, weights by type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import ModelFileBroken
from ibidem.hardware.gguf import Contents, Length, Tensor, Value, read
from ibidem.types import Role

MAX_LAYERS = 4096
MAX_WIDTH = 1 << 24  # of any vector in a model: heads x head size, feed-forward, embedding
MAX_CONTEXT = 1 << 31
MAX_PARTS = 1000

# every how-manieth layer is not windowed, where the file does not say it (llama.cpp has the same figures)
FULL_EVERY = {"gemma2": 2, "gemma3": 6, "gemma3n": 5, "gpt-oss": 2, "cohere2": 4, "exaone4": 4, "gemma-embedding": 6}

POOLING = {1: "mean", 2: "cls", 3: "last", 4: "rank"}

_LAYER = re.compile(r"blk\.(\d+)\.")
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's cache: `kv_width` numbers a token (keys and values together), 0 where it keeps none."""

    kv_width: int
    windowed: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What a model is. Bytes and counts are of the whole model, all parts of a split file together."""

    path: str
    name: str
    architecture: str
    context_length: int  # tokens it was trained for
    embedding_length: int
    feed_forward_length: int  # of one token: the experts that work on it together, or the widest layer
    vocabulary: int
    layers: tuple[Layer, ...]
    window: int  # tokens a windowed layer looks back, 0 without
    state_bytes: int  # of a slot, for layers that keep a state in place of a cache
    weights: Mapping[str, int]  # bytes by tensor type
    weights_bytes: int
    expert_bytes: int  # of these, in experts
    input_bytes: int  # of these, the table of input embeddings: one row a token is read
    parameters: int
    active_parameters: int  # that work on a token: the used share of the experts, without the input table
    output_parameters: int  # of these, in the output layer, which works only where a token is wanted
    read_bytes: int  # read for a generated token
    experts: int = 0
    experts_used: int = 0
    quantisation: str = ""  # of most weights
    chat_template: bool = False
    fim: bool = False
    pooling: str = ""  # "" for a model that generates

    @property
    def role(self) -> Role:
        """ "chat", "embed" or "rerank", as the file has it."""
        if self.pooling == "rank":
            return "rerank"
        return "embed" if self.pooling else "chat"


def read_header(path: Path) -> Header:
    """Raises ModelUnknown where there is no file, ModelFileBroken naming what is wrong with one."""
    contents = read(path)
    tensors = [*contents.tensors, *_other_parts(path, contents.metadata)]
    return _Facts(path, contents).header(tensors)


def _other_parts(path: Path, metadata: Mapping[str, Value]) -> list[Tensor]:
    """The tensors in the other files of a model that is split, as `NAME-00002-of-00003.gguf`."""
    count = metadata.get("split.count", 1)
    if not isinstance(count, int) or count <= 1:
        return []
    named = _PART.search(path.name)
    if not named or int(named[2]) != count or count > MAX_PARTS:
        raise ModelFileBroken(
            f"{path.name!r} is a part of a model in {count} files, and not named so",
            hint="keep the names the files were published under",
        )
    if int(named[1]) != 1:
        first = _PART.sub(f"-00001-of-{count:05}.gguf", path.name)
        raise ModelFileBroken(f"{path.name!r} is not a model's first part", hint=f"name {first!r}")
    parts = [path.with_name(_PART.sub(f"-{number:05}-of-{count:05}.gguf", path.name)) for number in range(2, count + 1)]
    for part in parts:
        if not part.exists():
            raise ModelFileBroken(f"the part {part.name!r} is missing", hint="get all parts into one folder")
    return [tensor for part in parts for tensor in read(part).tensors]


class _Facts:
    """The metadata of one file by meaning. Raises ModelFileBroken for values that no model can have."""

    def __init__(self, path: Path, contents: Contents) -> None:
        self._path = path
        self._of = contents.metadata
        arch = self._of.get("general.architecture")
        if not isinstance(arch, str) or not arch:
            raise self._broken("it does not say its architecture")
        self._arch = arch
        self._causal = self._of.get(
            f"{arch}.attention.causal", True
        )  # an encoder reads a text at once and keeps nothing

    def header(self, tensors: Sequence[Tensor]) -> Header:
        layers = self._layers()
        weights: dict[str, int] = {}
        for tensor in tensors:
            weights[tensor.type] = weights.get(tensor.type, 0) + tensor.size_bytes
        total = sum(weights.values())
        experts, used = self._number("expert_count"), self._number("expert_used_count")
        sizes = {tensor.name: tensor for tensor in tensors}
        table, output = sizes.get("token_embd.weight"), sizes.get("output.weight")
        in_experts = [tensor for tensor in tensors if "_exps" in tensor.name]
        idle = 1 - min(1.0, used / experts) if experts else 0.0
        idle_bytes = int(idle * sum(tensor.size_bytes for tensor in in_experts))
        idle_parameters = int(idle * sum(tensor.elements for tensor in in_experts))
        rows = [tensor for tensor in (table, sizes.get("per_layer_token_embd.weight")) if tensor]
        if table and not output and self._causal:  # the one table serves both ends
            rows.remove(table)
            output = table
        pooling = self._number("pooling_type", -1)
        return Header(
            path=str(self._path),
            name=self._text("general.name") or self._path.stem,
            architecture=self._arch,
            context_length=self._number("context_length", cap=MAX_CONTEXT),
            embedding_length=self._number("embedding_length"),
            feed_forward_length=max(
                self._number("feed_forward_length"), used * self._number("expert_feed_forward_length")
            ),
            vocabulary=self._vocabulary(),
            layers=layers,
            window=self._number("attention.sliding_window", cap=MAX_CONTEXT),
            state_bytes=self._state_bytes(sum(not layer.kv_width for layer in layers)),
            weights=weights,
            weights_bytes=total,
            expert_bytes=sum(tensor.size_bytes for tensor in in_experts),
            input_bytes=sum(tensor.size_bytes for tensor in rows),
            parameters=sum(tensor.elements for tensor in tensors),
            active_parameters=sum(tensor.elements for tensor in tensors)
            - idle_parameters
            - sum(tensor.elements for tensor in rows),
            output_parameters=output.elements if output else 0,
            read_bytes=total - idle_bytes - sum(tensor.size_bytes for tensor in rows),
            experts=experts,
            experts_used=used,
            quantisation=max(weights, key=weights.__getitem__, default=""),
            chat_template="tokenizer.chat_template" in self._of,
            fim=any(f"tokenizer.ggml.{key}" in self._of for key in ("fim_pre_token_id", "prefix_token_id")),
            pooling=POOLING.get(pooling, "") if pooling >= 0 else "",
        )

    def _layers(self) -> tuple[Layer, ...]:
        count = self._number("block_count", cap=MAX_LAYERS)
        if not count:
            raise self._broken("it has no layers")
        embedding = self._number("embedding_length")
        heads = self._each("attention.head_count", count, 0)
        kv_heads = self._each("attention.head_count_kv", count, heads)
        usual = embedding // max(1, max(heads))
        both = self._number("attention.key_length", usual) + self._number("attention.value_length", usual)
        in_window = (
            self._number("attention.key_length_swa") + self._number("attention.value_length_swa")
        ) or both  # Gemma 4 has smaller heads there
        windowed = self._windowed(count)
        every = self._number("full_attention_interval")  # Qwen3.5: the others keep a state
        shared = min(count, self._number("attention.shared_kv_layers"))  # the last ones use an earlier layer's cache
        layers = []
        for index in range(count):
            keeps = self._causal and index < count - shared and (not every or (index + 1) % every == 0)
            width = (in_window if windowed[index] else both) * kv_heads[index] if keeps else 0
            if width > MAX_WIDTH:
                raise self._broken(f"layer {index} keeps {width} numbers a token")
            layers.append(Layer(width, windowed[index]))
        return tuple(layers)

    def _windowed(self, count: int) -> list[bool]:
        if not self._number("attention.sliding_window", cap=MAX_CONTEXT):
            return [False] * count
        pattern = self._of.get(f"{self._arch}.attention.sliding_window_pattern", FULL_EVERY.get(self._arch, 1))
        if isinstance(pattern, tuple) and pattern:
            return [bool(pattern[index % len(pattern)]) for index in range(count)]
        if not isinstance(pattern, int) or pattern < 0:
            raise self._broken("its pattern of windowed layers is no number and no list")
        return [pattern == 0 or index % pattern != pattern - 1 for index in range(count)]

    def _state_bytes(self, without_cache: int) -> int:
        """A slot's fixed state in 4-byte numbers: the last inputs of a short convolution, and the state proper."""
        inner, state = self._number("ssm.inner_size"), self._number("ssm.state_size")
        kept = max(0, self._number("ssm.conv_kernel") - 1)
        numbers = kept * (inner + 2 * self._number("ssm.group_count") * state) + state * inner
        numbers += max(0, self._number("shortconv.l_cache") - 1) * self._number("embedding_length")
        return without_cache * numbers * 4

    def _vocabulary(self) -> int:
        words = self._of.get("tokenizer.ggml.tokens")
        return self._number("vocab_size") or (words.count if isinstance(words, Length) else 0)

    # --- values ------------------------------------------------------------------------------------------------------

    def _number(self, key: str, default: int = 0, *, cap: int = MAX_WIDTH) -> int:
        """The whole number under `{architecture}.{key}`, within 0..cap; of a list the largest."""
        value = self._of.get(f"{self._arch}.{key}", default)
        if isinstance(value, tuple) and value:
            value = max(value)
        if not isinstance(value, int) or (value != default and not 0 <= value <= cap):
            raise self._broken(f"{self._arch}.{key} is {value!r}")
        return int(value)

    def _each(self, key: str, count: int, default: int | list[int]) -> list[int]:
        """The number of each layer, whether the file gives one for all or a list."""
        value = self._of.get(f"{self._arch}.{key}")
        if value is None:
            return default if isinstance(default, list) else [default] * count
        if not isinstance(value, tuple):
            return [self._number(key)] * count
        if len(value) < count or not all(isinstance(one, int) and 0 <= one <= MAX_WIDTH for one in value):
            raise self._broken(f"{self._arch}.{key} has {len(value)} values for {count} layers, or absurd ones")
        return [int(one) for one in value[:count]]

    def _text(self, key: str) -> str:
        value = self._of.get(key, "")
        return value if isinstance(value, str) else ""

    def _broken(self, what: str) -> ModelFileBroken:
        return ModelFileBroken(
            f"{self._path.name!r} is no usable model file: {what}",
            hint="get the file again, or name another; only GGUF is read",
        )
