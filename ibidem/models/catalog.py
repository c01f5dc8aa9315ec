"""A name such as `ollama:llama3.2` becomes a model, an embedder or a reranker."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ibidem.errors import ModelUnknown
from ibidem.models.base import ChatModel
from ibidem.models.blocking import BlockingServer
from ibidem.models.embed import Embedder
from ibidem.models.engines import Engines
from ibidem.models.families import plain_name
from ibidem.models.hashed import hashed
from ibidem.models.llama import LlamaModel
from ibidem.models.ollama import OllamaModel, ollama_server
from ibidem.models.openai import OpenAIModel, openai_server
from ibidem.models.rerank import Reranker, ScriptedReranker
from ibidem.models.scripted import ScriptedModel
from ibidem.models.served import ScoreSource, ServedEmbedder, ServedReranker, VectorSource
from ibidem.models.sources import LlamaSource, OllamaSource, OpenAISource
from ibidem.settings import ModelSettings

KNOWN = "quotes, llama:FILE, ollama:NAME, openai:NAME, scripted:NAME"
EMBEDDERS = "llama:FILE, ollama:NAME, openai:NAME, hashed:DIM"
RERANKERS = "llama:FILE, openai:NAME, scripted:NAME"


def open_model(
    name: str,
    settings: ModelSettings,
    analyze: Callable[[str], list[str]],
    engines: Engines | None = None,
    models_dir: Path = Path(),
) -> ChatModel:
    """The model of that name, not asked yet. `llama:` wants `engines`, and looks for short names in `models_dir`.

    Raises ModelUnknown, or BadInput for a key that cannot be sent.
    """
    provider, _, model = name.strip().partition(":")
    if provider == "quotes" and not model:
        from ibidem.models.quotes import QuotesModel

        return QuotesModel(analyze)
    if provider in ("llama", "ollama", "openai", "scripted") and not model:
        raise ModelUnknown(f"{name!r} names no model", hint=f"write {provider}:NAME; `ibidem doctor` lists the names")
    match provider:
        case "llama" if engines is not None:
            return LlamaModel(model_file(model, models_dir), engines)
        case "ollama":
            return OllamaModel(model, settings)
        case "openai":
            return OpenAIModel(model, settings)
        case "scripted":
            return ScriptedModel(model)
    raise ModelUnknown(f"no model {name!r}", hint=f"known: {KNOWN}")


def model_file(name: str, models_dir: Path) -> str:
    """The GGUF file of that name: a path, or the name of a file in `models_dir`. Raises ModelUnknown."""
    path = Path(name).expanduser()
    for place in (path, models_dir / name, models_dir / f"{name}.gguf"):
        if place.is_file():
            return os.path.abspath(place)  # one engine a file, however it is written
    raise ModelUnknown(
        f"no GGUF file {name!r}",
        hint=f"give its path, or one of `ibidem models list`; fetched ones lie in {models_dir}",
    )


def open_embedder(
    name: str, settings: ModelSettings, engines: Engines | None = None, models_dir: Path = Path()
) -> Embedder:
    """The embedder of that name, not asked yet. Raises ModelUnknown."""
    provider, _, model = plain_name(name.strip()).partition(":")
    source: VectorSource
    match provider:
        case "hashed":
            return hashed(model)
        case "llama" if model and engines is not None:
            source = LlamaSource(model_file(model, models_dir), "embed", engines)
        case "llama" if model:
            raise ModelUnknown(f"{name!r} runs inside a server", hint="start one with `ibidem serve`")
        case "ollama" if model:
            source = OllamaSource(model, BlockingServer.of(ollama_server(settings, model)))
        case "openai" if model:
            source = OpenAISource(model, BlockingServer.of(openai_server(settings, model)))
        case _:
            raise ModelUnknown(f"no embedder {name!r}", hint=f"known: {EMBEDDERS}; check models.embedder")
    return ServedEmbedder(name.strip(), source, settings)


def open_reranker(
    name: str, settings: ModelSettings, engines: Engines | None = None, models_dir: Path = Path()
) -> Reranker:
    """The reranker of that name, not asked yet. Raises ModelUnknown."""
    provider, _, model = name.strip().partition(":")
    source: ScoreSource
    match provider:
        case "scripted" if model:
            return ScriptedReranker(model)
        case "llama" if model and engines is not None:
            source = LlamaSource(model_file(model, models_dir), "rerank", engines)
        case "openai" if model:
            source = OpenAISource(model, BlockingServer.of(openai_server(settings, model)))
        case _:
            raise ModelUnknown(f"no reranker {name!r}", hint=f"known: {RERANKERS}; check models.reranker")
    return ServedReranker(name.strip(), source)
