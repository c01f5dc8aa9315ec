"""/api/jobs/: what is being done, what failed, cancel and retry."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from ibidem.api.access import Engine, Owner
from ibidem.api.paging import Cursor, Limit, page
from ibidem.app import App
from ibidem.jobs.queue import Job, JobState
from ibidem.store.subjects import subjects

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


class Failure(BaseModel):
    code: str
    message: str
    hint: str


class ShownJob(BaseModel):
    """`about` is what it is done for: a question, a path, a title; empty when that is gone. `progress` may hold `done` and
    `total`."""

    id: str
    kind: str
    about: str
    state: JobState
    priority: int
    attempts: int
    retries: int
    progress: dict[str, Any]
    error: Failure | None
    created_at: str
    updated_at: str


class JobList(BaseModel):
    items: list[ShownJob]
    next: str | None


@router.get("/", response_model=JobList)
def jobs(
    app: Engine, owner: Owner, state: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    found = app.queue.jobs(owner, state=state, after=cursor, limit=limit + 1)
    about = subjects(app.db, owner, [job.id for job in found])
    return page([(job.id, {**job.shown(), "about": about.get(job.id, "")}) for job in found], limit)


@router.get("/{job_id}/", response_model=ShownJob)
def get(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return _shown(app, app.queue.get(job_id, owner))


@router.post("/{job_id}/cancel/", response_model=ShownJob)
async def cancel(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return _shown(app, await app.jobs.cancel(job_id, owner))


@router.post("/{job_id}/retry/", response_model=ShownJob)
def retry(job_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return _shown(app, app.jobs.retry(job_id, owner))


def _shown(app: App, job: Job) -> dict[str, Any]:
    return {**job.shown(), "about": subjects(app.db, job.owner, [job.id]).get(job.id, "")}
