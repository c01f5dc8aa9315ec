"""Sockets of several users: who may see what, until when, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.api.serving import Server, run, serving, wait_for
from tests.api.signing_in import PASSWORD, sign_in
from tests.api.sockets import Chat, address
from tests.fakes.model_server import FakeModelServer

SETTINGS = {"settings": {"model": "openai:tiny", "mode": "plain"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shared_model: FakeModelServer) -> Iterator[Server]:
    """In password mode, with room for three answers and at most two of one user."""
    data = tmp_path_factory.mktemp("users") / "data"
    for name, role in (("minji", "member"), ("jun", "member"), ("boss", "admin")):
        added = run("user", "add", name, "--role", role, data=data, said=PASSWORD)
        assert added.code == 0, added.err
    settings = {"IBIDEM_MODELS__OPENAI_URL": shared_model.openai_url, "IBIDEM_JOBS__ANSWERS": "3"}
    with serving(data, IBIDEM_SERVE__SIGN_IN="password", **settings) as running:
        yield running


def session(browser: httpx.Client) -> str:
    made = browser.post("/api/sessions/", json=SETTINGS)
    assert made.status_code == 201, made.text
    session_id: str = made.json()["id"]
    return session_id


@contextmanager
def chatting(server: Server, browser: httpx.Client, session_id: str) -> Iterator[Chat]:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with connect(
        address(server, session_id),
        additional_headers={"Cookie": cookie},
        origin=server.url,
        proxy=None,  # type: ignore[arg-type]
    ) as connection:
        yield Chat(connection)


def test_anothers_session_is_as_absent_as_none(server: Server) -> None:
    minji, jun, boss = (sign_in(server, name) for name in ("minji", "jun", "boss"))
    here = session(minji)
    for stranger in (jun, boss):
        for session_id in (here, "absent"):
            with pytest.raises(InvalidStatus) as refused:
                chatting(server, stranger, session_id).__enter__()
            assert refused.value.response.status_code == 404


def test_anothers_run_is_as_absent_as_none(server: Server, model: FakeModelServer) -> None:
    minji, jun = sign_in(server, "minji"), sign_in(server, "jun")
    with chatting(server, minji, session(minji)) as chat:
        chat.ask("why?")
        run_id = chat.the("stream_end")["run_id"]
    with chatting(server, jun, session(jun)) as chat:
        for kind in ("resume", "stop"):
            chat.send(type=kind, run_id=run_id)
            assert chat.next()["code"] == "not_found"


def test_a_disabled_users_socket_closes_and_the_answer_ends(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["word "] * 2000, 0.01
    jun, boss = sign_in(server, "jun"), sign_in(server, "boss")
    jun_id = jun.get("/api/auth/user/").json()["user"]["id"]
    with chatting(server, jun, session(jun)) as chat:
        chat.ask("why?")
        chat.the("stream_token")
        assert boss.put(f"/api/users/{jun_id}/", json={"disabled": True}).status_code == 200
        with pytest.raises(ConnectionClosed) as closed:
            list(chat.until("never"))
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    assert boss.put(f"/api/users/{jun_id}/", json={"disabled": False}).status_code == 200


def test_a_sign_out_ends_its_sockets_and_no_others(server: Server, model: FakeModelServer) -> None:
    one, other = sign_in(server, "minji"), sign_in(server, "minji")
    here = session(one)
    with chatting(server, one, here) as gone, chatting(server, other, here) as staying:
        assert one.post("/api/auth/logout/").status_code == 204
        error = gone.next()
        assert (error["type"], error["code"]) == ("error", "no_credentials")
        with pytest.raises(ConnectionClosed):
            gone.next()
        staying.ask("why?")
        assert staying.the("stream_end")["message"]["status"] == "finished"


def test_a_user_with_two_answers_waits_and_another_does_not(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["word "] * 2000, 0.01
    minji, jun = sign_in(server, "minji"), sign_in(server, "jun")
    with chatting(server, minji, session(minji)) as mine, chatting(server, jun, session(jun)) as theirs:
        for number in range(4):
            mine.ask(f"question {number}?", id=f"m{number}", parent=None)
        waiting: dict[str, int] = {}
        started = set()
        while len(waiting) < 2 or len(started) < 2:
            frame = mine.next()
            if frame["type"] == "stream_start":
                started.add(frame["run_id"])
            elif frame["type"] == "stream_status" and frame["stage"] == "queued" and len(started) == 2:
                waiting[frame["run_id"]] = frame["position"]
        assert sorted(waiting.values()) == [0, 1] and not started & set(waiting)
        theirs.ask("and mine?")
        assert theirs.the("stream_token")
        for chat in (mine, theirs):
            chat.send(type="stop")
        theirs.the("stream_end")
        ends = {mine.the("stream_end")["run_id"] for _ in range(4)}
        assert ends == started | set(waiting)
    wait_for(lambda: minji.get("/api/jobs/", params={"state": "running"}).json()["items"] == [], "all have ended")
