"""Commands without a server: this process alone, under the data directory's lock."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ibidem.app import build
from ibidem.cli.engine import Alone
from ibidem.errors import ChildFailed
from ibidem.settings import Settings
from ibidem.tasks import upkeep
from tests.api.serving import IBIDEM, Ran, environment, free_port, run, wait_for, without_privileges

CITATION = {
    "number",
    "document_id",
    "path",
    "title",
    "start_line",
    "end_line",
    "page",
    "heading",
    "text",
    "verdict",
    "url",
}
HIT = {"document_id", "path", "start_line", "end_line", "page", "heading", "text", "score", "channels", "why"}


def folder_of(place: Path) -> Path:
    """A small folder with Korean and English, a name as macOS writes it, and a secret."""
    place.mkdir()
    decomposed = unicodedata.normalize("NFD", "휴가.md")
    (place / decomposed).write_text("# 휴가 규정\n\n## 연차\n\n연차 이월은 최대 5일까지 가능하다.\n")
    (place / "pumps.md").write_text("# Pumps\n\n## Reserve\n\nThe reserve pump starts at 4.2 bar.\n")
    (place / ".env").write_text("SECRET=abc\n")
    return place


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A data directory with the folder in it, and what `add` said."""
    place = tmp_path_factory.mktemp("alone")
    folder = folder_of(place / "folder")
    return place / "data", run("add", folder, data=place / "data")


@pytest.fixture
def data(library: tuple[Path, Ran]) -> Path:
    return library[0]


def fails(ran: Ran, code: int, *words: str) -> None:
    """One line of error, one of hint, nothing else."""
    assert ran.code == code, (ran.code, ran.out, ran.err)
    lines = ran.err.strip().splitlines()
    assert lines[0].startswith("error: "), ran.err
    assert len(lines) <= 2 and all(line.startswith("hint: ") for line in lines[1:]), ran.err
    for word in words:
        assert word in ran.err, ran.err


# --- commands that work ----------------------------------------------------------------------------------------------


def test_the_last_line_of_add_counts_by_state(library: tuple[Path, Ran]) -> None:
    ran = library[1]
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "2 ok, 0 partial, 1 skipped, 0 failed"


def test_ask_answers_with_numbered_sources(data: Path) -> None:
    ran = run("ask", "When does the reserve pump start?", data=data)
    assert ran.code == 0, ran.err
    assert "4.2 bar" in ran.out and "[1]" in ran.out
    assert "[1] folder/pumps.md:" in ran.out


def test_a_korean_question_finds_a_file_with_a_decomposed_name(data: Path) -> None:
    for question in ("연차 이월은 며칠까지 되나요?", unicodedata.normalize("NFD", "연차 이월은 며칠까지 되나요?")):
        ran = run("ask", question, "--json", data=data)
        answer = ran.json
        assert set(answer) >= {"answer", "citations", "model", "mode", "timings", "usage", "run_id", "omitted"}
        assert {"search_ms", "first_token_ms", "total_ms"} <= set(answer["timings"])
        assert {"prompt", "reused", "completion"} <= set(answer["usage"])
        assert "5일" in answer["answer"]
        citation = answer["citations"][0]
        assert set(citation) >= CITATION
        assert citation["path"] == "folder/휴가.md"
        assert citation["start_line"] <= 5 <= citation["end_line"]
        assert (answer["model"], answer["mode"]) == ("quotes", "chat")


def test_search_shows_hits(data: Path) -> None:
    found = run("search", "reserve pump", "--json", data=data).json
    assert set(found) == {"hits", "timings"}
    assert set(found["hits"][0]) >= HIT
    assert found["hits"][0]["path"] == "folder/pumps.md"
    assert len(run("search", "pump 연차", "--limit", "1", "--json", data=data).json["hits"]) == 1
    assert "trace" in run("search", "pump", "--trace", "--json", data=data).json
    assert "folder/pumps.md" in run("search", "pump", data=data).out
    nothing = run("search", "zzzqqq", data=data)
    assert (nothing.code, nothing.out.strip()) == (0, "nothing found")


