"""A session over its WebSocket: what is asked is answered once, and seen whole by whoever comes back."""

from __future__ import annotations

import json
import random
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ibidem.api.frames import MAX_FRAME_BYTES
from tests.api.serving import Server, ended, put_text, start
from tests.api.sockets import Chat, Screen, address, chatting, messages, session
from tests.api.test_access import link_token
from tests.fakes.model_server import FakeModelServer

WORDS = 500


def slowly(model: FakeModelServer, words: int = WORDS, pause_s: float = 0.002) -> str:
    """The model now gives so many words; returns them."""
    model.reply, model.pause_s = [f"word{number} " for number in range(words)], pause_s
    return "".join(model.reply)


# --- one answer ------------------------------------------------------------------------------------------------------


def test_a_question_is_saved_answered_and_ended(server: Server) -> None:
    place = put_text(server, "reserve pump.txt", "The spare reserve pump starts at 4.2 bar.")
    here = session(server, settings={})
    with chatting(server, here) as chat:
        assert (chat.greeting["type"], chat.greeting["session"]["id"]) == ("session_info", here)
        assert chat.greeting["running"] == []
        chat.ask("When does the spare reserve pump start?", id="m1", use_rag=True)
        frames = list(chat.until("stream_end"))
    saved, end = frames[0], frames[-1]
    assert (saved["type"], saved["id"], saved["message"]["role"]) == ("message_saved", "m1", "user")
    kinds = [frame["type"] for frame in frames]
    assert kinds.index("stream_start") < kinds.index("stream_context") < kinds.index("stream_token")
    assert {frame["run_id"] for frame in frames} == {end["message"]["id"]}
    numbers = [tuple(map(int, frame["seq"].split("."))) for frame in frames if frame["seq"].startswith("1.")]
    assert numbers == [(1, seq) for seq in range(1, len(numbers) + 1)]
    context = next(frame for frame in frames if frame["type"] == "stream_context")
    assert place["id"] in [one["document_id"] for one in context["citations"]]
    assert "4.2 bar" in end["message"]["content"] and end["message"]["citations"]
    assert (end["message"]["status"], end["message"]["role"]) == ("finished", "assistant")
    question, answer = messages(server, here)
    assert (question["content"], question["id"]) == ("When does the spare reserve pump start?", saved["message"]["id"])
    assert answer["content"] == end["message"]["content"]


@pytest.mark.parametrize(
    ("setting", "wish", "mode"),
    [
        ("query", {}, "query"),
        ("query", {"use_rag": True}, "query"),
        ("query", {"use_rag": False}, "plain"),
        ("plain", {}, "plain"),
        ("plain", {"mode": "chat"}, "chat"),
    ],
)
def test_the_mode_is_the_sessions_unless_the_frame_says_otherwise(
    server: Server, setting: str, wish: dict[str, Any], mode: str
) -> None:
    with chatting(server, session(server, settings={"mode": setting})) as chat:
        chat.ask("why?", **wish)
        assert chat.the("stream_end")["message"]["mode"] == mode


def test_a_model_that_fails_ends_the_run_and_not_the_socket(server: Server, model: FakeModelServer) -> None:
    model.behaviour = "unauthorized"
    with chatting(server, session(server)) as chat:
        chat.ask("why?")
        end = chat.the("stream_end")
        assert end["message"]["status"] == "failed"
        assert set(end["error"]) >= {"code", "message", "hint"}
        model.behaviour = "answer"
        chat.ask("and now?")
        assert chat.the("stream_end")["message"]["status"] == "finished"


# --- coming back -----------------------------------------------------------------------------------------------------


def test_the_text_is_whole_after_twenty_broken_connections(server: Server, model: FakeModelServer) -> None:
    text, dice, screen = slowly(model), random.Random(5), Screen()
    here = session(server)
    with chatting(server, here) as chat:
        chat.ask("why?")
        run = chat.the("stream_start")["run_id"]
    breaks = 0
    while screen.message is None:
        with chatting(server, here) as chat:
            chat.send(type="resume", run_id=run, after=screen.after)
            left = dice.randrange(1, 24) if breaks < 20 else 10 * WORDS
            for _ in range(left):
                before = screen.text
                screen.show(frame := chat.next())
                if screen.message:
                    assert before == text  # token by token, before the end told it whole
                    break
                assert frame["run_id"] == run
        breaks += 1
    assert breaks > 20
    assert screen.text == text == messages(server, here)[-1]["content"]


