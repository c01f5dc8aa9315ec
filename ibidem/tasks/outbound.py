"""The settings -> every address that Ibidem may speak to, and what for. There is no telemetry and no update check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ibidem.hardware.catalog import models as catalogued
from ibidem.models.hub import hub_models
from ibidem.models.outbound import Contact, is_here
from ibidem.models.upstream import without_secrets
from ibidem.settings import ModelSettings

Use = Literal["questions", "vectors", "ranking", "models", "download"]
SENT: dict[Use, str] = {
    "questions": "questions to {provider}:* models",
    "vectors": "the text of every document and question, for vectors",
    "ranking": "questions and the passages found, for their order",
    "models": "which models it has",
    "download": "only when you fetch a model; and where it redirects",
}


@dataclass(frozen=True, slots=True)
class Target:
    """`address` without what may be secret in it; `here`: on this machine."""

    address: str
    provider: str
    uses: tuple[Use, ...]

    @property
    def place(self) -> tuple[str, int]:
        """Host and port; ("", 0) for what is no address."""
        try:
            parts = urlsplit(self.address)
            return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return "", 0

    @property
    def here(self) -> bool:
        return is_here(self.place[0])


def targets(models: ModelSettings) -> list[Target]:
    """The model servers that the settings name, then where models are fetched from."""
    uses: dict[str, list[Use]] = {"ollama": ["questions", "models"], "openai": ["questions", "models"]}
    wanted: tuple[tuple[str, Use], ...] = ((models.embedder, "vectors"), (models.reranker, "ranking"))
    for name, use in wanted:
        if (provider := name.partition(":")[0]) in uses:
            uses[provider].append(use)
    addresses = {"ollama": models.ollama_url, "openai": models.openai_url}
    servers = [Target(without_secrets(addresses[one]), one, tuple(found)) for one, found in uses.items()]
    listed = [*(model.address for model in catalogued()), *(model.repository for model in hub_models())]
    hubs = sorted({"/".join(address.split("/")[:3]) for address in listed})
    return [*servers, *(Target(hub, "hub", ("download",)) for hub in hubs)]


def contact_with(target: Target, contacts: Sequence[Contact]) -> Contact | None:
    """What the process did with it so far."""
    return next((one for one in contacts if (one.host, one.port) == target.place), None)
