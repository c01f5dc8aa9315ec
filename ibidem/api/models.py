"""/api/models/: what can be asked now, and how fast one of them is here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ibidem.api.access import Engine, Owner
from ibidem.tasks.models import list_models, try_model

router = APIRouter(prefix="/api/models", tags=["models"])


class Trial(BaseModel):
    model: str = Field(max_length=4096)  # provider:name


@router.get("/")
async def models(app: Engine, owner: Owner) -> dict[str, Any]:
    return await list_models(app.settings.models, app.data.models, app.engines)


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
    asked = app.open_model(model or app.settings.models.default)
    able = await asked.capabilities()
    return Able(
        model=asked.name,
        context_tokens=able.context_tokens,
        images=able.images,
        tools=able.tools,
        thinking=able.thinking,
    )


@router.post("/test/")
async def test(body: Trial, app: Engine, owner: Owner) -> dict[str, Any]:
    """Answers when it is measured: the model is loaded first, and a long answer is written."""
    return await try_model(app.open_model(body.model), app.engines, app.data.root, app.settings.models)
