"""/api/runs/: asked once, followed from anywhere, stopped at once, ended exactly once whatever the model does."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ibidem.types import TERMINAL_EVENTS
from tests.api.serving import (
    Server,
    SseEvent,
    ask,
    ended,
    events,
    free_port,
    is_error,
    put_text,
    serving,
    start,
    wait_for,
    workspace,
)
from tests.fakes.model_server import FakeModelServer

MESSAGE = {
    "id",
    "session",
    "parent",
    "role",
    "content",
    "status",
    "attempt",
    "model",
    "rag_context",
    "citations",
    "usage",
    "timings",
    "created_at",
}
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


@pytest.fixture(scope="module")
def pumps(server: Server) -> str:
    slug = workspace(server, "Pump room")
    put_text(server, "pumps.md", "# Pumps\n\n## Reserve\n\nThe reserve pump starts at 4.2 bar.\n", slug)
    return slug


def text_of(seen: list[SseEvent]) -> str:
    return "".join(data["text"] for _, name, data in seen if name == "delta")


# --- an answer from beginning to end ---------------------------------------------------------------------------------


def test_an_answer_tells_its_stages_its_text_and_its_sources(
    server: Server, model: FakeModelServer, pumps: str
) -> None:
    run_id = ask(server, "When does the reserve pump start?", workspace=pumps, model="openai:tiny")
    seen = [event for event in events(server, run_id) if event[2].get("stage") != "queued"]
    names = [name for _, name, _ in seen]
    assert names == [
        "started",
        "status",
        "retrieved",
        "status",
        "status",
        "delta",
        "delta",
        "delta",
        "delta",
        "cited",
        "finished",
    ]
    assert [data["stage"] for _, name, data in seen if name == "status"] == ["searching", "reading", "writing"]
    assert [number for number, _, _ in seen] == [f"1.{seq}" for seq in range(1, len(seen) + 1)]
    by_name = {name: data for _, name, data in seen}
    assert by_name["started"] == {"run_id": run_id, "attempt": 1, "model": "openai:tiny"}
    assert set(by_name["retrieved"]) == {"citations", "omitted"}
    [citation] = by_name["cited"]["citations"]
    assert set(citation) >= CITATION
    assert (citation["number"], citation["path"], citation["verdict"]) == (1, "pumps.md", "supported")
    assert citation["start_line"] <= 5 <= citation["end_line"]
    message = by_name["finished"]["message"]
    assert set(message) >= MESSAGE
    assert (message["role"], message["status"], message["attempt"]) == ("assistant", "finished", 1)
    assert message["content"] == text_of(seen) == "The pump starts at 4.2 bar [1]."
    assert message["citations"] == [citation]
    assert message["usage"] == {"prompt": 26, "reused": 20, "completion": 9}
    assert {"search_ms", "first_token_ms", "total_ms"} <= set(message["timings"])
    run = server.http.get(f"/api/runs/{run_id}/").json()
    assert (run["run_id"], run["state"], run["message"], run["error"]) == (run_id, "finished", message, None)


def test_quotes_needs_no_model_server(server: Server, pumps: str) -> None:
    seen = list(events(server, ask(server, "When does the reserve pump start?", workspace=pumps)))
    assert seen[-1][1] == "finished"
    message = seen[-1][2]["message"]
    assert "4.2" in message["content"] and "[1]" in message["content"]
    assert message["content"].strip() == text_of(seen).strip()
    assert message["citations"][0]["path"] == "pumps.md"


def test_reasoning_is_told_apart_from_the_answer(server: Server, model: FakeModelServer) -> None:
    model.behaviour = "thinks"
    seen = list(events(server, ask(server, "Think!", model="ollama:tiny", mode="plain")))
    assert "".join(data["text"] for _, name, data in seen if name == "reasoning") == "Let me see."
    assert "Let me" not in seen[-1][2]["message"]["content"]


def test_a_plain_answer_searches_nothing(server: Server, model: FakeModelServer, pumps: str) -> None:
    seen = list(events(server, ask(server, "reserve pump?", workspace=pumps, model="openai:tiny", mode="plain")))
    assert "retrieved" not in [name for _, name, _ in seen]
    assert seen[-1][2]["message"]["citations"] == []
    sent = json.dumps(model.seen[-1].body, ensure_ascii=False)
    assert "4.2 bar" not in sent


def test_the_model_server_hears_nothing_of_the_client(server: Server, model: FakeModelServer) -> None:
    ended(server, ask(server, "What do you hear?", model="openai:tiny", mode="plain"))
    headers = model.seen[-1].headers
    assert server.secret not in json.dumps(headers)
    assert not {"cookie", "authorization"} & set(headers)


# --- resuming --------------------------------------------------------------------------------------------------------


def test_a_reader_that_comes_back_after_any_event_gets_exactly_the_rest(
    server: Server, model: FakeModelServer, pumps: str
) -> None:
    model.reply = [f"word{number} " for number in range(12)]
    run_id = ask(server, "When does the reserve pump start?", workspace=pumps, model="openai:tiny")
    whole = [event for event in events(server, run_id) if event[2].get("stage") != "queued"]
    for index, (number, name, _) in enumerate(whole):
        assert number is not None
        if name in TERMINAL_EVENTS:
            continue
        assert list(events(server, run_id, after=number)) == whole[index + 1 :]
        assert list(events(server, run_id, headers={"Last-Event-ID": number})) == whole[index + 1 :]
    assert list(events(server, run_id, after="0.7")) == whole
    assert list(events(server, run_id, after="0.0")) == whole


def test_readers_that_come_while_it_is_written_all_see_the_same(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"word{number} " for number in range(30)], 0.03
    run_id = ask(server, "Slowly, please", model="openai:tiny", mode="plain")
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(lambda: list(events(server, run_id)))
        late = []
        for seq in (0, 1, 3, 7, 12, 20, 28):
            at = f"1.{seq}"
            late.append((seq, pool.submit(lambda at=at: list(events(server, run_id, after=at)))))  # type: ignore[misc]
            time.sleep(0.05)  # they come at different moments
        whole = [event for event in first.result() if event[2].get("stage") != "queued"]
        for seq, reader in late:
            assert [event for event in reader.result() if event[2].get("stage") != "queued"] == whole[seq:]
    assert text_of(whole) == "".join(model.reply)


def test_a_reader_that_is_torn_off_again_and_again_misses_nothing(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"word{number} " for number in range(40)], 0.02
    run_id = ask(server, "Hold the line", model="openai:tiny", mode="plain")
    seen: list[SseEvent] = []
    for count in range(200):
        last = seen[-1][0] if seen else None
        seen += list(islice(events(server, run_id, **({"after": last} if last else {})), 1 + count % 4))
        if seen[-1][1] in TERMINAL_EVENTS:
            break
    seen = [event for event in seen if event[2].get("stage") != "queued"]
    assert [number for number, _, _ in seen] == [f"1.{seq}" for seq in range(1, len(seen) + 1)]
    assert text_of(seen) == seen[-1][2]["message"]["content"] == "".join(model.reply)


def test_a_number_behind_the_end_gives_a_snapshot(server: Server, model: FakeModelServer) -> None:
    run_id = ask(server, "Is it over?", model="openai:tiny", mode="plain")
    run = ended(server, run_id)
    for after in ("1.9999", "7.1"):
        [(_, name, data)] = events(server, run_id, after=after)
        assert (name, data) == ("snapshot", {"message": run["message"]})


def test_a_reader_that_leaves_does_not_stop_the_answer(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"word{number} " for number in range(20)], 0.03
    run_id = ask(server, "Who is listening?", model="openai:tiny", mode="plain")
    assert len(list(islice(events(server, run_id), 4))) == 4
    run = ended(server, run_id)
    assert (run["state"], run["message"]["content"]) == ("finished", "".join(model.reply))


def test_the_stream_is_not_to_be_kept_by_anybody_between(server: Server, pumps: str) -> None:
    run_id = ask(server, "pump?", workspace=pumps)
    with server.http.stream("GET", f"/api/runs/{run_id}/events/") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] in ("no-cache", "no-store")
        assert answer.headers["x-accel-buffering"] == "no"
        assert "retry:" in next(answer.iter_lines())


# --- stopping --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_stop_ends_the_answer_within_a_second_with_what_it_has(
    server: Server, model: FakeModelServer, provider: str
) -> None:
    model.reply, model.pause_s = ["never ending "] * 1000, 0.05
    left = len(model.left_after_s)
    run_id = ask(server, "For ever?", model=f"{provider}:tiny", mode="plain")
    stream = events(server, run_id)
    seen = [next(event for event in stream if event[1] == "delta")]
    began = time.monotonic()
    assert server.http.post(f"/api/runs/{run_id}/stop/").status_code == 200
    seen += stream
    assert time.monotonic() - began < 1
    assert seen[-1][1] == "stopped"
    message = seen[-1][2]["message"]
    assert (message["status"], message["content"]) == ("stopped", text_of(seen))
    wait_for(lambda: len(model.left_after_s) > left, "the model's server is left", timeout_s=2)
    run = ended(server, run_id)
    assert (run["state"], run["message"]) == ("stopped", message)
    again = server.http.post(f"/api/runs/{run_id}/stop/")
    assert (again.status_code, again.json()["state"]) == (200, "stopped")
    assert list(events(server, run_id))[-1][1] == "stopped"


def test_a_silent_model_is_stopped_as_fast(server: Server, model: FakeModelServer) -> None:
    model.behaviour = "silent"
    run_id = ask(server, "Hello?", model="openai:tiny", mode="plain")
    wait_for(lambda: server.http.get(f"/api/runs/{run_id}/").json()["state"] == "running", "it runs")
    began = time.monotonic()
    server.http.post(f"/api/runs/{run_id}/stop/")
    assert ended(server, run_id)["state"] == "stopped"
    assert time.monotonic() - began < 1


def test_many_stops_at_any_moment_end_it_once(server: Server, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["again "] * 1000, 0.01
    for round_ in range(8):
        run_id = ask(server, "Stop, stop, stop!", model="openai:tiny", mode="plain")
        time.sleep(0.006 * round_)  # queued, claimed, begun, writing
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _, run_id=run_id: server.http.post(f"/api/runs/{run_id}/stop/"), range(10)))  # type: ignore[misc]
        assert {answer.status_code for answer in answers} == {200}
        run = ended(server, run_id, timeout_s=3)
        assert run["state"] == "stopped"
        seen = list(events(server, run_id))
        assert [name for _, name, _ in seen if name in TERMINAL_EVENTS] == ["stopped"]


def test_a_stop_that_meets_the_end_leaves_one_end(server: Server, model: FakeModelServer) -> None:
    for round_ in range(12):
        run_id = ask(server, "Short", model="openai:tiny", mode="plain")
        time.sleep(0.004 * round_)
        server.http.post(f"/api/runs/{run_id}/stop/")
        run = ended(server, run_id, timeout_s=3)
        seen = list(events(server, run_id))
        assert [name for _, name, _ in seen if name in TERMINAL_EVENTS] == [run["state"]]
        assert run["state"] in ("finished", "stopped")


# --- asking twice ----------------------------------------------------------------------------------------------------


def test_twenty_requests_with_one_key_at_once_start_one_run(server: Server, model: FakeModelServer) -> None:
    asked = len(model.seen)
    body = {"question": "Once?", "model": "openai:tiny", "mode": "plain", "idempotency_key": "the same"}
    barrier = threading.Barrier(20)

    def post(_: int) -> tuple[int, str]:
        barrier.wait()
        answer = server.http.post("/api/runs/", json=body)
        return answer.status_code, answer.json().get("run_id")

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(post, range(20)))
    assert len(answers) == 1, answers
    [(status, run_id)] = answers
    assert status == 202
    ended(server, run_id)
    assert server.http.post("/api/runs/", json=body).json()["run_id"] == run_id
    assert len(model.seen) == asked + 1


def test_a_key_used_for_another_question_is_a_conflict(server: Server) -> None:
    ask(server, "First?", idempotency_key="taken")
    for other in ({"question": "Second?"}, {"question": "First?", "mode": "plain"}):
        answer = server.http.post("/api/runs/", json={**other, "idempotency_key": "taken"})
        assert is_error(answer, 409, "conflict")["field"] == "idempotency_key"


def test_without_a_key_each_request_is_a_run(server: Server) -> None:
    assert ask(server, "Same question") != ask(server, "Same question")


# --- requests that cannot be answered --------------------------------------------------------------------------------

BAD: list[tuple[str, int, str]] = [
    ('{"question": ""}', 400, "bad_input"),
    ('{"question": " \\n\\t\\u3000"}', 400, "bad_input"),
    ("{}", 400, "bad_input"),
    ("", 400, "bad_input"),
    ("{", 400, "bad_input"),
    ("[1]", 400, "bad_input"),
    ('{"question": null}', 400, "bad_input"),
    ('{"question": "\\ud800"}', 400, "bad_input"),
    ('{"question": "x", "mode": "agent"}', 400, "bad_input"),
    ('{"question": "x", "model": "nobody:x"}', 400, "model_unknown"),
    ('{"question": "x", "model": "ollama:"}', 400, "model_unknown"),
    ('{"question": "x", "model": "../../etc"}', 400, "model_unknown"),
    ('{"question": "x", "workspace": "absent"}', 404, "unknown_workspace"),
    ('{"question": "x", "idempotency_key": ""}', 400, "bad_input"),
    ('{"question": "x", "idempotency_key": "%s"}' % ("k" * 201), 400, "bad_input"),
    ('{"question": "%s"}' % ("x" * 100_000), 413, "too_large"),
    ('{"question": "%s"}' % ("한" * 30_000), 413, "too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD, ids=[f"{n}-{b[1]}" for n, b in enumerate(BAD)])
def test_a_question_that_cannot_be_asked_is_told_why(server: Server, body: str, status: int, code: str) -> None:
    answer = server.http.post("/api/runs/", content=body, headers={"Content-Type": "application/json"})
    is_error(answer, status, code)


@pytest.mark.parametrize(
    "number", ["abc", "1", "1.", ".1", "1.x", "-1.2", "1.2.3", "1,2", "1.²", "9" * 30 + ".1", "1.1 OR 1"]
)
def test_an_event_number_that_is_none_is_told(server: Server, number: str) -> None:
    run_id = ask(server, "Which number?")
    place = f"/api/runs/{run_id}/events/"
    assert is_error(server.http.get(place, params={"after": number}), 400, "bad_input")["field"] == "after"
    if number.isascii():
        is_error(server.http.get(place, headers={"Last-Event-ID": number}), 400, "bad_input")


def test_an_unknown_run_is_told_before_the_stream_begins(server: Server) -> None:
    is_error(server.http.get("/api/runs/absent/"), 404, "not_found")
    is_error(server.http.get("/api/runs/absent/events/"), 404, "not_found")
    is_error(server.http.post("/api/runs/absent/stop/"), 404, "not_found")


# --- models that fail ------------------------------------------------------------------------------------------------

FAILURES = [
    ("silent", "model_timeout", ""),
    ("headers_only", "model_timeout", ""),
    ("stall", "model_timeout", "The pump "),
    ("keep_alive_only", "model_timeout", "The pump "),
    ("disconnect", "model_cut_off", ""),
    ("cut", "model_cut_off", "The pump "),
    ("ends_early", "model_cut_off", "The pump "),
    ("broken_json", "model_cut_off", None),
    ("error_in_stream", "model_rejected", "The pump "),
    ("unauthorized", "model_rejected", ""),
    ("missing_model", "model_rejected", ""),
    ("too_long_openai", "context_too_long", ""),
    ("not_an_answer", "model_cut_off", ""),
    ("long_line", "model_cut_off", ""),
]


@pytest.mark.parametrize(("behaviour", "code", "kept"), FAILURES, ids=[case[0] for case in FAILURES])
def test_a_failing_model_fails_the_run_and_keeps_what_was_written(
    server: Server, model: FakeModelServer, pumps: str, behaviour: Any, code: str, kept: str | None
) -> None:
    model.behaviour = behaviour
    run_id = ask(server, "When does the reserve pump start?", workspace=pumps, model="openai:tiny")
    seen = list(events(server, run_id))
    _, name, data = seen[-1]
    assert name == "failed"
    assert data["error"]["code"] == code, data["error"]
    assert data["error"]["message"] and data["error"]["hint"]
    assert data["message"]["status"] == "failed"
    assert data["message"]["content"] == text_of(seen)
    if kept is not None:
        assert data["message"]["content"] == kept
    run = server.http.get(f"/api/runs/{run_id}/").json()
    assert (run["state"], run["error"], run["message"]) == ("failed", data["error"], data["message"])
    assert server.http.get("/health").json()["status"] == "ok"


def test_a_busy_model_is_asked_again_before_the_run_fails(server: Server, model: FakeModelServer) -> None:
    model.behaviour = "server_error"
    asked = len(model.seen)
    run_id = ask(server, "Again?", model="openai:tiny", mode="plain")
    wait_for(lambda: len(model.seen) > asked, "it was asked")
    model.behaviour = "answer"
    run = ended(server, run_id)
    assert run["state"] == "finished"
    seen = list(events(server, run_id))
    assert [name for _, name, _ in seen if name in TERMINAL_EVENTS] == ["finished"]
    assert run["message"]["attempt"] == run["attempt"] == 2
    assert "restarted" in [name for _, name, _ in seen]


# --- the server stops, the model's server is not there ---------------------------------------------------------------


@pytest.fixture
def slow(tmp_path: Path, model: FakeModelServer) -> dict[str, str]:
    """Settings of a server of its own: one answer at a time, two may wait."""
    model.reply, model.pause_s = [f"word{number} " for number in range(200)], 0.05
    return {
        "IBIDEM_MODELS__OPENAI_URL": model.openai_url,
        "IBIDEM_MODELS__OLLAMA_URL": f"http://127.0.0.1:{free_port()}",
        "IBIDEM_MODELS__DEFAULT": "openai:tiny",
        "IBIDEM_JOBS__ANSWERS": "1",
        "IBIDEM_JOBS__MAX_QUEUED": "2",
    }


def test_waiting_answers_absent_models_and_an_orderly_stop(
    tmp_path: Path, slow: dict[str, str], model: FakeModelServer
) -> None:
    server = start(tmp_path / "data", **slow)
    first = ask(server, "one", mode="plain")
    wait_for(lambda: server.http.get(f"/api/runs/{first}/").json()["state"] == "running", "the first runs")
    second, third = ask(server, "two", mode="plain"), ask(server, "three", model="ollama:absent", mode="plain")
    refused = server.http.post("/api/runs/", json={"question": "four"})
    is_error(refused, 429, "busy")
    assert int(refused.headers["retry-after"]) > 0
    _, name, data = next(events(server, third))
    assert (name, data) == ("status", {"stage": "queued", "position": 1})
    assert server.http.post(f"/api/runs/{second}/stop/").json()["state"] == "stopped"
    assert [name for _, name, _ in events(server, second)] == ["stopped"]
    next(event for event in events(server, first) if event[1] == "delta")
    assert server.http.post(f"/api/runs/{first}/stop/").status_code == 200
    absent = ended(server, third)
    assert (absent["state"], absent["error"]["code"]) == ("failed", "model_unreachable")
    assert absent["error"]["hint"]

    writing, waiting = ask(server, "five", mode="plain"), ask(server, "six", mode="plain")
    for number, event, _ in events(server, writing):
        if event == "delta" and number and int(number.split(".")[1]) > 6:
            break
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 10
    assert "Traceback" not in server.logged(), server.logged()
    model.reply, model.pause_s = ("all ", "well"), 0.0
    with serving(tmp_path / "data", **slow) as again:
        broken = ended(again, writing)
        assert broken["state"] == "interrupted"
        assert broken["message"]["content"].startswith("word0 word1 word2 ")
        assert [name for _, name, _ in events(again, writing) if name in TERMINAL_EVENTS] == ["interrupted"]
        later = ended(again, waiting)
        assert (later["state"], later["message"]["content"]) == ("finished", "all well")
        assert again.http.get(f"/api/runs/{first}/").json()["state"] == "stopped"
