"""The model table: what is worth having, at what size, and where it is published. The data is in models.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ibidem.errors import ModelUnknown
from ibidem.hardware.header import Header, Layer

MIB = 1 << 20
COPIED_SHARE = 0.58  # of a Q4_K_M file is in Q4_K, which is copied into a quicker layout
DEFAULT_QUANTISATION = "Q4_K_M"
REST = {"Q4_K_M": "Q6_K", "Q5_K_M": "Q5_K"}  # the tensor type of what is not copied


@dataclass(frozen=True, slots=True)
class Model:
    """A row of the table; the fields are explained at its head."""

    name: str
    title: str
    parameters_b: float
    layers: int
    kv_heads: int
    head_size: int
    context_k: int
    embedding: int
    feed_forward: int  # of the experts that work on a token together
    vocabulary: int
    size_gb: Mapping[str, float]  # by quantisation
    quality: int
    from_gb: float
    korean: bool
    licence: str
    address: str  # of one file; {quant} stands for the quantisation
    active_b: float = 0.0
    window: int = 0
    full_every: int = 0
    full_attention_every: int = 0
    state_mib: int = 0
    advised: str = ""
    good_for: str = ""
    references: tuple[str, ...] = field(default=())

    @property
    def quantisation(self) -> str:
        """The one that is advised."""
        return self.advised or next(iter(self.size_gb))

    def file_address(self, quantisation: str) -> str:
        return self.address.format(quant=quantisation)

    def header(self, quantisation: str) -> Header:
        """As a file of this quantisation would say of itself, as far as memory and speed go."""
        size = int(self.size_gb[quantisation] * 1e9)
        parameters = int(self.parameters_b * 1e9)
        active = (self.active_b or self.parameters_b) / self.parameters_b
        copied = int(COPIED_SHARE * size) if quantisation == DEFAULT_QUANTISATION else 0
        return Header(
            path=self.file_address(quantisation).rpartition("/")[2],
            name=f"{self.title} {quantisation}",
            architecture="",
            context_length=self.context_k * 1024,
            embedding_length=self.embedding,
            feed_forward_length=self.feed_forward,
            vocabulary=self.vocabulary,
            layers=tuple(self._layer(index) for index in range(self.layers)),
            window=self.window,
            state_bytes=self.state_mib * MIB,
            weights={"Q4_K": copied, REST.get(quantisation, quantisation): size - copied},
            weights_bytes=size,
            expert_bytes=0,
            input_bytes=0,
            parameters=parameters,
            active_parameters=int(parameters * active),
            output_parameters=self.vocabulary * self.embedding,
            read_bytes=int(size * active),
            quantisation=quantisation,
            chat_template=True,
        )

    def _layer(self, index: int) -> Layer:
        if self.full_attention_every and (index + 1) % self.full_attention_every:
            return Layer(0)
        windowed = bool(self.full_every) and (index + 1) % self.full_every != 0
        return Layer(2 * self.kv_heads * self.head_size, windowed)


@cache
def models() -> tuple[Model, ...]:
    """All rows, best first."""
    rows = tomllib.loads(Path(__file__).with_name("models.toml").read_text("utf-8"))["model"]
    made = [Model(**{**row, "references": tuple(row.get("references", ()))}) for row in rows]
    return tuple(sorted(made, key=lambda model: -model.quality))


def find(name: str) -> tuple[Model, str]:
    """`NAME` or `NAME:QUANTISATION` -> the row and the quantisation. Raises ModelUnknown naming the nearest."""
    wanted, _, quantisation = name.strip().partition(":")
    for model in models():
        if wanted.lower() in (model.name, model.title.lower()):
            sizes = {size.lower(): size for size in model.size_gb}
            if quantisation and quantisation.lower() not in sizes:
                raise ModelUnknown(
                    f"{model.name} is not in the table as {quantisation!r}", hint=f"it has {', '.join(model.size_gb)}"
                )
            return model, sizes.get(quantisation.lower(), model.quantisation)
    near = [model.name for model in models() if wanted and wanted.lower()[:4] in model.name]
    names = near or [model.name for model in models()]
    raise ModelUnknown(f"no model {name!r} in the table", hint=f"known: {', '.join(names)}; or name a GGUF file's path")
