"""/api/fit/: which models this machine can run, how much memory each takes of what there is, and what to change."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from ibidem.api.access import Engine, Owner
from ibidem.tasks.fit import fit

router = APIRouter(prefix="/api/fit", tags=["models"])


class Gpu(BaseModel):
    name: str
    total_bytes: int
    free_bytes: int
    usable: bool  # by the engine that is installed
    unified: bool  # its memory is the machine's own


class Machine(BaseModel):
    processor: str
    cores: int
    memory_bytes: int
    available_bytes: int
    safe_bytes: int  # what all of Ibidem may take so that the machine stays quick
    unified: bool
    limited: bool  # by a container
    gpus: list[Gpu]


class MemoryParts(BaseModel):
    """What a model takes, by what it is for; `gpu_bytes` of them lie on a graphics card of its own memory."""

    weights_bytes: int
    repack_bytes: int
    kv_bytes: int
    checkpoint_bytes: int
    compute_bytes: int
    prompt_cache_bytes: int
    process_bytes: int
    gpu_bytes: int
    server_bytes: int
    korean_bytes: int
    embedder_bytes: int
    total_bytes: int


class FitItem(BaseModel):
    """A model of the table or one that can be asked now, judged. What is not known of it is null."""

    name: str  # as POST /api/models/pulls/ takes it, or as a run does where it is here
    asked_as: str  # as a run takes it, once it is here
    here: bool
    source: Literal["table", "file", "server"]
    title: str
    verdict: Literal["fits", "busy", "slow", "too_large", "unusable", "unknown"]
    why: str = ""
    advised: bool = False
    quantisation: str = ""
    korean: bool | None = None
    licence: str | None = None
    size_bytes: int | None = None
    context_tokens: int | None = None
    prompt_tokens_s: float | None = None
    generation_tokens_s: float | None = None
    speed_basis: Literal["measured", "calibrated", "estimated", "unknown"] = "unknown"
    memory: MemoryParts | None = None
    settings: list[str] = []  # of [models]: without them it would fit
    smaller: str = ""  # a quantisation that fits
    warnings: list[str] = []


class Fits(BaseModel):
    machine: Machine
    items: list[FitItem]
    next: None
    engine: bool  # a GGUF file can be run: the extra `llama` is installed, or `llama_server` is set
    warnings: list[str]


@router.get("/", response_model=Fits)
async def fits(app: Engine, owner: Owner) -> dict[str, Any]:
    """The table's models, the best for this machine first, then those that are here."""
    return await fit(app.settings, app.data.models)