def test_a_reader_that_was_killed_with_the_server_sees_what_is_stored(tmp_path: Path, model: FakeModelServer) -> None:
    slowly(model)
    settings = {"IBIDEM_MODELS__OPENAI_URL": model.openai_url}
    server = start(tmp_path / "data", **settings)
    here, screen = session(server), Screen()
    with chatting(server, here) as chat:
        chat.ask("why?", id="m1")
        for frame in chat.until("stream_token"):
            run = frame["run_id"]
            screen.show(frame)
        for _ in range(60):
            screen.show(chat.next())
        server.kill()
        with pytest.raises(ConnectionClosed):
            chat.show_all(screen)
    server = start(tmp_path / "data", port=server.port, **settings)
    try:
        with chatting(server, here) as chat:
            chat.send(type="resume", run_id=run, after=screen.after)
            for frame in chat.until("stream_end"):
                screen.show(frame)
            stored = messages(server, here)
            assert [message["role"] for message in stored] == ["user", "assistant"]
            assert screen.text == stored[1]["content"] != ""
            assert stored[1]["status"] == "interrupted" and stored[1]["content"].startswith("word0 word1 ")
            chat.ask("why?", id="m1")  # sent again by a client that never heard of it: the same run
            assert chat.the("stream_end")["run_id"] == run
            assert len(messages(server, here)) == 2
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.logged(), server.logged()[-3000:]


def test_a_socket_that_goes_ends_no_run(server: Server, model: FakeModelServer) -> None:
    text, here = slowly(model, 60, 0.01), session(server)
    with chatting(server, here) as chat:
        chat.ask("why?")
        run = chat.the("stream_token")["run_id"]
    with chatting(server, here) as chat:
        assert chat.greeting["running"] == [run]
    assert ended(server, run)["message"]["content"] == text


@pytest.mark.parametrize("after", ["1.99999", "7.1", "999999999.999999999"])
def test_who_resumes_behind_the_end_is_told_the_end(server: Server, after: str) -> None:
    here = session(server)
    with chatting(server, here) as chat:
        chat.ask("why?")
        end = chat.the("stream_end")
        chat.send(type="resume", run_id=end["run_id"], after=after)
        told = chat.next()
    assert (told["type"], told["message"]) == ("stream_end", end["message"])
    assert tuple(map(int, told["seq"].split("."))) > tuple(map(int, after.split(".")))


def test_who_resumes_from_the_beginning_sees_the_same_again(server: Server) -> None:
    with chatting(server, session(server)) as chat:
        chat.ask("why?")
        first = [frame for frame in chat.until("stream_end") if frame["seq"].startswith("1.")]
        chat.send(type="resume", run_id=first[0]["run_id"])
        assert list(chat.until("stream_end")) == first


# --- once, and for everybody -----------------------------------------------------------------------------------------


def test_the_same_id_never_starts_twice(server: Server, model: FakeModelServer) -> None:
    slowly(model, 40, 0.005)
    here = session(server)
    with chatting(server, here) as one, chatting(server, here) as other:
        for chat in (one, other, one):
            chat.ask("why?", id="m1")
        ends = [chat.the("stream_end") for chat in (one, other)]
        assert ends[0] == ends[1]
        one.ask("something else", id="m1")
        assert one.the("error")["code"] == "conflict"
        server.http.put(f"/api/sessions/{here}/", json={"settings": {"mode": "chat"}})
        one.ask("why?", id="m1")
        assert one.the("message_saved")["run_id"] == ends[0]["run_id"]
    assert [message["role"] for message in messages(server, here)] == ["user", "assistant"]
    with chatting(server, session(server)) as chat:  # an id belongs to its session
        chat.ask("why?", id="m1")
        assert chat.the("message_saved")["run_id"] != ends[0]["run_id"]


def test_two_tabs_see_the_same(server: Server, model: FakeModelServer) -> None:
    slowly(model, 40, 0.005)
    here = session(server)
    with chatting(server, here) as one, chatting(server, here) as other:
        one.ask("why?", id="m1")
        seen = [
            [frame for frame in chat.until("stream_end") if not frame["seq"].startswith("0.")] for chat in (one, other)
        ]
        asked = server.http.post(f"/api/sessions/{here}/messages/", json={"content": "and by a script?"})
        assert asked.status_code == 202, asked.text
        again = [chat.the("stream_end") for chat in (one, other)]
    assert seen[0] == seen[1]
    assert again[0] == again[1] and again[0]["run_id"] == asked.json()["run_id"]


def test_several_answers_at_once_are_told_apart(server: Server, model: FakeModelServer) -> None:
    text = slowly(model, 30, 0.005)
    here = session(server)
    with chatting(server, here) as chat:
        for question in ("one?", "two?", "three?"):
            chat.ask(question, parent=None)
        screens: dict[str, Screen] = {}
        while sum(screen.message is not None for screen in screens.values()) < 3:
            frame = chat.next()
            screens.setdefault(frame["run_id"], Screen()).show(frame)
    assert [screen.text for screen in screens.values()] == [text] * 3


