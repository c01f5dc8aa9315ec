"""Every client: a question answered, whole and as a stream, and what can go wrong with it, told by the client itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.dialects.conftest import ANSWER
from tests.clients.callers import CHATS, TRIES, Call, Caller
from tests.fakes.model_server import FakeModelServer

KOREAN = ("예비 ", "펌프는 ", "4.2바에서 ", "시작한다 [1].")


def test_a_question_is_answered_with_its_mark(caller: Caller, stream: bool, call: Call, model: FakeModelServer) -> None:
    told = caller.ask(replace(call, stream=stream))
    assert told.error == ""
    assert ANSWER in told.text
    passages = str(model.chats[-1].body["messages"])
    assert "The reserve pump starts at 4.2 bar" in passages, "the workspace was searched"


def test_text_split_within_characters_arrives_whole(
    caller: Caller, stream: bool, call: Call, model: FakeModelServer
) -> None:
    model.reply, model.chunk_bytes, call.relay.piece_bytes = KOREAN, 1, 1
    told = caller.ask(replace(call, stream=stream))
    assert told.error == ""
    assert "".join(KOREAN) in told.text


def test_a_model_that_is_not_there_is_told_by_its_name(caller: Caller, stream: bool, call: Call) -> None:
    told = caller.ask(replace(call, model="nothing-here", stream=stream))
    assert "nothing-here" in told.error


def test_a_model_server_that_is_down_is_told(caller: Caller, stream: bool, call: Call, model: FakeModelServer) -> None:
    with model.away():
        told = caller.ask(replace(call, stream=stream))
    if caller.silent:
        assert len(call.relay.asked(*CHATS)) == TRIES, "it asks again"
    else:
        assert "Ollama" in told.error


@pytest.mark.parametrize("behaviour", ["cut", "error_in_stream"])
def test_a_failure_in_mid_stream_is_told_behind_what_was_said(
    caller: Caller, call: Call, model: FakeModelServer, behaviour: str
) -> None:
    model.behaviour = behaviour  # type: ignore[assignment]
    told = caller.ask(call)
    assert {"cut": "broke off", "error_in_stream": "the runner has died"}[behaviour] in told.error


def test_who_leaves_after_two_tokens_stops_the_model(caller: Caller, call: Call, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["word "] * 5000, 0.01
    caller.ask(replace(call, leave_after=2))
    assert model.wait_left(5)
