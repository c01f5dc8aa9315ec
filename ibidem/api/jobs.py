"""/api/jobs/: what is being done, what failed, cancel and retry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ibidem.api.access import Engine, Owner
from ibidem.api.paging import Cursor, Limit, page

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.get("/")
def jobs(
    app: Engine, owner: Owner, state: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    found = app.queue.jobs(owner, state=state, after=cursor, limit=limit + 1)
    return page([(job.id, job.shown()) for job in found], limit)


@router.get("/{job_id}/")
def get(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return app.queue.get(job_id, owner).shown()


@router.post("/{job_id}/cancel/")
async def cancel(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return (await app.jobs.cancel(job_id, owner)).shown()


@router.post("/{job_id}/retry/")
def retry(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return app.jobs.retry(job_id, owner).shown()