def test_status_doctor_and_jobs_tell_what_there_is(data: Path) -> None:
    found = run("status", "--json", data=data).json
    [home] = found["workspaces"]
    assert (found["server"], home["slug"], home["counts"]) == (None, "home", {"ok": 2, "skipped": 1})
    assert home["sources"][0]["state"] == "ready"
    assert "not running" in run("status", data=data).out
    doctor = run("doctor", data=data)
    assert doctor.code == 0, doctor.out
    assert "what may leave this machine" in doctor.out and "BAD" not in doctor.out
    jobs = run("jobs", "--json", data=data).json
    assert {"sync", "answer"} >= {job["kind"] for job in jobs["items"]} and jobs["items"]
    assert "sync" in run("jobs", data=data).out


def test_an_index_that_is_gone_is_made_anew(data: Path) -> None:
    assert run("index", "rebuild", data=data).code == 0
    assert run("search", "reserve pump", "--json", data=data).json["hits"]


def test_add_makes_a_workspace_that_is_not_there(tmp_path: Path) -> None:
    data, note = tmp_path / "data", tmp_path / "tanks.md"
    note.write_text("The spare tank holds 90 litres.\n")
    assert run("add", tmp_path / "absent", "--workspace", "tanks", data=data).code == 4
    assert run("search", "tank", "--workspace", "tanks", data=data).code == 4
    assert run("add", note, "--workspace", "tanks", data=data).code == 0
    assert "tanks.md" in run("search", "spare tank", "--workspace", "tanks", data=data).out


def test_adding_again_and_a_single_file_and_two_paths(tmp_path: Path) -> None:
    data, one, two = tmp_path / "data", tmp_path / "one", tmp_path / "둘.md"
    one.mkdir()
    (one / "a.md").write_text("alpaca")
    two.write_text("vicuña")
    ran = run("add", one, two, "--no-watch", data=data)
    assert ran.out.splitlines()[-1] == "2 ok, 0 partial, 0 skipped, 0 failed"
    (one / "a.md").write_text("guanaco now")
    assert run("add", one, data=data).code == 0
    assert run("search", "guanaco", "--json", data=data).json["hits"]
    assert not run("search", "alpaca", "--json", data=data).json["hits"]
    assert run("search", "vicuña", "--json", data=data).json["hits"][0]["path"] == "둘.md"


def test_help_and_version_need_nothing() -> None:
    assert run("--version", data=None).out.startswith("ibidem ")
    assert "serve" in run("--help", data=None).out


def test_the_data_directory_may_come_from_the_environment(tmp_path: Path) -> None:
    ran = run("status", "--json", data=None, IBIDEM_DATA_DIR=str(tmp_path / "named"))
    assert ran.json["data_dir"] == str(tmp_path / "named")


def test_a_reader_that_has_seen_enough_of_a_pipe_is_no_error(data: Path) -> None:
    command = f"'{IBIDEM}' search pump --data-dir '{data}' | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), check=False)
    assert b"Traceback" not in ended.stderr and b"Exception" not in ended.stderr
    assert ended.returncode in (0, 1)


# --- wrong use: 2; not found: 4; model: 5 ----------------------------------------------------------------------------


CANNOT = [
    (["add", "/nowhere"], 4, "/nowhere"),
    (["add", "docs", "--workspace", "Absent!"], 4, "Absent!"),
    (["ask", "  \n"], 2, "empty"),
    (["ask", "x" * 100_000], 2, "bytes"),
    (["ask", "x", "--workspace", "absent"], 4, "there are: home"),
    (["ask", "x", "--model", "nobody:x"], 2, "nobody"),
    (["ask", "x", "--mode", "agent"], 2, "agent"),
    (["search", ""], 2, "empty"),
    (["search", "reserve \udcff pump"], 2, "half a character"),
    (["ask", "reserve \udcff pump"], 2, "half a character"),
    (["search", "x", "--workspace", "absent"], 4, "there are: home"),
    (["index", "rebuild", "--workspace", "absent"], 4, "absent"),
    (["jobs", "retry", "99999"], 4, "99999"),
    (["jobs", "explode", "1"], 2, "explode"),
    (["jobs", "retry"], 2, "retry"),
    (["open"], 4, "no server"),
    (["serve", "--host", "0.0.0.0"], 2, "0.0.0.0"),
]


def test_a_command_that_cannot_be_done_says_why(data: Path) -> None:
    for arguments, code, word in CANNOT:  # one after another: they want the same directory
        fails(run(*arguments, data=data), code, word)


