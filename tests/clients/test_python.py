"""What the Python clients of both dialects do beside chatting: lists, vectors, tools, thinking, failures by their type."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import ollama
import openai
import pytest

from tests.api.dialects.conftest import ANSWER, ASKED
from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer

PIECES = ["The pump ", "starts at ", "4.2 bar [1]."]
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def spoken(server: Server, model: FakeModelServer) -> ollama.Client:
    return ollama.Client(host=server.url, trust_env=False)


@pytest.fixture
def asked(server: Server, model: FakeModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=0) as client:
        yield client


# --- ollama ----------------------------------------------------------------------------------------------------------


def test_ollama_lists_shows_and_chats(spoken: ollama.Client) -> None:
    names = [one.model for one in spoken.list().models]
    assert "plant:latest" in names
    assert "completion" in (spoken.show("plant").capabilities or [])
    assert spoken.ps().models == []
    assert spoken.chat("plant:latest", messages=ASKED).message.content == ANSWER
    parts = list(spoken.chat("plant", messages=ASKED, stream=True))
    assert "".join(part.message.content or "" for part in parts) == ANSWER
    assert parts[-1].done and parts[-1].eval_count == 9


def test_ollama_generates_and_embeds(spoken: ollama.Client) -> None:
    assert spoken.generate("plant", "When does the reserve pump start?").response == ANSWER
    parts = spoken.generate("plain/ollama.tiny", "def f(", suffix="return", stream=True)
    assert "".join(part.response for part in parts) == ANSWER
    assert len(spoken.embed("plain/ollama.tiny", ["a", "b"]).embeddings) == 2
    assert spoken.embeddings("plain/ollama.tiny", "a").embedding
    assert spoken.generate("plant", keep_alive=0).done_reason == "unload"


def test_ollama_calls_tools_and_thinks(spoken: ollama.Client, model: FakeModelServer) -> None:
    model.behaviour = "calls_tool"
    (call,) = spoken.chat("plant", messages=ASKED, tools=[WEATHER]).message.tool_calls or ()
    assert (call.function.name, call.function.arguments) == ("weather", {"city": "Oslo", "days": 2})
    model.behaviour = "thinks"
    assert spoken.chat("plant", messages=ASKED, think=True).message.thinking == "Let me see."


def test_ollama_tells_how_likely_each_token_was(spoken: ollama.Client) -> None:
    told = spoken.chat("plant", messages=ASKED, logprobs=True, top_logprobs=2).logprobs or ()
    assert [(one.token, one.logprob, len(one.top_logprobs or ())) for one in told] == [
        (one, -0.25, 2) for one in PIECES
    ]
    parts = spoken.generate("plant", "When does the reserve pump start?", stream=True, logprobs=True)
    assert [one.token for part in parts for one in part.logprobs or ()] == PIECES
    assert spoken.chat("plant", messages=ASKED).logprobs is None


def test_ollama_s_async_client_does_the_same(server: Server, model: FakeModelServer) -> None:
    async def all_of_it() -> tuple[Any, ...]:
        client = ollama.AsyncClient(host=server.url, trust_env=False)
        parts = await client.generate("plant", "When does the reserve pump start?", stream=True)
        return (
            [one.model for one in (await client.list()).models],
            (await client.show("plant")).capabilities,
            (await client.ps()).models,
            (await client.embed("plain/ollama.tiny", ["a", "b"])).embeddings,
            "".join([part.response async for part in parts]),
        )

    names, able, loaded, vectors, text = asyncio.run(all_of_it())
    assert "plant:latest" in names and "completion" in able
    assert loaded == [] and len(vectors) == 2
    assert text == ANSWER


def test_ollama_raises_what_went_wrong(spoken: ollama.Client, model: FakeModelServer) -> None:
    with pytest.raises(ollama.ResponseError, match="model 'nothing-here' not found") as caught:
        spoken.chat("nothing-here", messages=ASKED)
    assert caught.value.status_code == 404
    model.behaviour = "disconnect"
    with pytest.raises(ollama.ResponseError) as caught:
        spoken.chat("plant", messages=ASKED)
    assert caught.value.status_code == 502
    model.behaviour = "cut"
    with pytest.raises(ollama.ResponseError, match="broke off"):
        list(spoken.chat("plant", messages=ASKED, stream=True))


def test_ollama_pulls_copies_and_deletes(spoken: ollama.Client) -> None:
    assert spoken.pull("plant").status == "success"
    assert [part.status for part in spoken.pull("new:1b", stream=True)][-1] == "success"
    assert spoken.copy("plain/ollama.tiny", "b").status == "success"
    assert spoken.delete("plain/ollama.tiny").status == "success"


# --- openai ----------------------------------------------------------------------------------------------------------


def test_openai_lists_and_chats_with_citations(asked: openai.OpenAI, server: Server) -> None:
    assert "plant" in [one.id for one in asked.models.list()]
    assert asked.models.retrieve("plant/ollama.tiny").id == "plant/ollama.tiny"
    (choice,) = asked.chat.completions.create(model="plant", messages=ASKED).choices  # type: ignore[arg-type]
    assert choice.message.content == ANSWER
    (note,) = choice.message.annotations or ()
    assert note.url_citation.url.startswith(server.url)


def test_openai_streams_text_annotations_and_usage(asked: openai.OpenAI) -> None:
    parts = list(
        asked.chat.completions.create(  # type: ignore[call-overload]
            model="plant", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(part.choices[0].delta.content or "" for part in parts if part.choices) == ANSWER
    assert any((part.choices[0].delta.model_extra or {}).get("annotations") for part in parts if part.choices)
    assert parts[-1].usage.total_tokens == 35


def test_openai_calls_tools_completes_embeds_and_responds(asked: openai.OpenAI, model: FakeModelServer) -> None:
    assert asked.completions.create(model="plain/openai.tiny", prompt="def f(", suffix="x").choices[0].text == ANSWER
    assert len(asked.embeddings.create(model="plain/ollama.tiny", input=["a", "b"]).data) == 2
    assert asked.responses.create(model="plant", input=ASKED[0]["content"]).output_text == ANSWER
    with asked.responses.stream(model="plant", input=ASKED[0]["content"]) as stream:
        assert stream.get_final_response().output_text == ANSWER
    model.behaviour = "calls_tool"
    told: Any = asked.chat.completions.create(model="plant", messages=ASKED, tools=[WEATHER])  # type: ignore[call-overload]
    assert told.choices[0].message.tool_calls[0].function.name == "weather"


@pytest.mark.parametrize("model", ["plant", "plain/openai.tiny"])
def test_openai_tells_how_likely_each_token_was(asked: openai.OpenAI, model: str) -> None:
    body: Any = {"model": model, "messages": ASKED, "logprobs": True, "top_logprobs": 3}
    (choice,) = asked.chat.completions.create(**body).choices
    told = choice.logprobs.content or () if choice.logprobs else ()
    assert [(one.token, len(one.top_logprobs)) for one in told] == [(one, 3) for one in PIECES]
    with asked.chat.completions.stream(**body) as stream:
        final = stream.get_final_completion().choices[0]
    assert final.message.content == ANSWER
    assert final.logprobs
    assert [one.token for one in final.logprobs.content or ()] == PIECES


def test_openai_raises_what_went_wrong(asked: openai.OpenAI, model: FakeModelServer) -> None:
    with pytest.raises(openai.NotFoundError):
        asked.chat.completions.create(model="nothing-here", messages=ASKED)  # type: ignore[arg-type]
    with pytest.raises(openai.BadRequestError):
        asked.chat.completions.create(model="plant", messages=ASKED, temperature=9)  # type: ignore[arg-type]
    model.behaviour = "cut"
    with pytest.raises(openai.APIError, match="broke off"):
        list(asked.chat.completions.create(model="plant", messages=ASKED, stream=True))  # type: ignore[arg-type]


def test_a_call_that_fails_on_the_server_s_side_is_sent_three_times_by_its_client(
    server: Server, model: FakeModelServer
) -> None:
    model.behaviour = "server_error"
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="x", max_retries=2)
    with client, pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="plant", messages=ASKED)  # type: ignore[arg-type]
    assert len(model.chats) == 3
