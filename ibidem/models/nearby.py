"""Model servers that run on this machine at their usual ports, whether they are set or not. Loopback alone is asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from ibidem.errors import IbidemError
from ibidem.models.found import Found, ollama_models, openai_models
from ibidem.models.http import load_client
from ibidem.settings import ModelSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {  # as the programs listen if they are not told otherwise
    "Ollama": 11434,
    "LM Studio": 1234,
    "llama-server": 8080,
    "vLLM": 8000,
    "Jan": 1337,
    "KoboldCpp": 5001,
}


@dataclass(frozen=True, slots=True)
class Nearby:
    """A server that answered. `setting` of [models] with `address` makes it the one that is asked."""

    program: str
    setting: Literal["ollama_url", "openai_url"]
    address: str
    models: list[Found]
    current: bool  # it is set already


async def nearby(settings: ModelSettings) -> list[Nearby]:
    """Those that answer within a second and offer a model. No key is sent: nobody named these servers."""
    await load_client()  # what it takes would count against the second
    found = await asyncio.gather(*(_asked(program, port, settings) for program, port in PORTS.items()))
    return [one for one in found if one]


def is_usual(setting: str, address: str) -> bool:
    """Whether it is the address of a server that `nearby` may find."""
    return any((setting, address) == _place(program, port) for program, port in PORTS.items())


async def _asked(program: str, port: int, settings: ModelSettings) -> Nearby | None:
    setting, address = _place(program, port)
    asked = replace(settings, openai_key="")
    try:
        if setting == "ollama_url":
            models = await ollama_models(replace(asked, ollama_url=address))
        else:
            models = await openai_models(replace(asked, openai_url=address))
    except IbidemError:
        return None
    current = _same(address, getattr(settings, setting))
    return Nearby(program, setting, address, models, current) if models else None


def _place(program: str, port: int) -> tuple[Literal["ollama_url", "openai_url"], str]:
    if program == "Ollama":
        return "ollama_url", f"http://127.0.0.1:{port}"
    return "openai_url", f"http://127.0.0.1:{port}/v1"


def _same(address: str, other: str) -> bool:
    one, two = urlsplit(address), urlsplit(other.strip())
    return one.port == two.port and two.hostname in LOOPBACK
