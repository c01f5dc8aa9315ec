"""A reading is cancelled and asked for again; a document tells which chats cite it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.serving import (
    Server,
    add_folder,
    documents,
    ended,
    is_error,
    paths_found,
    put_text,
    serving,
    settled,
    wait_for,
    workspace,
)

PLACE = "/api/rag/documents/"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """A server whose children can be held without holding up other tests."""
    with serving(tmp_path / "data") as running:
        yield running


@contextmanager
def held(server: Server) -> Iterator[None]:
    """The server's children stand still."""
    pid = server.process.pid
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
        if b"ibidem.ingest.child" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert children
    for child in children:
        os.kill(child, signal.SIGSTOP)
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGCONT)


def state(server: Server, document_id: str) -> str:
    found: str = server.http.get(f"{PLACE}{document_id}/").json()["state"]
    return found


def post(server: Server, document_id: str, verb: str) -> Any:
    answer = server.http.post(f"{PLACE}{document_id}/{verb}/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_reading_is_cancelled_and_what_it_finds_does_not_count_until_it_is_asked_for_again(alone: Server) -> None:
    put_text(alone, "first.md", "The first one starts the child.")
    with held(alone):
        body = {"title": "slow.md", "content": "The walrus sleeps.", "workspace": "home"}
        made = alone.http.post(PLACE, json=body).json()
        wait_for(lambda: state(alone, made["id"]) == "reading", "its reading begins")
        cancelled = post(alone, made["id"], "cancel")
        assert (cancelled["state"], cancelled["reason"]) == ("skipped", "cancelled")
    put_text(alone, "last.md", "The last one is read after it.")
    assert state(alone, made["id"]) == "skipped"
    assert paths_found(alone, "walrus") == []
    post(alone, made["id"], "retry")
    assert settled(alone, made["id"])["state"] == "ok"
    assert paths_found(alone, "walrus") == ["slow.md"]


def test_an_earlier_reading_goes_on_to_count(alone: Server) -> None:
    document = put_text(alone, "note.md", "The heron fishes.")
    with held(alone):
        alone.http.put(f"{PLACE}{document['id']}/", json={"content": "The heron left."})
        wait_for(lambda: state(alone, document["id"]) == "reading", "its reading begins")
        post(alone, document["id"], "cancel")
    wait_for(lambda: state(alone, document["id"]) == "partial", "the earlier text counts")
    assert paths_found(alone, "heron fishes") == ["note.md"]
    post(alone, document["id"], "retry")
    assert settled(alone, document["id"])["state"] == "ok"
    assert "left" in alone.http.get(f"{PLACE}{document['id']}/text/").json()["text"]


def test_a_file_of_a_folder_that_failed_is_read_again_where_it_lies(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Again")
    (tmp_path / "pump.pdf").write_bytes(b"%PDF-1.4 and then nothing of a PDF")
    add_folder(server, tmp_path, slug, watch=False)
    (broken,) = documents(server, workspace=slug)
    assert broken["state"] == "failed"
    assert post(server, broken["id"], "retry")["state"] in ("queued", "reading")
    assert wait_for(lambda: state(server, broken["id"]) == "failed", "it is read again")


def test_what_is_read_or_left_out_by_a_rule_is_neither_cancelled_nor_read_again(server: Server) -> None:
    good = put_text(server, "read.md", "all of it")
    made = server.http.post(PLACE, files={"file": ("bad.bin", b"\x00\x01\x02" * 300)}).json()
    for document in (good, settled(server, made["id"])):
        for verb in ("cancel", "retry"):
            is_error(server.http.post(f"{PLACE}{document['id']}/{verb}/"), 409, "conflict")


# --- cited by --------------------------------------------------------------------------------------------------------


def cited(server: Server, document_id: str, **query: str) -> dict[str, Any]:
    answer = server.http.get(f"{PLACE}{document_id}/cited/", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(server: Server, question: str, slug: str, session: str = "") -> tuple[str, str]:
    """The ids of the session and the answer."""
    session = session or server.http.post("/api/sessions/", json={"workspace": slug}).json()["id"]
    run = server.http.post(f"/api/sessions/{session}/messages/", json={"content": question}).json()["run_id"]
    assert ended(server, run)["message"]["citations"]
    return session, run


def test_a_document_tells_the_chats_that_cite_it_the_latest_first(server: Server) -> None:
    slug = workspace(server, "Citing")
    pump = put_text(server, "pump.md", "The zebra pump starts at 4.2 bar.", slug)
    other = put_text(server, "fan.md", "The cellar fan turns at night.", slug)
    first, _ = asked(server, "When does the zebra pump start?", slug)
    asked(server, "When does the cellar fan turn?", slug)
    second, _ = asked(server, "At how many bar does the zebra pump start?", slug)
    _, last = asked(server, "When does the zebra pump start?", slug, first)
    found = cited(server, pump["id"])["items"]
    assert [(one["session"], one["answers"]) for one in found] == [(first, 2), (second, 1)]
    assert found[0]["message"] == last and "zebra" in found[0]["title"]
    assert len(cited(server, other["id"])["items"]) == 1
    page = cited(server, pump["id"], limit="1")
    assert [one["session"] for one in page["items"]] == [first]
    assert [one["session"] for one in cited(server, pump["id"], cursor=page["next"])["items"]] == [second]
    assert server.http.delete(f"/api/sessions/{first}/").status_code == 204
    assert [one["session"] for one in cited(server, pump["id"])["items"]] == [second]


def test_a_document_that_is_gone_is_cited_by_nobody(server: Server) -> None:
    slug = workspace(server, "Gone")
    lamp = put_text(server, "lamp.md", "The lighthouse lamp burns oil.", slug)
    asked(server, "What does the lighthouse lamp burn?", slug)
    assert server.http.delete(f"{PLACE}{lamp['id']}/").status_code == 204
    is_error(server.http.get(f"{PLACE}{lamp['id']}/cited/"), 404)


def test_an_imported_chat_counts_as_any_other(server: Server) -> None:
    slug = workspace(server, "Imported")
    crane = put_text(server, "crane.md", "The harbour crane lifts 40 tons.", slug)
    session, _ = asked(server, "How much does the harbour crane lift?", slug)
    file = server.http.get(f"/api/sessions/{session}/export/", params={"format": "json"}).content
    assert server.http.delete(f"/api/sessions/{session}/").status_code == 204
    assert cited(server, crane["id"])["items"] == []
    taken = server.http.post("/api/sessions/import/", content=file, headers={"Content-Type": "application/json"})
    assert taken.is_success, taken.text
    (found,) = cited(server, crane["id"])["items"]
    assert found["session"] in taken.json()["sessions"]
