"""kill -9 at random moments: nothing acknowledged is lost, every run ends once, `add` goes on by itself."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import httpx
import psutil
import pytest

from ibidem.types import TERMINAL_EVENTS
from tests.api.serving import Server, documents, ended, environment, events, search, settled, start, wait_for
from tests.fakes.model_server import FakeModelServer
from tests.ingest.pdfs import lines, pdf
from tests.soak.chats import GONE, REPLY, Chatting, cut_off

FILES = 300
START_S = 3.0  # from the process to an answer of /health
RECOVERY_S = 1.0  # from there to the end of an answer that the kill cut off
CHILDREN_S = 10.0  # so long a dead server's children may live on a busy machine
MOST_TAKEN = 30  # questions, uploads and edits before a kill: so many on a busy machine, too
MOMENTS_S = (0.05, 0.6)


@dataclass
class Acknowledged:
    """What the server said it had taken."""

    runs: dict[str, str] = field(default_factory=dict)  # run id by idempotency key
    sessions: dict[str, str] = field(default_factory=dict)  # session id by idempotency key, of those asked in one
    documents: dict[str, str] = field(default_factory=dict)  # content by document id
    deleted: set[str] = field(default_factory=set)
    chats: Chatting = field(default_factory=Chatting)
    source: str = ""


def folder_of(place: Path) -> Path:
    place.mkdir()
    for number in range(FILES):
        write(place, number, 0)
    (place / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (place / "page.pdf").write_bytes(pdf(lines("A page about a pump.")))
    (place / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (place / ".env").write_text("SECRET=1")
    return place


def write(place: Path, number: int, edition: int) -> None:
    (place / f"{number}.md").write_text(
        f"# File {number}\n\nEdition {edition} of file {number}. " + "The pump starts at 4.2 bar. " * 150
    )


def question(key: str) -> dict[str, str]:
    """Every other one goes to the slow model."""
    body = {"question": f"When does the pump start? ({key})", "idempotency_key": key}
    return body if int(key[-1]) % 2 else {**body, "model": "openai:tiny", "mode": "plain"}


def ask(http: httpx.Client, key: str, session: str | None) -> httpx.Response:
    """In a session every question is a new beginning, so that none waits for another's answer."""
    body: dict[str, str | None] = {**question(key)}
    if session is None:
        return http.post("/api/runs/", json=body)
    body |= {"content": body.pop("question"), "parent": None}
    return http.post(f"/api/sessions/{session}/messages/", json=body)


