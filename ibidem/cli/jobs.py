"""`ibidem jobs`: what is being done and what failed; cancel or retry one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from urllib.parse import quote

import typer

from ibidem.cli.client import find
from ibidem.cli.engine import build_alone
from ibidem.cli.main import DataDirOption, JsonOption, app, settings

SHOWN_JOBS = 20


@app.command()
def jobs(
    action: Annotated[
        str | None, typer.Argument(help="cancel or retry; without it, the newest jobs are listed.")
    ] = None,
    job_id: Annotated[str | None, typer.Argument(metavar="ID", help="The job's number.")] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """List the newest jobs, or cancel or retry one."""
    from ibidem.errors import BadInput

    loaded = settings(data_dir)
    if action is None:
        found = _listed(loaded)
        print(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(map(_line, found["items"])) or "no jobs")
        return
    if action not in ("cancel", "retry") or job_id is None:
        raise BadInput(f"unknown use: jobs {action}", hint="ibidem jobs [cancel|retry ID]")
    job = _change(loaded, "cancel" if action == "cancel" else "retry", job_id)
    print(json.dumps(job, ensure_ascii=False) if as_json else _line(job))


def _listed(loaded: Any) -> dict[str, Any]:
    if client := find(loaded.data_dir):
        found: dict[str, Any] = client.call("GET", "/api/jobs/", limit=SHOWN_JOBS)
        return found
    from ibidem.jobs.sqlite import SqliteQueue
    from ibidem.store.database import Database
    from ibidem.store.datadir import DataDir
    from ibidem.store.workspaces import LOCAL_OWNER

    data = DataDir(loaded.data_dir)
    data.need_store()
    db = Database(data.database, read_only=True)
    try:
        return {"items": [job.shown() for job in SqliteQueue(db).jobs(LOCAL_OWNER, limit=SHOWN_JOBS)], "next": None}
    finally:
        db.close()


def _change(loaded: Any, action: Literal["cancel", "retry"], job_id: str) -> dict[str, Any]:
    if client := find(loaded.data_dir):
        job: dict[str, Any] = client.call("POST", f"/api/jobs/{quote(job_id, safe='')}/{action}/")
        return job
    import asyncio

    from ibidem.store.workspaces import LOCAL_OWNER

    engine = build_alone(loaded)
    try:
        if action == "retry":
            return engine.jobs.retry(job_id, LOCAL_OWNER).shown()
        return asyncio.run(engine.jobs.cancel(job_id, LOCAL_OWNER)).shown()
    finally:
        engine.close()


def _line(job: dict[str, Any]) -> str:
    progress = job["progress"]
    far = f"{progress['done']}/{progress['total']}" if progress.get("total") else ""
    why = job["error"]["message"] if job["error"] else ""
    return f"{job['id']:>6}  {job['kind']:<8} {job['state']:<10} {far:<12} {why}".rstrip()
