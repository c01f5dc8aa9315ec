"""What the servers on this machine offer now: names, sizes and contexts, asked side by side within a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ibidem.errors import IbidemError, ModelError, ModelTimeout
from ibidem.models.families import UNKNOWN, family_of
from ibidem.models.http import ModelServer, load_client
from ibidem.models.ollama import ollama_server, own_context
from ibidem.models.openai import openai_server
from ibidem.models.origin import shown
from ibidem.models.upstream import as_count, as_dict, as_text
from ibidem.settings import ModelSettings
from ibidem.types import Role

WITHIN_S = 1.0  # a server on this machine answers in milliseconds
MAX_BYTES = 1 << 60
MOST_KNOWN = 4096

_known_contexts: dict[str, int] = {}  # by digest, which tells a model's content: 200 models take Ollama seconds to show


@dataclass(frozen=True, slots=True)
class Found:
    """A model that can be asked. What its provider does not say is None, or empty."""

    name: str  # as --model takes it
    provider: str
    size_bytes: int | None = None
    context_tokens: int | None = None
    detail: str = ""
    loaded: bool | None = None  # in memory now, as an engine of ours is, or as its server says
    role: Role = "chat"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in a server's memory. `until`: when it goes if nobody asks it, RFC 3339; "" unknown."""

    size_bytes: int | None = None
    vram_bytes: int | None = None
    context_tokens: int | None = None
    until: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    provider: str
    address: str
    reachable: bool
    detail: str = ""  # why it is not


async def servers(settings: ModelSettings) -> tuple[list[Server], list[Found]]:
    """The two servers of the settings, and all models of those that answer."""
    await load_client()  # what it takes would count against the second

    asked = await asyncio.gather(
        _asked("ollama", settings.ollama_url, lambda: ollama_models(settings)),
        _asked("openai", settings.openai_url, lambda: openai_models(settings)),
    )
    return [server for server, _ in asked], [model for _, models in asked for model in models]


async def _asked(provider: str, address: str, ask: Callable[[], Awaitable[list[Found]]]) -> tuple[Server, list[Found]]:
    try:
        models = await ask()
    except ModelTimeout as error:
        return Server(provider, shown(address), reachable=False, detail=error.message), []
    except IbidemError as error:
        return Server(provider, shown(address), reachable=False, detail=f"{error.message}; {error.hint}"), []
    return Server(provider, shown(address), reachable=True), models


async def ollama_models(settings: ModelSettings) -> list[Found]:
    """Raises ModelError. A context that is not told within the second stays None."""
    server = ollama_server(settings)
    until = asyncio.get_running_loop().time() + WITHIN_S
    try:
        listed, loaded = await asyncio.gather(server.get("/api/tags", timeout_s=WITHIN_S), _ollama_loaded(server))
        entries = _entries(listed, "models")
        models = [_of_ollama(entry) for entry in entries]
        left_s = max(0.05, until - asyncio.get_running_loop().time())
        contexts = await asyncio.gather(*(_ollama_context(server, entry, left_s) for entry in entries))
    finally:
        await server.close()
    return [
        replace(model, context_tokens=context, loaded=None if loaded is None else model.name in loaded)
        for model, context in zip(models, contexts, strict=True)
    ]


async def ollama_loaded(settings: ModelSettings) -> dict[str, Loaded]:
    """What Ollama has in memory, by name as --model takes it; {} where it is away."""
    server = ollama_server(settings)
    try:
        return await _ollama_loaded(server) or {}
    finally:
        await server.close()


async def _ollama_loaded(server: ModelServer) -> dict[str, Loaded] | None:
    """None where it does not say."""
    try:
        entries = _entries(await server.get("/api/ps", timeout_s=WITHIN_S), "models")
    except ModelError:
        return None
    return {f"ollama:{as_text(entry.get('name'))}": _loaded(entry) for entry in entries}


def _loaded(entry: Mapping[str, Any]) -> Loaded:
    window = as_count(entry.get("context_length")) or None
    return Loaded(_size(entry.get("size")), _size(entry.get("size_vram")), window, as_text(entry.get("expires_at")))


def _of_ollama(entry: Mapping[str, Any]) -> Found:
    details = as_dict(entry.get("details"))
    facts = (as_text(details.get("parameter_size")), as_text(details.get("quantization_level")))
    size, name = _size(entry.get("size")), as_text(entry.get("name"))
    return Found(f"ollama:{name}", "ollama", size, detail=" ".join(filter(None, facts)), role=role_of(name))


async def _ollama_context(server: ModelServer, entry: Mapping[str, Any], within_s: float) -> int | None:
    digest = as_text(entry.get("digest"))
    if digest in _known_contexts:
        return _known_contexts[digest]
    try:
        told = await server.post("/api/show", {"model": as_text(entry.get("name"))}, timeout_s=within_s)
    except ModelError:
        return None
    context = own_context(told) or None
    if digest and context and len(_known_contexts) < MOST_KNOWN:
        _known_contexts[digest] = context
    return context


async def openai_models(settings: ModelSettings) -> list[Found]:
    """LM Studio says more of its models beside `/v1`; other servers in the entries themselves. Raises ModelError."""
    listed, more = await asyncio.gather(_listed(openai_server(settings), "/models"), _studio(settings))
    return [_of_openai({**entry, **more.get(as_text(entry.get("id")), {})}) for entry in listed]


async def _studio(settings: ModelSettings) -> dict[str, Mapping[str, Any]]:
    """LM Studio's own entries by id; empty where another server runs."""
    url = settings.openai_url.strip().rstrip("/").removesuffix("/v1")
    try:
        entries = await _listed(openai_server(replace(settings, openai_url=url)), "/api/v0/models")
    except ModelError:
        return {}
    return {as_text(entry.get("id")): entry for entry in entries}


async def _listed(server: ModelServer, path: str) -> Sequence[Mapping[str, Any]]:
    try:
        return _entries(await server.get(path, timeout_s=WITHIN_S), "data")
    finally:
        await server.close()


def _of_openai(entry: Mapping[str, Any]) -> Found:
    meta = as_dict(entry.get("meta"))  # llama-server
    contexts = (
        entry.get("loaded_context_length"),  # LM Studio: what a request has, if it is loaded
        entry.get("max_context_length"),  # LM Studio
        entry.get("max_model_len"),  # vLLM
        entry.get("context_length"),  # OpenRouter
        meta.get("n_ctx"),
        meta.get("n_ctx_train"),
    )
    state = as_text(entry.get("state"))  # LM Studio
    facts = (as_text(entry.get("quantization")), state)
    return Found(
        f"openai:{as_text(entry.get('id'))}",
        "openai",
        _size(meta.get("size")),
        next((count for count in map(as_count, contexts) if count), None),
        " ".join(fact for fact in facts if fact),
        loaded=state == "loaded" if state else None,
        role=role_of(as_text(entry.get("id"))),
    )


def role_of(name: str) -> Role:
    """What a server's model is for, by its name: servers do not say it in their lists."""
    if "rerank" in name.lower():
        return "rerank"
    return "embed" if family_of([name]) is not UNKNOWN or "embed" in name.lower() else "chat"


def _entries(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    entries = answer.get(key)
    return [as_dict(entry) for entry in entries] if isinstance(entries, list) else []


def _size(value: object) -> int | None:
    """Bytes; as_count has the range of tokens."""
    return value if isinstance(value, int) and 0 < value < MAX_BYTES else None
