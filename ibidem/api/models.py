"""/api/models/: what can be asked, how fast one is here; for admins: fetch one, and choose those that are used."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StrictBool

from ibidem.api.access import Admin, Engine, Owner
from ibidem.api.settings import options
from ibidem.errors import BadInput
from ibidem.jobs.queue import Job, JobState
from ibidem.models.nearby import is_usual, nearby
from ibidem.tasks.embedders import embedder_state, try_embedder
from ibidem.tasks.models import list_models, try_model
from ibidem.tasks.pulling import model_name
from ibidem.types import Role

router = APIRouter(prefix="/api/models", tags=["models"])


class FoundModel(BaseModel):
    """What its provider does not say is null, or empty."""

    name: str  # as a run takes it
    provider: str
    size_bytes: int | None
    context_tokens: int | None
    detail: str
    loaded: bool | None  # in memory now
    role: Role


class ModelServer(BaseModel):
    provider: str
    address: str
    reachable: bool
    detail: str  # why it is not


class Models(BaseModel):
    items: list[FoundModel]
    next: None
    servers: list[ModelServer]
    default: str  # answers where no other is named


@router.get("/", response_model=Models)
async def models(app: Engine, owner: Owner) -> dict[str, Any]:
    listed = await list_models(app.settings.models, app.data.models, app.engines)
    return {**listed, "default": app.default_model()}


# --- test ----------------------------------------------------------------------------------------------------------------


class Trial(BaseModel):
    model: str = Field(max_length=4096)  # provider:name


class Measured(BaseModel):
    """What was not measured is null."""

    model: str
    said: str
    load_s: float
    first_token_s: float
    prompt_tokens: int
    written_tokens: int
    prompt_tokens_s: float | None
    written_tokens_s: float | None
    memory_bytes: int | None  # of a GGUF file's engine
    calibrated: bool  # kept, to predict models of like size


class Able(BaseModel):
    """What a model can do, as its provider says."""

    model: str
    context_tokens: int | None
    images: bool
    tools: bool
    thinking: bool


@router.get("/capabilities/")
async def capabilities(
    app: Engine, owner: Owner, model: Annotated[str, Query(max_length=4096, description="none: the default")] = ""
) -> Able:
    """Before a question is sent with something that the model may not take."""
    asked = app.open_model(model or app.default_model())
    able = await asked.capabilities()
    return Able(
        model=asked.name,
        context_tokens=able.context_tokens,
        images=able.images,
        tools=able.tools,
        thinking=able.thinking,
    )


@router.post("/test/", response_model=Measured)
async def test(body: Trial, app: Engine, owner: Owner) -> dict[str, Any]:
    """Answers when it is measured: the model is loaded first, and a long answer is written."""
    return await try_model(app.open_model(body.model), app.engines, app.data.root, app.settings.models)


# --- the default, and servers nearby ---------------------------------------------------------------------------------------


class Default(BaseModel):
    """`setting` and `address` of one that GET nearby/ told: its server is asked from now on."""

    model: str = Field(min_length=1, max_length=4096)
    setting: Literal["ollama_url", "openai_url"] | None = None
    address: str = Field(default="", max_length=200)


class DefaultModel(BaseModel):
    default: str


class NearbyServer(BaseModel):
    program: str  # that usually listens there
    setting: Literal["ollama_url", "openai_url"]
    address: str
    models: list[FoundModel]
    current: bool  # it is the one that is set


class NearbyServers(BaseModel):
    items: list[NearbyServer]
    next: None


@router.put("/default/", response_model=DefaultModel)
def set_default(body: Default, request: Request, app: Engine, who: Admin) -> dict[str, Any]:
    """Which model answers where no other is named, written into `ibidem.toml` and so from now on."""
    model, choices = body.model.strip(), options(request)
    app.open_model(model)  # raises for a name that no provider knows, before anything is written
    if body.setting:
        if not is_usual(body.setting, body.address):
            raise BadInput(f"{body.address!r} is no address that was found", hint="ask GET nearby/", field="address")
        choices.change(f"models.{body.setting}", body.address)
    choices.change("models.default", model)
    return {"default": app.default_model()}


@router.get("/nearby/", response_model=NearbyServers)
async def servers_nearby(app: Engine, who: Admin) -> dict[str, Any]:
    """Model servers of this machine at their usual ports, also those that are not set."""
    return {"items": [asdict(one) for one in await nearby(app.settings.models)], "next": None}


# --- fetching ------------------------------------------------------------------------------------------------------------


class NewPull(BaseModel):
    name: str = Field(min_length=1, max_length=2000)  # of the table, NAME:QUANTISATION, an address, or ollama:NAME
    agreed: StrictBool = False  # to its licence
    sha256: str = Field(default="", max_length=64)


class PullProgress(BaseModel):
    stage: str = ""  # in Ollama's own words
    have_bytes: int = 0
    total_bytes: int = 0  # 0: not told
    rate_bytes_s: int = 0
    file: int = 1  # of so many files
    files: int = 1


class Failure(BaseModel):
    code: str
    message: str
    hint: str = ""


class Pull(BaseModel):
    """A job: `/api/jobs/{id}/cancel/` ends it and keeps what has come, `retry/` goes on with that."""

    id: str
    name: str
    model: str  # as a run takes it, once it is there
    state: JobState
    progress: PullProgress
    error: Failure | None
    created_at: str
    updated_at: str


class Pulls(BaseModel):
    items: list[Pull]
    next: None


@router.get("/pulls/", response_model=Pulls)
def pulls(app: Engine, who: Admin) -> dict[str, Any]:
    """One's own, newest first."""
    return {"items": [_shown(job) for job in app.pulling.jobs(who.user)], "next": None}