def test_a_trace_tells_a_person_how_a_hit_came_about(data: Path) -> None:
    ran = run("search", "When does the reserve pump start?", "--trace", data=data)
    trace = ran.out.partition("searched")[2].splitlines()
    assert trace[1].startswith("terms ") and "reserv" in trace[1] and "pump" in trace[1]
    columns = next(line for line in trace if "score" in line).split()
    assert columns[:2] == ["score", "body"]
    row = next(line for line in trace if "pumps.md:" in line).split()
    assert row[0] == "1" and float(row[1]) > 1 and len(row) == len(columns) + 2
    assert run("search", "?!", "--trace", data=data).out.endswith("nothing to search in yet\n")


@pytest.mark.parametrize("query", ["a", "!?", "w\x1b[31m 👍🏽 насос", '"reserve AND -x~2^3', "log " * 10_000])
def test_an_odd_query_is_answered(data: Path, query: str) -> None:
    for more in ([], ["--json"], ["--trace"]):
        ran = run("search", query, *more, data=data)
        assert ran.code == 0, ran.err
        assert "pumps.md" in ran.out or "reserve" not in query


def test_wrong_use_is_2(data: Path) -> None:
    for arguments in (["ask"], ["nonsense"], ["search", "x", "--limit", "0"]):
        ran = run(*arguments, data=data)
        assert ran.code == 2
        assert ran.err


