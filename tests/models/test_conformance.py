"""What every provider does, whoever serves it: one suite over an Ollama and an OpenAI of ours, and a real engine."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from ibidem.errors import ModelUnknown, ModelUnreachable
from ibidem.models.base import ChatMessage, ChatRequest, Done, ModelEvent, PromptProgress, TextDelta
from ibidem.models.embed import embed_documents
from tests.fakes.model_server import FakeModelServer, closed_port
from tests.models.conformance import ANSWER, PROMPT, PROVIDERS, Providers

REQUEST = ChatRequest(messages=[ChatMessage("user", PROMPT)], max_tokens=60, temperature=0.0)
TEXTS = ["the server keeps the files", "a program reads the files", "one two three four", "write the answer twice"]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- chat ----------------------------------------------------------------------------------------------------------


def test_text_comes_in_pieces_and_ends_in_one_done_with_its_usage(provider: str, providers: Providers) -> None:
    async def ask() -> list[ModelEvent]:
        model = providers.chat(provider)
        try:
            return [event async for event in model.stream(REQUEST)]
        finally:
            await model.close()

    *told, done = asyncio.run(ask())
    pieces = [piece for piece in told if not isinstance(piece, PromptProgress)]
    assert all(isinstance(piece, TextDelta) for piece in pieces) and len(pieces) > 3
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == ANSWER
    assert isinstance(done, Done) and done.reason == "stop"
    assert done.usage.prompt > 20 and done.usage.completion > 5


def test_leaving_stops_the_model_at_once_and_it_answers_again(provider: str, providers: Providers) -> None:
    async def leave() -> tuple[float, ModelEvent]:
        model = providers.chat(provider)
        try:
            async with aclosing(model.stream(replace(REQUEST, max_tokens=1000))) as events:
                await anext(events)
                left_at = time.monotonic()
            left_s = time.monotonic() - left_at
            return left_s, [event async for event in model.stream(REQUEST)][-1]
        finally:
            await model.close()

    left_s, last = asyncio.run(leave())
    assert left_s < 0.5
    assert isinstance(last, Done)


def test_a_schema_reaches_the_model(provider: str, providers: Providers, model_server: FakeModelServer) -> None:
    model_server.reply = ['{"ok": ', "true}"]
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}

    async def ask() -> str:
        model = providers.chat(provider)
        try:
            events = [event async for event in model.stream(replace(REQUEST, schema=schema))]
            return "".join(event.text for event in events if isinstance(event, TextDelta))
        finally:
            await model.close()

    assert isinstance(json.loads(asyncio.run(ask()))["ok"], bool)
    if provider != "llama":
        assert json.dumps(schema) in json.dumps(model_server.chats[-1].body)


def test_what_it_can_do_is_data_and_asked_once(
    provider: str, providers: Providers, model_server: FakeModelServer
) -> None:
    model_server.entry = {"max_model_len": 2048}
    model_server.shown = {
        "capabilities": ["completion"],
        "model_info": {"general.architecture": "tiny", "tiny.context_length": 2048},
    }

    async def ask() -> None:
        model = providers.chat(provider)
        able = await model.capabilities()
        asked = len(model_server.seen)
        assert await model.capabilities() == able
        assert len(model_server.seen) == asked
        assert (able.context_tokens, able.schema, able.images) == (2048, True, False)
        await model.close()

    asyncio.run(ask())


def test_tokens_are_counted_exactly_or_not_at_all(provider: str, providers: Providers) -> None:
    async def ask() -> None:
        model = providers.chat(provider)
        counted = await model.count(REQUEST.messages)
        done = [event async for event in model.stream(REQUEST)][-1]
        assert isinstance(done, Done)
        assert counted == (done.usage.prompt if provider == "llama" else None)
        await model.close()

    asyncio.run(ask())


# --- vectors -------------------------------------------------------------------------------------------------------


def test_vectors_are_unit_vectors_and_a_batch_is_its_texts(provider: str, providers: Providers) -> None:
    embedder = providers.embedder(provider)
    together = embedder.embed(TEXTS)
    assert together.shape == (len(TEXTS), embedder.dim) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-3)
    embedder.close()
    embedder.close()


def test_texts_that_share_words_are_nearer(provider: str, providers: Providers) -> None:
    embedder = providers.embedder(provider)
    first, second, third, _ = embedder.embed(TEXTS)
    assert first @ second > first @ third + 0.2
    question = embedder.embed(["the files"], "query")[0]
    assert question @ first > question @ third
    embedder.close()


def test_a_text_too_long_for_the_model_goes_in_smaller_windows(
    provider: str, providers: Providers, model_server: FakeModelServer
) -> None:
    """Our count of tokens is an estimate: of single letters it is too low by half."""
    model_server.window_chars = 600
    embedder = providers.embedder(provider)
    dense = "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 80
    short, long = embed_documents(embedder, ["the files", dense], embedder.dim)
    assert len(short) == 1
    assert len(long) > 3
    assert np.allclose(np.linalg.norm(long, axis=1), 1.0, atol=1e-5)
    embedder.close()


def test_an_absent_server_is_told_with_the_next_step(
    provider: str, providers: Providers, model_server: FakeModelServer
) -> None:
    if provider == "llama":
        providers.embed_file = "no-such-file"
        with pytest.raises(ModelUnknown, match="no-such-file"):
            providers.embedder(provider)
        return
    gone = f"http://127.0.0.1:{closed_port()}/v1"
    providers.settings = replace(providers.settings, ollama_url=gone, openai_url=gone)
    with pytest.raises(ModelUnreachable) as caught:
        providers.embedder(provider).embed(["one"])
    assert f"{provider}_url" in caught.value.hint


# --- scores --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai", "llama"])
def test_every_passage_gets_a_score(provider: str, providers: Providers) -> None:
    reranker = providers.reranker(provider)
    found = reranker.rerank("which program reads files", TEXTS)
    assert len(found) == len(TEXTS)
    assert all(isinstance(score, float) for score in found)
    if provider == "openai":  # the tiny model has no head for it: every passage is worth the same to it
        assert max(range(len(TEXTS)), key=found.__getitem__) == 1
    reranker.close()