class Work:
    """Keeps a server busy until it is killed: questions, documents, edits in the watched folder."""

    def __init__(self, server: Server, folder: Path, known: Acknowledged, round_: int, dice: random.Random) -> None:
        self._server, self._folder, self._known, self._round, self._dice = server, folder, known, round_, dice
        self._killed = threading.Event()
        self._taken = 0
        asking = [] if round_ % 4 == 3 else [self._ask, self._chat, self._chat]  # summaries wait for a quiet moment
        self._threads = [
            threading.Thread(target=self._until_dead, args=(work,)) for work in (self._upload, self._edit, *asking)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for_some(self, count: int) -> None:
        """Until the server has taken so many things, or as long as it is given."""
        wait_for(lambda: self._taken >= count, f"{count} things are taken", timeout_s=30)

    def join(self) -> None:
        self._killed.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _until_dead(self, work: Callable[[httpx.Client, int], None]) -> None:
        headers = {"Authorization": f"Bearer {self._server.secret}"}
        with httpx.Client(base_url=self._server.url, headers=headers, timeout=20, trust_env=False) as http:
            for count in range(10_000):
                try:
                    work(http, count)
                    self._taken += 1
                except (httpx.TransportError, *GONE):
                    assert self._killed.wait(30), "the server let go of its clients without being killed"
                    return

    def _ask(self, http: httpx.Client, count: int) -> None:
        key = f"{self._round}-{count}"
        if count == 0:
            self._session = str(http.post("/api/sessions/", json={}).json()["id"])
        session = self._session if count % 3 else None
        answer = ask(http, key, session)
        if answer.status_code == 429:
            time.sleep(0.05)
            return
        assert answer.status_code == 202, answer.text
        self._known.runs[key] = answer.json()["run_id"]
        if session:
            self._known.sessions[key] = session
        time.sleep(0.05)  # a pace that the answers can follow

    def _chat(self, http: httpx.Client, count: int) -> None:
        key = f"{self._round}-{count}-{threading.get_ident()}"
        self._known.chats.ask(self._server, http, key, self._dice)

    def _upload(self, http: httpx.Client, count: int) -> None:
        content = f"Upload {self._round}-{count}. " + "It speaks of valves. " * 200
        made = http.post("/api/rag/documents/", json={"title": f"{self._round}-{count}.md", "content": content})
        assert made.status_code == 201, made.text
        document_id = made.json()["id"]
        self._known.documents[document_id] = content
        if count % 7 == 6:
            self._known.deleted.add(document_id)  # asked for: it may be gone from here on
            assert http.delete(f"/api/rag/documents/{document_id}/").status_code == 204
        time.sleep(0.02)  # a pace that the reader can follow

    def _edit(self, http: httpx.Client, count: int) -> None:
        if not self._known.source:
            made = http.post("/api/workspaces/home/sources/", json={"path": str(self._folder)})
            assert made.status_code == 201, made.text
            self._known.source = made.json()["id"]
        write(self._folder, self._dice.randrange(FILES), self._round * 1000 + count)
        http.get("/health")
        time.sleep(0.005)  # somebody who types fast


@pytest.fixture
def slow_model() -> FakeModelServer:
    return FakeModelServer(reply=REPLY, pause_s=0.01)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    tmp_path: Path, soak: bool, slow_model: FakeModelServer
) -> None:
    kills = 50 if soak else 3
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    print(f"seed {seed}")
    folder, data, known = folder_of(tmp_path / "folder"), tmp_path / "data", Acknowledged()
    settings = {"IBIDEM_MODELS__OPENAI_URL": slow_model.openai_url, "IBIDEM_JOBS__ANSWERS": "8"}
    starts: list[float] = []
    recoveries: list[float] = []
    cut: list[str] = []

    for round_ in range(kills):
        began = time.monotonic()
        server = start(data, **settings)
        starts.append(time.monotonic() - began)
        recoveries += recovered(server, cut)
        work = Work(server, folder, known, round_, dice)
        work.wait_for_some(dice.randrange(MOST_TAKEN))
        time.sleep(dice.uniform(*MOMENTS_S))  # the moment is what is random
        children = psutil.Process(server.process.pid).children(recursive=True)
        server.kill()
        work.join()
        wait_for(partial(all_ended, children), "the server's children end", timeout_s=CHILDREN_S)
        assert_sound(data)
        cut = cut_off(data)

    slow_model.pause_s = 0.0
    began = time.monotonic()
    server = start(data, **settings)
    starts.append(time.monotonic() - began)
    try:
        recoveries += recovered(server, cut)
        assert_all_is_there(server, folder, known)
        chats = known.chats.check(server)
    finally:
        code = server.stop()
        slow_model.close()
    assert code == 0
    assert "Traceback" not in server.logged(), server.logged()[-3000:]
    assert_sound(data)
    print(f"{kills} kills, {len(known.runs)} runs, {len(known.documents)} documents, slowest start {max(starts):.2f} s")
    print(f"{chats}; slowest recovery of {len(recoveries)} cut answers {max(recoveries, default=0):.2f} s")
    if soak:  # alone on the machine
        assert median(starts) <= START_S, starts
        assert not recoveries or median(recoveries) <= RECOVERY_S, recoveries


def all_ended(processes: Sequence[psutil.Process]) -> bool:
    return not any(map(lives, processes))