@router.post("/pulls/", status_code=202, response_model=Pull)
def pull(body: NewPull, app: Engine, who: Admin) -> dict[str, Any]:
    """Begin to fetch a model; one that is being fetched is returned."""
    job = app.pulling.start(who.user, body.name, agreed=body.agreed, sha256=body.sha256)
    app.worker.wake(job.kind)
    return _shown(job)


def _shown(job: Job) -> dict[str, Any]:
    return {**job.shown(), "name": job.payload["name"], "model": model_name(job)}


# --- the embedder ----------------------------------------------------------------------------------------------------------


class EmbedderChoice(BaseModel):
    embedder: str = Field(max_length=4096)  # provider:name; empty: search by words alone


class EmbedderItem(BaseModel):
    name: str  # as PUT takes it, or as POST pulls/ does where it is not here
    asked_as: str
    here: bool
    title: str
    languages: list[str]  # ISO 639-1, or "*" for about a hundred
    size_bytes: int | None
    licence: str | None


class Embedded(BaseModel):
    """How far a workspace is. `answering` is the embedder whose vectors are searched now; null: words alone."""

    slug: str
    name: str
    embedded: int  # chunks
    chunks: int
    answering: str | None


class EmbedderState(BaseModel):
    embedder: str
    items: list[EmbedderItem]
    workspaces: list[Embedded]
    failure: Failure | None  # what it failed with last, if it has not worked since


@router.get("/embedder/", response_model=EmbedderState)
async def embedder(app: Engine, owner: Owner) -> dict[str, Any]:
    """The one in use, those there are, and how far the vectors of one's own workspaces are."""
    return await embedder_state(app.settings.models, app.data.models, app.db, app.vectors, owner)


@router.put("/embedder/", response_model=EmbedderState)
async def set_embedder(body: EmbedderChoice, request: Request, app: Engine, who: Admin) -> dict[str, Any]:
    """It is tried first. Its vectors are then built beside those that are there, which answer meanwhile."""
    name = body.embedder.strip()
    await asyncio.to_thread(try_embedder, name, app.settings.models, app.open_embedder)
    await asyncio.to_thread(options(request).change, "models.embedder", name)
    return await embedder_state(app.settings.models, app.data.models, app.db, app.vectors, who.user)
