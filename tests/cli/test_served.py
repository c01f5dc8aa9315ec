"""The same commands when a server runs: they find it, ask it, and outlive it."""

from __future__ import annotations

import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.api.serving import (
    IBIDEM,
    Server,
    environment,
    free_port,
    paths_found,
    run,
    serving,
    start,
    wait_for,
    workspace,
)
from tests.cli.test_alone import CITATION, HIT, fails
from tests.fakes.model_server import FakeModelServer


@pytest.fixture(scope="module", autouse=True)
def ready(server: Server) -> None:
    wait_for(
        lambda: paths_found(server, "reserve pump") and paths_found(server, "연차"),
        "the folder given to serve is searchable",
    )


def test_the_first_lines_tell_address_data_and_link(server: Server) -> None:
    first, second, third = server.logged().splitlines()[:3]
    assert first == f"Ibidem serves {server.url}"
    assert second == f"data: {server.data}"
    assert re.search(rf"{server.url}/#t=[\w-]{{40,}}", third)


def test_open_prints_a_link_that_works_once(server: Server) -> None:
    ran = run("open", data=server.data)
    assert ran.code == 0
    base, _, token = ran.out.strip().partition("/#t=")
    assert base == server.url
    assert httpx.post(f"{base}/api/auth/exchange/", json={"token": token}, trust_env=False).status_code == 200
    assert httpx.post(f"{base}/api/auth/exchange/", json={"token": token}, trust_env=False).status_code == 401


def test_ask_goes_to_the_server(server: Server) -> None:
    ran = run("ask", "When does the reserve pump start?", "--json", data=server.data)
    assert ran.code == 0, ran.err
    answer = ran.json
    assert "4.2" in answer["answer"]
    assert set(answer["citations"][0]) >= CITATION
    assert server.http.get(f"/api/runs/{answer['run_id']}/").json()["state"] == "finished"
    spoken = run("ask", "연차 이월은 며칠까지 되나요?", data=server.data)
    assert "5일" in spoken.out and "[1] folder/휴가.md:" in spoken.out


def test_search_status_doctor_and_jobs_ask_the_server(server: Server) -> None:
    hit = run("search", "reserve pump", "--json", "--trace", data=server.data).json["hits"][0]
    assert set(hit) >= HIT
    status = run("status", "--json", data=server.data).json
    assert status["server"] == server.url
    assert server.url in run("status", data=server.data).out
    assert server.url in run("doctor", data=server.data).out
    jobs = run("jobs", "--json", data=server.data).json
    assert jobs["items"][0]["id"]


def test_add_makes_a_workspace_that_is_not_there_but_not_for_a_path_that_is_none(
    server: Server, tmp_path: Path
) -> None:
    note = tmp_path / "tanks.md"
    note.write_text("The spare tank holds 90 litres.\n")
    missed = run("add", tmp_path / "absent", "--workspace", "tanks", data=server.data)
    assert missed.code == 4 and server.http.get("/api/workspaces/tanks/").status_code == 404
    for _ in range(2):
        assert run("add", note, "--workspace", "tanks", data=server.data).code == 0
    assert paths_found(server, "spare tank", "tanks") == ["tanks.md"]


def test_add_waits_until_all_is_searchable(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Added by command")
    for number in range(60):
        (tmp_path / f"{number}.md").write_text(f"The bilby number{number} digs.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    ran = run("add", tmp_path, "--workspace", slug, data=server.data)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "60 ok, 0 partial, 0 skipped, 1 failed"
    assert all(paths_found(server, f"number{number}", slug) for number in (0, 30, 59))
    (tmp_path / "late.md").write_text("The potoroo comes late.")
    wait_for(lambda: paths_found(server, "potoroo", slug), "a watched folder is followed", timeout_s=5)


def test_an_index_is_rebuilt_by_the_server(server: Server) -> None:
    assert run("index", "rebuild", data=server.data).code == 0
    assert paths_found(server, "reserve pump")


CANNOT = [
    (["add", "/nowhere"], 4, "/nowhere"),
    (["add", "docs/errors.md", "--workspace", "a?b#c"], 4, "a?b#c"),
    (["ask", ""], 2, "empty"),
    (["ask", "x", "--workspace", "absent"], 4, "there are: "),
    (["ask", "x", "--model", "nobody:x"], 2, "nobody"),
    (["ask", "x" * 100_000], 2, "bytes"),
    (["search", "x", "--workspace", "../../x"], 4, "../../x"),
    (["index", "rebuild", "--workspace", "a/b"], 4, "a/b"),
    (["jobs", "retry", "99999"], 4, "99999"),
    (["jobs", "cancel", "../../auth/logout"], 4, "auth/logout"),
]


def test_a_command_that_cannot_be_done_says_why(server: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        for (_, code, word), ran in zip(
            CANNOT, pool.map(lambda one: run(*one[0], data=server.data), CANNOT), strict=True
        ):
            fails(ran, code, word)


def test_a_job_is_retried_and_cancelled_by_number(server: Server) -> None:
    job = run("jobs", "--json", data=server.data).json["items"][0]
    fails(run("jobs", "retry", job["id"], data=server.data), 1, "done")
    assert run("jobs", "cancel", job["id"], "--json", data=server.data).json["state"] == "done"


def test_a_second_server_leaves_the_first_undisturbed(server: Server) -> None:
    ran = run("serve", "--port", str(free_port()), data=server.data)
    fails(ran, 3, str(server.process.pid))
    assert ran.seconds < 1.5
    assert run("status", "--json", data=server.data).json["server"] == server.url


@pytest.mark.parametrize("what", ["ask", "add"])
def test_a_command_outlives_its_server(tmp_path: Path, what: str) -> None:
    model = FakeModelServer(reply=["never ending "] * 1000, pause_s=0.05)
    settings = {"IBIDEM_MODELS__OPENAI_URL": model.openai_url}
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(1500):
        (folder / f"{number}.md").write_text(f"number{number} " * 300)
    server = start(tmp_path / "data", **settings)
    arguments = (
        ["ask", "for ever?", "--model", "openai:tiny", "--mode", "plain"] if what == "ask" else ["add", str(folder)]
    )
    command = subprocess.Popen(
        [IBIDEM, *arguments, "--data-dir", str(server.data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    if what == "ask":
        assert model.wait_asked()
        assert command.stdout is not None
        assert command.stdout.read(12) == b"never ending"
    else:
        wait_for(lambda: server.http.get("/api/rag/documents/", params={"limit": 1}).json()["items"], "it reads")
    server.kill()
    began = time.monotonic()
    _, err = command.communicate(timeout=20)
    model.close()
    assert time.monotonic() - began < 8
    assert command.returncode == 1, (command.returncode, err)
    assert b"Traceback" not in err, err.decode()
    assert err.decode().strip().splitlines()[-2].startswith("error: "), err.decode()
    if what == "add":  # and it goes on by itself
        with serving(tmp_path / "data", **settings) as again:
            place = "/api/workspaces/home/sources/"
            [source] = again.http.get(place).json()["items"]
            done = lambda: again.http.get(f"{place}{source['id']}/").json()["counts"] == {"ok": 1500}  # noqa: E731
            wait_for(done, "all is read", timeout_s=40)