def test_an_absent_model_server_is_5_and_tells_the_next_step(data: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = run("ask", "When does the pump start?", "--model", "ollama:x", data=data, IBIDEM_MODELS__OLLAMA_URL=url)
    assert ran.code == 5
    assert "error: no answer from" in ran.err and "hint: " in ran.err


def test_before_anything_is_added_there_is_nothing_to_read(tmp_path: Path) -> None:
    data = tmp_path / "none"
    fails(run("search", "x", data=data), 4, "nothing is indexed")
    fails(run("jobs", data=data), 4)
    assert run("status", data=data).code == 0
    assert not data.exists()  # looking makes nothing


# --- another process -------------------------------------------------------------------------------------------------


@pytest.fixture
def held(data: Path) -> Iterator[Path]:
    """The data directory while another process holds it."""
    handle = os.open(data / "lock", os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield data
    os.close(handle)


def test_a_data_directory_in_use_is_3_within_a_second(held: Path) -> None:
    for arguments in (["ask", "x"], ["add", "."], ["serve"], ["jobs", "retry", "1"]):
        quickest = min((run(*arguments, data=held, fresh=True) for _ in range(2)), key=lambda ran: ran.seconds)
        fails(quickest, 3, str(held), "in use")
        assert quickest.seconds < 1


def test_search_status_and_jobs_do_not_wait_for_the_lock(held: Path) -> None:
    assert run("search", "reserve pump", "--json", data=held).json["hits"]
    assert run("status", data=held).code == 0
    assert run("jobs", data=held).code == 0


def test_what_a_killed_server_left_behind_misleads_nobody(held: Path) -> None:
    (held / "server.json").write_text(f'{{"address": "http://127.0.0.1:{free_port()}", "pid": 1, "started_at": 0}}')
    try:
        ran = run("search", "reserve pump", "--json", data=held)
        assert ran.code == 0, ran.err
        fails(run("ask", "x", data=held), 3)
    finally:
        (held / "server.json").unlink(missing_ok=True)


def test_a_broken_server_file_is_as_good_as_none(data: Path) -> None:
    for content in ("", "[]", '{"address": "x", "pid": "y", "started_at": null}'):
        (data / "server.json").write_text(content)
        try:
            assert run("search", "reserve pump", "--json", data=data).json["hits"]
        finally:
            (data / "server.json").unlink(missing_ok=True)


def test_a_taken_port_is_told_before_anything_else(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        fails(run("serve", "--port", str(port), data=data), 1, str(port), "taken")


def being_read(data: Path) -> bool:
    """Whether the store says that a file is being read: looked up here, a command would come too late."""
    try:
        with closing(sqlite3.connect(f"{(data / 'ibidem.db').as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("SELECT 1 FROM document WHERE state = 'reading'").fetchone())
    except sqlite3.OperationalError:  # not there yet
        return False


def test_an_interrupted_command_ends_quietly_and_gives_the_directory_back(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(1200):
        (folder / f"{number}.md").write_text(f"number {number} " * 100)
    data = tmp_path / "data"
    process = subprocess.Popen(
        [IBIDEM, "add", str(folder), "--data-dir", str(data)], stderr=subprocess.PIPE, env=environment()
    )
    wait_for(lambda: being_read(data), "it reads", every_s=0.005)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=15)
    assert b"Traceback" not in err, err.decode()
    assert process.returncode == 130
    assert time.monotonic() - began < 6
    ran = run("add", folder, data=data)
    assert ran.out.splitlines()[-1] == "1200 ok, 0 partial, 0 skipped, 0 failed"


# --- damaged and forbidden places ------------------------------------------------------------------------------------


def test_a_broken_setting_is_named(tmp_path: Path) -> None:
    fails(run("status", data=tmp_path, IBIDEM_SERVE__PROT="1"), 2, "IBIDEM_SERVE__PROT")
    for content in (b"not toml at all [", b"\xff\xfe\x00", b"[serve]\nprot = 1\n"):
        (tmp_path / "ibidem.toml").write_bytes(content)
        fails(run("status", data=tmp_path), 2, "ibidem.toml")


@pytest.mark.parametrize("command", [["status"], ["search", "x"], ["ask", "x"], ["serve"], ["doctor"]], ids=" ".join)
def test_a_store_that_is_none_is_told_and_left_alone(tmp_path: Path, command: list[str]) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    rubbish = b"this is no database at all, but somebody's file\n" * 100
    (data / "ibidem.db").write_bytes(rubbish)
    ran = run(*command, data=data)
    if command == ["doctor"]:
        assert (ran.code, "BAD   store" in ran.out) == (1, True), ran.out
    else:
        fails(ran, 1, "ibidem.db")
    assert (data / "ibidem.db").read_bytes() == rubbish


def test_a_data_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("a file")
    assert run("status", data=data).code == 0
    fails(run("search", "x", data=data), 4)
    fails(run("ask", "x", data=data), 1, str(data))
    assert data.read_text() == "a file"


@pytest.mark.parametrize(
    ("command", "mode", "code"),
    [
        (["status"], 0o000, 2),  # nobody can tell what is set there
        (["serve"], 0o000, 2),
        (["status"], 0o500, 0),
        (["search", "x"], 0o500, 4),
        (["ask", "x"], 0o500, 1),
        (["serve"], 0o500, 1),
    ],
)
def test_a_data_directory_without_rights_is_told(tmp_path: Path, command: list[str], mode: int, code: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    try:
        ran = run(*command, data=data, wrap=without_privileges())
    finally:
        data.chmod(0o700)
    if code:
        fails(ran, code, str(data))
    else:
        assert ran.code == 0, ran.err
    assert not any(data.iterdir())


def test_a_folder_without_rights_is_told_and_a_file_without_them_is_counted(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "folder"
    folder.mkdir()
    (folder / "good.md").write_text("good")
    (folder / "locked.md").write_text("locked")
    (folder / "locked.md").chmod(0)
    (folder / "inner").mkdir(mode=0)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    try:
        fails(run("add", locked, data=data, wrap=without_privileges()), 2, "locked", "rights")
        ran = run("add", folder, data=data, wrap=without_privileges())
    finally:
        for place in (locked, folder / "inner", folder / "locked.md"):
            place.chmod(0o700)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1].startswith("1 ok, 0 partial, 0 skipped, 1 failed")
    again = run("add", folder, data=data)  # the rights are there now
    assert again.out.splitlines()[-1] == "2 ok, 0 partial, 0 skipped, 0 failed"


def test_children_that_cannot_start_end_the_command_with_a_reason(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.md").write_text("text")
    ran = run("add", folder, data=tmp_path / "data", IBIDEM_INGEST__CHILD_MEMORY_BYTES="8000000")
    assert ran.code == 1, (ran.out, ran.err)
    assert "error: " in ran.err


def test_what_cannot_be_indexed_is_told_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    (tmp_path / "a.md").write_text("The reserve pump starts at 4.2 bar.")
    build(settings).close()
    (tmp_path / "data" / "index" / "1").write_text("")  # where the index of `home` would lie
    monkeypatch.setattr(upkeep, "POLL_S", 0.05)
    with pytest.raises(ChildFailed, match="index"):
        Alone(settings).add([str(tmp_path / "a.md")], workspace="home", watch=False, on_progress=lambda _: None)
