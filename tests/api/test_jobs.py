"""/api/jobs/: what is being done, cancel and retry."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import Server, ask, ended, is_error, put_text, wait_for, workspace
from tests.fakes.model_server import FakeModelServer

FIELDS = {
    "id",
    "kind",
    "about",
    "state",
    "priority",
    "attempts",
    "retries",
    "progress",
    "error",
    "created_at",
    "updated_at",
}


def job_of(server: Server, run_id: str) -> dict[str, Any]:
    """The newest job of an answer: the one of the run just started."""
    assert run_id
    return next(job for job in jobs(server) if job["kind"] == "answer")


def jobs(server: Server, **query: Any) -> list[dict[str, Any]]:
    answer = server.http.get("/api/jobs/", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_jobs_are_listed_newest_first_by_pages(server: Server) -> None:
    for number in range(3):
        put_text(server, f"job{number}.md", "work")
    newest = jobs(server, limit=500)
    assert len(newest) >= 3
    assert all(set(job) >= FIELDS for job in newest)
    assert [int(job["id"]) for job in newest] == sorted((int(job["id"]) for job in newest), reverse=True)
    first = server.http.get("/api/jobs/", params={"limit": 2}).json()
    second = server.http.get("/api/jobs/", params={"limit": 2, "cursor": first["next"]}).json()
    assert [job["id"] for job in first["items"] + second["items"]] == [job["id"] for job in newest[:4]]


def test_a_job_tells_what_it_is_about(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "About")
    document = put_text(server, "about.md", "The pump starts.", slug)
    source = server.http.post(f"/api/workspaces/{slug}/sources/", json={"path": str(tmp_path), "watch": False}).json()
    rebuilt = server.http.post(f"/api/workspaces/{slug}/index/rebuild/").json()["job"]
    ask(server, "Who starts the pump?", workspace=slug)
    about = {(job["kind"], job["about"]) for job in jobs(server)}
    assert {
        ("upload", document["title"]),
        ("sync", str(tmp_path)),
        ("rebuild", "About"),
        ("answer", "Who starts the pump?"),
    } <= about
    assert server.http.get(f"/api/jobs/{rebuilt}/").json()["about"] == "About"
    assert server.http.get(f"/api/jobs/{source['job']}/").json()["about"] == str(tmp_path)


def test_jobs_are_filtered_by_state(server: Server) -> None:
    put_text(server, "done.md", "work")
    wait_for(lambda: not jobs(server, state="running"), "all is done")
    assert {job["state"] for job in jobs(server, state="done")} == {"done"}
    assert jobs(server, state="nonsense") == []


@pytest.mark.parametrize("job_id", ["0", "-1", "999999999", "9" * 30, "x", "²"])
def test_an_unknown_job_is_told(server: Server, job_id: str) -> None:
    is_error(server.http.get(f"/api/jobs/{job_id}/"), 404, "not_found")
    is_error(server.http.post(f"/api/jobs/{job_id}/cancel/"), 404, "not_found")
    is_error(server.http.post(f"/api/jobs/{job_id}/retry/"), 404, "not_found")


def test_a_cancelled_answer_is_a_stopped_run(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["word "] * 1000, 0.02
    run_id = ask(server, "How long?", model="openai:tiny", mode="plain")
    job = job_of(server, run_id)
    wait_for(lambda: server.http.get(f"/api/runs/{run_id}/").json()["state"] == "running", "it runs")
    began = time.monotonic()
    assert server.http.post(f"/api/jobs/{job['id']}/cancel/").status_code == 200
    assert ended(server, run_id)["state"] == "stopped"
    assert time.monotonic() - began < 1
    assert server.http.get(f"/api/jobs/{job['id']}/").json()["state"] == "cancelled"
    is_error(server.http.post(f"/api/jobs/{job['id']}/retry/"), 409, "conflict")


def test_a_cancelled_sync_stops_and_can_be_run_again(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Cancelled")
    for number in range(1500):
        (tmp_path / f"{number}.md").write_text(f"The okapi number {number}. " * 30)
    place = f"/api/workspaces/{slug}/sources/"
    source = server.http.post(place, json={"path": str(tmp_path)}).json()
    job = f"/api/jobs/{source['job']}/"
    wait_for(lambda: server.http.get(f"{place}{source['id']}/").json()["counts"].get("queued"), "reading has begun")
    server.http.post(f"{job}cancel/")
    wait_for(lambda: server.http.get(job).json()["state"] == "cancelled", "the job ends", timeout_s=5)
    counts = server.http.get(f"{place}{source['id']}/").json()["counts"]
    assert counts.get("queued") and not counts.get("reading"), counts
    again = server.http.post(f"{job}retry/")
    assert (again.status_code, again.json()["state"]) == (200, "queued")
    wait_for(
        lambda: server.http.get(f"{place}{source['id']}/").json()["counts"] == {"ok": 1500}, "all is read", timeout_s=30
    )
    is_error(server.http.post(f"{job}retry/"), 409, "conflict")
    assert server.http.delete(f"/api/workspaces/{slug}/").status_code == 204
