"""The embedders and rerankers that can be fetched by a short name. The data is in hub.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ibidem.errors import ModelUnknown
from ibidem.types import Role


@dataclass(frozen=True, slots=True)
class HubModel:
    """A row of the table; the fields are explained at its head."""

    name: str
    title: str
    role: Role
    licence: str
    repository: str
    files: Mapping[str, str]  # by quantisation

    def address(self, quantisation: str) -> str:
        """Of the file; "" names the first. Raises ModelUnknown."""
        by_name = {name.lower(): file for name, file in self.files.items()}
        file = by_name.get((quantisation or next(iter(self.files))).lower())
        if file is None:
            raise ModelUnknown(
                f"{self.name} is not in the table as {quantisation!r}", hint=f"it has {', '.join(self.files)}"
            )
        return f"{self.repository}/resolve/main/{file}"


@cache
def hub_models() -> tuple[HubModel, ...]:
    rows = tomllib.loads(Path(__file__).with_name("hub.toml").read_text("utf-8"))["model"]
    return tuple(HubModel(**row) for row in rows)