def test_a_question_behind_an_unfinished_answer_is_refused_and_can_be_sent_again(
    server: Server, model: FakeModelServer
) -> None:
    slowly(model, 200, 0.01)
    with chatting(server, session(server)) as chat:
        chat.ask("why?", id="m1")
        chat.the("stream_token")
        chat.ask("and then?", id="m2")
        error = chat.the("error")
        assert (error["code"], error["id"]) == ("conflict", "m2")
        chat.send(type="stop")
        chat.the("stream_end")
        slowly(model, 2)
        chat.ask("and then?", id="m2")
        assert chat.the("stream_end")["message"]["status"] == "finished"


def test_a_question_asked_again_gets_one_more_answer(server: Server, model: FakeModelServer) -> None:
    here = session(server)
    with chatting(server, here) as chat:
        chat.ask("why?")
        first = chat.the("stream_end")["message"]
        chat.send(type="message", id="again", regenerate=first["id"])
        second = chat.the("stream_end")["message"]
        chat.send(type="message", id="again", regenerate=first["id"])
        assert chat.the("stream_end")["message"]["id"] == second["id"] != first["id"]
    question, *answers = messages(server, here)
    assert [answer["parent"] for answer in answers] == [question["id"]] * 2


# --- stopping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_stop_ends_the_run_with_what_it_has(server: Server, model: FakeModelServer, named: bool) -> None:
    slowly(model, 1000, 0.01)
    here = session(server)
    with chatting(server, here) as chat:
        chat.ask("why?")
        run = chat.the("stream_token")["run_id"]
        chat.send(type="stop", **({"run_id": run} if named else {}))
        message = chat.the("stream_end")["message"]
        assert message["status"] == "stopped" and message["content"].startswith("word0")
        chat.send(type="stop", **({"run_id": run} if named else {}))  # too late: nothing happens
        chat.send(type="resume", run_id=run, after="1.1")
        assert chat.the("stream_end")["message"] == message
    assert messages(server, here)[-1]["status"] == "stopped"


# --- bad input -------------------------------------------------------------------------------------------------------

BAD: list[tuple[str | bytes, str]] = [
    ("{broken", "bad_input"),
    ("", "bad_input"),
    ("null", "bad_input"),
    ("[]", "bad_input"),
    ("[" * 100_000, "bad_input"),
    ("{}", "bad_input"),
    ('{"type": "shout"}', "bad_input"),
    ('{"type": 7}', "bad_input"),
    (b"\x00\xff", "bad_input"),
    ('{"type": "message"}', "bad_input"),
    ('{"type": "message", "content": 7}', "bad_input"),
    ('{"type": "message", "content": "why?", "attachments": [{"data": "%"}]}', "bad_input"),
    ('{"type": "message", "content": "why?", "attachments": "all"}', "bad_input"),
    ('{"type": "message", "regenerate": "absent"}', "not_found"),
    ('{"type": "message", "content": null}', "bad_input"),
    ('{"type": "message", "content": " \\n"}', "bad_input"),
    ('{"type": "message", "content": "\\ud800"}', "bad_input"),
    ('{"type": "message", "content": "why?", "id": "\\udcff"}', "bad_input"),
    ('{"type": "message", "content": "why?", "id": ""}', "bad_input"),
    ('{"type": "message", "content": "why?", "id": 7}', "bad_input"),
    ('{"type": "message", "content": "why?", "id": "' + "x" * 101 + '"}', "bad_input"),
    ('{"type": "message", "content": "why?", "use_rag": "yes"}', "bad_input"),
    ('{"type": "message", "content": "why?", "mode": "loud"}', "bad_input"),
    ('{"type": "message", "content": "why?", "model": "nobody:x"}', "model_unknown"),
    ('{"type": "message", "content": "why?", "parent": "absent"}', "not_found"),
    (json.dumps({"type": "message", "content": "x" * 70_000}), "too_large"),
    (json.dumps({"type": "message", "content": "x" * 10_000_000}), "too_large"),
    ('{"type": "stop", "run_id": "absent"}', "not_found"),
    ('{"type": "stop", "run_id": 7}', "bad_input"),
    ('{"type": "resume"}', "bad_input"),
    ('{"type": "resume", "run_id": "absent"}', "not_found"),
    ('{"type": "resume", "run_id": "absent", "after": "x.y"}', "not_found"),
    ('{"type": "resume", "run_id": "\\u0000"}', "not_found"),
]


def test_a_bad_frame_gets_an_error_and_the_socket_stays_open(server: Server) -> None:
    here = session(server)
    with chatting(server, here) as chat:
        for text, code in BAD:
            chat.connection.send(text)
            error = chat.next()
            assert (error["type"], error["code"]) == ("error", code), (text[:80], error)
            assert error["message"] and error["hint"], (text[:80], error)
        chat.ask("why?", id="m1")
        run = chat.the("stream_end")["run_id"]
        for after in ("x.y", "1", "-1.2", "1.2.3", "9" * 30 + ".1"):
            chat.send(type="resume", run_id=run, after=after)
            assert (error := chat.next())["code"] == "bad_input", (after, error)
            assert error["run_id"] == run
    assert len(messages(server, here)) == 2


