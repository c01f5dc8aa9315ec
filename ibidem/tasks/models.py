"""The models there are, and what one of them does on this machine: lists, tests, and keeps what was measured."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ibidem.errors import ModelError
from ibidem.hardware import calibration
from ibidem.hardware.header import read_header
from ibidem.hardware.plan import offloaded_share
from ibidem.hardware.survey import survey
from ibidem.models.base import ChatModel
from ibidem.models.engines import Engines
from ibidem.models.found import Found, Server, servers
from ibidem.models.llama import LlamaModel
from ibidem.models.speed import measure, resident_bytes
from ibidem.settings import ModelSettings

LATER_PART = re.compile(r"-(?!00001)\d{5}-of-(\d{5})\.gguf$")
FIRST_PART = re.compile(r"-00001-of-(\d{5})\.gguf$")
USES = {"chat": "", "embed": "embedder", "rerank": "reranker"}
BUILT_IN = Found("quotes", "quotes", detail="built in: the passages' own sentences, no language model")


async def list_models(settings: ModelSettings, models_dir: Path, engines: Engines | None = None) -> dict[str, Any]:
    """`{"items": [Found], "next": None, "servers": [Server]}`: all that --model takes now, and who was asked."""
    found, asked = await all_models(settings, models_dir, engines)
    return {"items": [asdict(one) for one in found], "next": None, "servers": [asdict(one) for one in asked]}


async def offered(settings: ModelSettings, models_dir: Path, engines: Engines) -> list[Found]:
    """All models that can be asked now, the default one wherever its file lies."""
    found = (await all_models(settings, models_dir, engines))[0]
    provider, _, file = settings.default.partition(":")
    if provider != "llama" or settings.default in {one.name for one in found}:
        return found
    loaded = file in {plan.path for plan, _ in engines.loaded()}
    default = await asyncio.to_thread(_elsewhere, Path(file), loaded=loaded)
    return [*found, *([replace(default, name=settings.default)] if default else [])]


def _elsewhere(path: Path, *, loaded: bool) -> Found | None:
    """A file outside of the folder of models, if it is there."""
    return _local(path, loaded=loaded) if path.is_file() else None


async def all_models(
    settings: ModelSettings, models_dir: Path, engines: Engines | None
) -> tuple[list[Found], list[Server]]:
    running = {plan.path for plan, _ in engines.loaded()} if engines else set()
    files, (asked, served) = await asyncio.gather(
        asyncio.to_thread(local_models, models_dir, running), servers(settings)
    )
    return [BUILT_IN, *files, *served], asked


def local_models(models_dir: Path, running: Collection[str] = ()) -> list[Found]:
    """The GGUF files in a folder, a model in several files once. A file that is none is listed with what is wrong.

    `running` are the paths of those that an engine has loaded.
    """
    paths = sorted(path for path in models_dir.glob("*.gguf") if path.is_file() and not LATER_PART.search(path.name))
    return [_local(path, loaded=str(path) in running) for path in paths]


def _local(path: Path, *, loaded: bool) -> Found:
    name = f"llama:{path.stem}"
    size = sum(part.stat().st_size for part in _parts(path))
    try:
        header = read_header(path)
    except ModelError as error:
        return Found(name, "llama", size, detail=f"unusable: {error.message}")
    about = (header.quantisation, USES[header.role])
    detail = " ".join(filter(None, about))
    return Found(name, "llama", size, header.context_length or None, detail, loaded, header.role)


def _parts(path: Path) -> Iterator[Path]:
    yield path
    if first := FIRST_PART.search(path.name):
        stem = path.name[: first.start()]
        yield from (part for part in path.parent.glob("*.gguf") if part != path and part.name.startswith(f"{stem}-0"))


async def try_model(model: ChatModel, engines: Engines, data_dir: Path, settings: ModelSettings) -> dict[str, Any]:
    """Load it, let it say hello, measure it: `models.speed.Measured` with its name, memory and whether it was kept.

    Only of a GGUF file, whose engine is ours, the memory is known, and the speed kept to predict others. Raises
    ModelError.
    """
    if not isinstance(model, LlamaModel):
        return _shown(model.name, asdict(await measure(model)))
    path = model.name.removeprefix("llama:")
    engine = await asyncio.to_thread(engines.take, path, "chat")
    try:
        measured = await measure(model)
        memory = await asyncio.to_thread(resident_bytes, engine.pid) if engine.pid else 0
    finally:
        engines.give_back(path, "chat")
    kept = False
    if measured.prompt_tokens_s and measured.written_tokens_s:
        header = await asyncio.to_thread(read_header, Path(path))
        machine, _ = await asyncio.to_thread(survey, data_dir, llama_server=settings.llama_server)
        speeds = calibration.calibration(
            header,
            prompt_tokens_s=measured.prompt_tokens_s,
            generation_tokens_s=measured.written_tokens_s,
            gpu_share=offloaded_share(header, engine.plan),
        )
        calibration.keep(data_dir, machine, speeds)
        kept = True
    return _shown(model.name, asdict(measured), memory_bytes=memory or None, calibrated=kept)


def _shown(
    name: str, measured: dict[str, Any], *, memory_bytes: int | None = None, calibrated: bool = False
) -> dict[str, Any]:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in measured.items()}
    return {"model": name, **rounded, "memory_bytes": memory_bytes, "calibrated": calibrated}
