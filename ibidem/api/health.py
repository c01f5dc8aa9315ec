"""/health: is it up, without names; open to anybody on this machine."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from ibidem import __version__
from ibidem.api.access import Engine

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str
    version: str
    index: str
    model: str
    sign_in: str


@router.get("/health")
def health(app: Engine) -> Health:
    """`index` is `ready` or `behind`; `model` is the provider of the default model, `sign_in` how to get in."""
    index = "behind" if app.indexes.behind() else "ready"
    provider = app.settings.models.default.partition(":")[0]
    return Health(
        status="ok" if app.db.writable else "read-only",
        version=__version__,
        index=index,
        model=provider,
        sign_in=app.settings.serve.sign_in,
    )
