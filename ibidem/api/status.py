"""/api/status/: how the server is: since when it runs, what its index lacks, what the data directory takes of the disk."""

from __future__ import annotations

import platform
import sqlite3

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ibidem import __version__
from ibidem.api.access import Admin, Concerned, Engine
from ibidem.errors import Conflict
from ibidem.store.disk import LOW_DISK_BYTES, Part, disk_use
from ibidem.types import rfc3339

router = APIRouter(prefix="/api/status", tags=["health"])


class DiskPart(BaseModel):
    name: Part
    size_bytes: int


class Disk(BaseModel):
    """`low`: less is free than `low_below_bytes`."""

    parts: list[DiskPart]
    used_bytes: int
    free_bytes: int
    total_bytes: int
    low_below_bytes: int
    low: bool


class Status(BaseModel):
    """`behind`: workspaces whose index has not got every change yet. `writable`: false after a damage or on a full disk."""

    version: str
    python: str
    sqlite: str
    started_at: str
    data_dir: str
    sign_in: str
    writable: bool
    behind: int
    disk: Disk


@router.get("/")
def status(app: Engine, request: Request, who: Concerned) -> Status:
    """In password mode for admins."""
    return Status(
        version=__version__,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        started_at=rfc3339(request.app.state.started_at),
        data_dir=str(app.data.root),
        sign_in=app.settings.serve.sign_in,
        writable=app.db.writable,
        behind=len(app.indexes.behind()),
        disk=disk(app),
    )


class Restart(BaseModel):
    started_at: str = Field(
        max_length=40, description="of the server that is meant: asked twice, it is started again once"
    )


@router.post("/restart/", status_code=202)
async def restart(body: Restart, request: Request, who: Admin) -> None:
    """End in order and start again, as the process was started: with the settings that the file says now.

    Answers that are being written end; what waits goes on by itself.
    """
    if body.started_at != rfc3339(request.app.state.started_at):
        raise Conflict("another server runs meanwhile", hint="look at GET /api/status/ again", field="started_at")
    request.app.state.restart()


def disk(app: Engine) -> Disk:
    use = disk_use(app.data)
    return Disk(
        parts=[DiskPart(name=name, size_bytes=size) for name, size in use.parts.items()],
        used_bytes=sum(use.parts.values()),
        free_bytes=use.free,
        total_bytes=use.total,
        low_below_bytes=LOW_DISK_BYTES,
        low=use.low,
    )