def test_a_frame_beyond_all_measure_ends_the_connection(server: Server) -> None:
    with chatting(server, session(server)) as chat:
        with suppress(ConnectionClosed):  # while it is being sent, or after it
            chat.connection.send("x" * (3 * MAX_FRAME_BYTES))
        with pytest.raises(ConnectionClosed):
            chat.next()
    assert server.http.get("/health").status_code == 200


def test_a_run_of_another_session_is_as_absent_as_none(server: Server) -> None:
    with chatting(server, session(server)) as chat:
        chat.ask("why?")
        run = chat.the("stream_end")["run_id"]
    with chatting(server, session(server)) as chat:
        for kind in ("resume", "stop"):
            chat.send(type=kind, run_id=run)
            elsewhere = chat.next()
            chat.send(type=kind, run_id="absent")
            absent = chat.next()
            assert {**elsewhere, "run_id": "", "message": elsewhere["message"].replace(run, "absent")} == {
                **absent,
                "run_id": "",
            }


def test_a_session_that_was_deleted_takes_no_question(server: Server) -> None:
    here = session(server)
    with chatting(server, here) as chat:
        assert server.http.delete(f"/api/sessions/{here}/").status_code == 204
        chat.ask("why?")
        assert chat.next()["code"] == "not_found"


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "origin", "status"),
    [
        ({}, None, 401),
        ({"Authorization": "Bearer wrong"}, None, 401),
        ({"Authorization": "SECRET"}, "http://evil.test", 403),
        ({"Authorization": "SECRET"}, "null", 403),
        ({"Cookie": "a=b"}, None, 403),
    ],
)
def test_who_may_not_come_in_is_told_before_the_handshake(
    server: Server, headers: dict[str, str], origin: Any, status: int
) -> None:
    given = {name: value.replace("SECRET", f"Bearer {server.secret}") for name, value in headers.items()}
    with pytest.raises(InvalidStatus) as refused:
        connect(address(server, session(server)), additional_headers=given, origin=origin, proxy=None).close()
    assert refused.value.response.status_code == status


def test_a_foreign_host_is_refused_before_the_handshake(server: Server) -> None:
    here = address(server, session(server)).replace("127.0.0.1", "evil.test")
    given = {"Authorization": f"Bearer {server.secret}"}
    with closing(socket.create_connection(("127.0.0.1", server.port))) as wire:
        with pytest.raises(InvalidStatus) as refused:
            connect(here, sock=wire, additional_headers=given, proxy=None)
        assert refused.value.response.status_code == 403


def test_a_session_that_is_not_there_is_not_found_before_the_handshake(server: Server) -> None:
    for absent in ("absent", "%00"):
        with pytest.raises(InvalidStatus) as refused:
            chatting(server, absent).__enter__()
        assert refused.value.response.status_code == 404
    assert "completing handshake" not in server.logged()


def test_the_servers_own_page_comes_in_with_its_cookie(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}, trust_env=False) as page:
        signed_in = page.post("/api/auth/exchange/", json={"token": link_token(server)})
    cookie = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    assert cookie
    here = session(server)
    with connect(
        address(server, here),
        additional_headers={"Cookie": cookie},
        origin=f"http://127.0.0.1:{server.port}",
        proxy=None,  # type: ignore[arg-type]
    ) as connection:
        assert Chat(connection).greeting["session"]["id"] == here


def test_an_orderly_stop_closes_the_sockets_and_the_next_start_goes_on(tmp_path: Path, model: FakeModelServer) -> None:
    slowly(model, 400, 0.01)
    settings = {"IBIDEM_MODELS__OPENAI_URL": model.openai_url}
    server = start(tmp_path / "data", **settings)
    here, screen = session(server), Screen()
    with chatting(server, here) as chat:
        chat.ask("why?")
        for frame in chat.until("stream_token"):
            run = frame["run_id"]
            screen.show(frame)
        server.process.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            chat.show_all(screen)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
    assert server.stop() == 0
    assert "Traceback" not in server.logged(), server.logged()[-3000:]
    server = start(tmp_path / "data", **settings)
    with chatting(server, here) as chat:
        chat.send(type="resume", run_id=run, after=screen.after)
        for frame in chat.until("stream_end"):
            screen.show(frame)
    assert screen.message and screen.message["status"] == "interrupted"
    assert screen.text == messages(server, here)[-1]["content"]
    assert server.stop() == 0