def lives(process: psutil.Process) -> bool:
    """Not ended; one that only nobody has asked for its exit code has."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def recovered(server: Server, cut: list[str]) -> list[float]:
    """Seconds after the start until each answer that was cut off in mid-sentence had ended."""
    began, seconds = time.monotonic(), []
    for run_id in cut:
        ended(server, run_id)
        seconds.append(time.monotonic() - began)
    return seconds


def assert_sound(data: Path) -> None:
    """The store is whole; a look from outside, while nobody holds it."""
    with sqlite3.connect(data / "ibidem.db") as db:
        assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


def assert_all_is_there(server: Server, folder: Path, known: Acknowledged) -> None:
    place = f"/api/workspaces/home/sources/{known.source}/"

    def settled_counts() -> Counter[str]:
        source = server.http.get(place).json()
        counts = Counter(source["counts"])
        done = source["state"] == "ready" and not counts.keys() & {"queued", "reading", "indexing"}
        return counts if done else Counter()

    counts = wait_for(settled_counts, "the folder is in step", timeout_s=60)
    assert counts == {"ok": FILES + 1, "failed": 1, "skipped": 2}
    for number in (0, 7, FILES - 1):
        text = (folder / f"{number}.md").read_text().split(". ")[0].removeprefix(f"# File {number}\n\n")
        assert text in search(server, f"{text} File {number}", limit=100)[0]["text"] or any(
            text in hit["text"] for hit in search(server, text, limit=100)
        )

    uploads = {one["id"]: one for one in documents(server) if not one["path"].startswith("folder/")}
    assert set(known.documents) - known.deleted <= set(uploads)
    for document_id, content in known.documents.items():
        if document_id in uploads:
            document = settled(server, document_id)
            assert document["state"] == "ok" or "ended the program" in document["reason"], document
            assert server.http.get(f"/api/rag/documents/{document_id}/content/").text == content

    for key, run_id in known.runs.items():
        run = ended(server, run_id, timeout_s=60)
        again = ask(server.http, key, known.sessions.get(key))
        assert (again.status_code, again.json()["run_id"]) == (202, run_id), again.text
        seen = list(events(server, run_id))
        assert [name for _, name, _ in seen if name in TERMINAL_EVENTS] == [run["state"]], seen
        assert seen[-1][1] == run["state"]
        text = ""
        for _, name, told in seen:
            text = "" if name == "restarted" else text + told.get("text", "") if name == "delta" else text
        assert run["message"]["content"] == text
        numbers = [tuple(map(int, number.split("."))) for number, _, _ in seen if number]
        assert numbers == sorted(set(numbers))
    assert_sessions_are_whole(server, known)
    with sqlite3.connect(f"file:{server.data / 'ibidem.db'}?mode=ro", uri=True) as db:
        waiting = "SELECT kind, state FROM job WHERE state IN ('queued', 'running') AND kind <> 'sync'"
        wait_for(lambda: db.execute(waiting).fetchall() == [], "no job is left", timeout_s=20)
    db.close()


def assert_sessions_are_whole(server: Server, known: Acknowledged) -> None:
    """Every question asked in a session stands there once, with one answer that ended as its run did."""
    for session in set(known.sessions.values()):
        page = server.http.get(f"/api/sessions/{session}/messages/", params={"limit": 500}).json()
        assert page["next"] is None
        asked = {one["id"]: one["content"] for one in page["items"] if one["role"] == "user"}
        answers = {one["id"]: one for one in page["items"] if one["role"] == "assistant"}
        assert sorted(one["parent"] for one in answers.values()) == sorted(asked)
        assert len(set(asked.values())) == len(asked)
        for key in (key for key, place in known.sessions.items() if place == session):
            run = ended(server, known.runs[key])
            answer = answers[known.runs[key]]
            assert asked[answer["parent"]] == question(key)["question"]
            assert (answer["status"], answer["content"]) == (run["state"], run["message"]["content"])


def test_a_killed_add_goes_on_with_the_next_command(tmp_path: Path) -> None:
    """The same without a server: `ibidem add`, killed, leaves a directory that anybody can take over."""
    import subprocess

    from tests.api.serving import IBIDEM, run

    folder, data = folder_of(tmp_path / "folder"), tmp_path / "data"
    for moment_s in (0.5, 0.8):
        adding = subprocess.Popen(
            [IBIDEM, "add", str(folder), "--data-dir", str(data)], env=environment(), stderr=subprocess.DEVNULL
        )
        time.sleep(moment_s)  # starting, reading
        children = psutil.Process(adding.pid).children(recursive=True)
        adding.kill()
        adding.wait()
        wait_for(partial(all_ended, children), "the command's children end", timeout_s=CHILDREN_S)
    ran = run("add", folder, data=data)
    assert ran.out.splitlines()[-1] == f"{FILES + 1} ok, 0 partial, 2 skipped, 1 failed"
    assert_sound(data)
