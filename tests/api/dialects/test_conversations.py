"""What both dialects do with a conversation: documents where they help, the prefix kept, a record, an end when the client leaves."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.api.dialects.conftest import ANSWER, ASKED, QUESTION, prompt
from tests.api.serving import Server, ask, wait_for, workspace
from tests.fakes.model_server import FakeModelServer

PATHS = {"ollama": "/api/chat", "openai": "/v1/chat/completions"}
LEAVES_WITHIN_S = 0.1  # the upstream is told so soon that the client has gone


@pytest.fixture(params=["ollama", "openai"])
def path(request: pytest.FixtureRequest) -> str:
    return PATHS[request.param]


def say(client: httpx.Client, path: str, messages: list[dict[str, Any]], **more: Any) -> str:
    answer = client.post(path, json={"model": "plant", "messages": messages, "stream": False, **more})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    text: str = (told["message"] if "message" in told else told["choices"][0]["message"])["content"]
    return text


# --- the prefix ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "You are a plumber."}]])
def test_over_six_turns_every_prompt_begins_with_the_one_before(
    client: httpx.Client, model: FakeModelServer, path: str, system: list[dict[str, Any]]
) -> None:
    messages = list(system)
    before: list[dict[str, Any]] = []
    for turn in range(6):
        messages.append({"role": "user", "content": f"{QUESTION} And the relief valve? ({len(system)}.{turn} {path})"})
        said = say(client, path, messages)
        assert prompt(model)[: len(before)] == before, f"turn {turn}"
        before = [*prompt(model), {"role": "assistant", "content": said}]
        messages.append({"role": "assistant", "content": f" {said}\n"})  # clients trim, or do not
    if system:
        assert before[0] == system[0], "the client's system prompt is untouched"
    passages = [one["content"].count("The reserve pump starts at 4.2 bar.") for one in before if one["role"] == "user"]
    assert passages == [1, 0, 0, 0, 0, 0], "a passage stands where it was first needed"


def test_a_later_answer_cites_a_passage_that_stands_further_up(client: httpx.Client, path: str) -> None:
    first = [{"role": "user", "content": f"{QUESTION} Say it at {path}."}]
    said = say(client, path, first)
    again = [*first, {"role": "assistant", "content": said}, {"role": "user", "content": "And in kilopascal?"}]
    answer = client.post(path, json={"model": "plant", "messages": again, "stream": False}).json()
    assert [one["path"] for one in answer["sources"]] == ["pumps.md"]


def test_words_of_one_owner_s_workspace_do_not_come_back_in_another(
    client: httpx.Client, model: FakeModelServer, server: Server, path: str
) -> None:
    slug = workspace(server, f"Other {path.replace('/', ' ')}")
    said = say(client, path, ASKED)
    again = [*ASKED, {"role": "assistant", "content": said}, {"role": "user", "content": QUESTION}]
    say(client, path, again, model=slug)
    assert "4.2 bar." not in str([one for one in prompt(model) if one["role"] == "user"])


# --- where documents are left out ------------------------------------------------------------------------------------------

HELPERS = [
    "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.\n### Guidelines:\n- Short\n"
    "### Chat History:\n<chat_history>\nUSER: when does the reserve pump start\n</chat_history>",
    "### Task:\nSuggest 3-5 relevant follow-up questions on the reserve pump.\n### Guidelines:\n- Write them",
    "Given the following... please reply with a title for the chat that is 3-4 words in length: the reserve pump starts",
]


@pytest.mark.parametrize("text", HELPERS, ids=["title", "follow-up", "describe"])
def test_a_front_end_s_own_prompts_are_not_searched_for(
    client: httpx.Client, model: FakeModelServer, path: str, text: str
) -> None:
    messages = [{"role": "user", "content": text}]
    say(client, path, messages)
    assert prompt(model) == messages


def test_json_is_not_searched_for(client: httpx.Client, model: FakeModelServer) -> None:
    say(client, "/api/chat", ASKED, format="json")
    assert prompt(model) == ASKED and model.chats[-1].body["format"] == "json"
    say(client, "/v1/chat/completions", ASKED, response_format={"type": "json_object"})
    assert prompt(model) == ASKED


def test_a_plain_model_reads_what_the_client_sent_and_nothing_else(
    client: httpx.Client, model: FakeModelServer, path: str
) -> None:
    messages = [{"role": "system", "content": "Be short."}, *ASKED, {"role": "assistant", "content": "At 4."}, *ASKED]
    assert say(client, path, messages, model="plain/ollama.tiny") == ANSWER
    assert prompt(model) == messages
    assert "temperature" not in model.chats[-1].body["options"], "what the client left open is the upstream's to choose"


# --- names ---------------------------------------------------------------------------------------------------------------


def test_an_alias_means_what_it_is_set_to(client: httpx.Client, model: FakeModelServer, path: str) -> None:
    say(client, path, ASKED, model="gpt-4o")
    assert "4.2 bar." in prompt(model)[-1]["content"]


# --- the footer -----------------------------------------------------------------------------------------------------------


def test_a_client_that_shows_text_alone_gets_the_sources_as_text(client: httpx.Client, model: FakeModelServer) -> None:
    headers = {"User-Agent": "ktor-client"}
    body = {"model": "plant", "messages": ASKED, "stream": False}
    said = client.post("/api/chat", json=body, headers=headers).json()["message"]["content"]
    assert said.startswith(f"{ANSWER}\n\n---\nSources:\n[1] pumps.md, lines 1-2: http://")
    asked = prompt(model)
    again = [*ASKED, {"role": "assistant", "content": said.strip()}, {"role": "user", "content": "And then?"}]
    client.post("/api/chat", json=body | {"messages": again}, headers=headers)
    assert prompt(model)[: len(asked) + 1] == [*asked, {"role": "assistant", "content": ANSWER}]
    body |= {"tools": [{"type": "function", "function": {"name": "x"}}]}
    assert client.post("/api/chat", json=body, headers=headers).json()["message"]["content"] == ANSWER


# --- the record -----------------------------------------------------------------------------------------------------------


def test_an_answer_over_documents_leaves_a_record_under_the_id_in_its_header(
    client: httpx.Client, server: Server, path: str
) -> None:
    answer = client.post(path, json={"model": "plant", "messages": ASKED}, headers={"User-Agent": "tests/1"})
    place = f"/api/answers/{answer.headers['x-ibidem-answer']}/"
    wait_for(lambda: server.http.get(place).status_code == 200, "the record is written")
    record = server.http.get(place).json()
    assert (record["question"], record["workspace"], record["status"]) == (QUESTION, "plant", "finished")
    assert (record["client"], record["model"]) == ("tests/1", "ollama:tiny:latest")
    assert record["citations"][0]["path"] == "pumps.md" and record["timings"]["total_ms"] > 0
    assert server.http.get("/api/answers/", params={"limit": 1}).json()["items"][0]["id"] == record["id"]
    assert client.get(place).status_code == 401, "records are read with the key alone"


def test_plain_answers_and_completions_leave_no_record_and_no_run(client: httpx.Client, server: Server) -> None:
    def answers() -> list[str]:
        items = server.http.get("/api/jobs/").json()["items"]
        return [job["id"] for job in items if job["kind"] == "answer"]

    before = answers()
    chat = client.post("/api/chat", json={"model": "plain/ollama.tiny", "messages": ASKED})
    client.post("/v1/completions", json={"model": "plant", "prompt": "def f("})
    later = client.post("/api/chat", json={"model": "plant", "messages": ASKED})
    place = f"/api/answers/{later.headers['x-ibidem-answer']}/"
    wait_for(lambda: server.http.get(place).status_code == 200, "a later record is written")
    assert server.http.get(f"/api/answers/{chat.headers['x-ibidem-answer']}/").status_code == 404
    assert answers() == before


# --- who leaves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["stall", "silent"])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("target", ["plant", "plain/ollama.tiny"])
def test_a_client_that_leaves_stops_the_upstream_at_once(
    client: httpx.Client, model: FakeModelServer, path: str, behaviour: Any, stream: bool, target: str
) -> None:
    model.behaviour = behaviour
    body = {"model": target, "messages": ASKED, "stream": stream}
    with pytest.raises(httpx.ReadTimeout), client.stream("POST", path, json=body, timeout=0.5) as answer:
        answer.read()
    left_at = time.monotonic()
    assert model.wait_left(5)
    assert time.monotonic() - left_at < LEAVES_WITHIN_S
    model.behaviour = "answer"


def test_a_completion_that_is_outdated_stops_the_upstream(client: httpx.Client, model: FakeModelServer) -> None:
    model.behaviour = "stall"
    body = {"model": "plain/ollama.tiny", "prompt": "def f(", "raw": True}
    with pytest.raises(httpx.ReadTimeout), client.stream("POST", "/api/generate", json=body, timeout=0.5) as answer:
        answer.read()
    assert model.wait_left(5)


def test_an_answer_of_a_client_that_left_is_recorded_as_stopped(
    client: httpx.Client, server: Server, model: FakeModelServer
) -> None:
    model.behaviour = "stall"
    with client.stream("POST", "/api/chat", json={"model": "plant", "messages": ASKED}) as answer:
        place = f"/api/answers/{answer.headers['x-ibidem-answer']}/"
    wait_for(lambda: server.http.get(place).status_code == 200, "the record is written")
    assert server.http.get(place).json()["status"] == "stopped"


def test_our_own_answers_go_on_beside(client: httpx.Client, server: Server) -> None:
    run = ask(server, QUESTION, workspace="plant")
    assert say(client, "/api/chat", ASKED) == ANSWER
    wait_for(lambda: server.http.get(f"/api/runs/{run}/").json()["state"] == "finished", "the run ends")
