"""What every chat model does, whoever serves it: one suite over Ollama, OpenAI-compatible servers and scripts."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from ibidem.errors import (
    BadInput,
    ContextTooLong,
    ModelCutOff,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnknown,
    ModelUnreachable,
)
from ibidem.models.base import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Done,
    Image,
    ModelEvent,
    ReasoningDelta,
    TextDelta,
)
from ibidem.models.catalog import open_model
from ibidem.models.ollama import context_tokens
from ibidem.models.scripted import ScriptedModel
from ibidem.settings import ModelSettings
from ibidem.types import Usage
from tests.fakes.model_server import Behaviour, FakeModelServer, closed_port

KEY = "sk-secret-0123456789"
QUESTION = "When does the reserve pump start?"
REQUEST = ChatRequest(
    messages=[ChatMessage("system", "Answer from the passages."), ChatMessage("user", QUESTION)],
    question=QUESTION,
    max_tokens=20,
)
Open = Callable[..., ChatModel]


@pytest.fixture(params=["ollama", "openai"])
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings(model_server: FakeModelServer) -> ModelSettings:
    return ModelSettings(
        ollama_url=model_server.ollama_url,
        openai_url=model_server.openai_url,
        openai_key=KEY,
        connect_timeout_s=1.0,
        first_token_timeout_s=2.0,
        idle_timeout_s=0.2,
    )


@pytest.fixture
def model(provider: str, settings: ModelSettings) -> ChatModel:
    return open_model(f"{provider}:tiny", settings, str.split)


@pytest.fixture(params=["ollama", "openai", "scripted"])
def any_model(
    request: pytest.FixtureRequest, settings: ModelSettings, model_server: FakeModelServer
) -> tuple[ChatModel, Callable[[], bool]]:
    """A model that says three pieces, and a way to ask whether its stream was stopped from outside."""
    model_server.reply = ("The pump ", "starts at ", "4.2 bar [1].")
    if request.param == "scripted":
        scripted = ScriptedModel(replies=[("The pump ", "starts at ", "4.2 bar [1].")])
        return scripted, lambda: scripted.stopped == 1
    return open_model(f"{request.param}:tiny", settings, str.split), model_server.wait_left


def ask(model: ChatModel, request: ChatRequest = REQUEST) -> list[ModelEvent]:
    async def collect() -> list[ModelEvent]:
        try:
            return [event async for event in model.stream(request)]
        finally:
            await model.close()

    return asyncio.run(collect())


def failure(model: ChatModel, request: ChatRequest = REQUEST) -> tuple[ModelError, list[ModelEvent]]:
    """The error of an answer and the events before it."""

    async def collect() -> tuple[ModelError, list[ModelEvent]]:
        events: list[ModelEvent] = []
        try:
            async for event in model.stream(request):
                events.append(event)
        except ModelError as error:
            return error, events
        finally:
            await model.close()
        raise AssertionError(f"no error, but {events}")

    return asyncio.run(collect())


def text(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


IMAGES = {"a": b"png", "b": b"jpeg"}
SEEN = ChatMessage("user", QUESTION, (Image("a", "image/png"), Image("b", "image/jpeg"), Image("gone", "image/png")))


def test_images_are_sent_as_each_provider_takes_them(
    provider: str, model: ChatModel, model_server: FakeModelServer
) -> None:
    ask(model, replace(REQUEST, messages=[SEEN, ChatMessage("assistant", "A gauge.")], images=IMAGES))
    first, second = model_server.chats[-1].body["messages"]
    if provider == "ollama":
        assert first == {"role": "user", "content": QUESTION, "images": ["cG5n", "anBlZw=="]}
    else:
        urls = ["data:image/png;base64,cG5n", "data:image/jpeg;base64,anBlZw=="]
        parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        assert first == {"role": "user", "content": [{"type": "text", "text": QUESTION}, *parts]}
    assert second == {"role": "assistant", "content": "A gauge."}


# --- every model ---------------------------------------------------------------------------------------------------


def test_text_comes_in_order_and_ends_in_exactly_one_done(any_model: tuple[ChatModel, Callable[[], bool]]) -> None:
    model, _ = any_model
    events = ask(model)
    assert [event.text for event in events[:-1]] == ["The pump ", "starts at ", "4.2 bar [1]."]
    assert isinstance(events[-1], Done)
    assert events[-1].reason == "stop"
    assert events[-1].usage.completion > 0


def test_closing_the_stream_stops_the_model_at_once(
    any_model: tuple[ChatModel, Callable[[], bool]], model_server: FakeModelServer
) -> None:
    model, stopped = any_model
    model_server.behaviour = "stall"

    async def leave_after_the_first_piece() -> float:
        async with aclosing(model.stream(REQUEST)) as events:
            assert await anext(events) == TextDelta("The pump ")
            left_at = time.monotonic()
        return time.monotonic() - left_at

    assert asyncio.run(leave_after_the_first_piece()) < 0.15
    assert stopped()


def test_cancelling_a_task_that_waits_for_a_token_stops_the_model(
    provider: str, settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model = open_model(f"{provider}:tiny", settings, str.split)
    model_server.behaviour = "silent"

    async def cancel_while_waiting() -> None:
        task = asyncio.ensure_future(anext(model.stream(REQUEST)))
        await asyncio.to_thread(model_server.wait_asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_while_waiting())
    assert model_server.wait_left()
    assert model_server.left_after_s[0] < 1.0


def test_a_model_answers_again_after_a_failure_and_may_be_closed_twice(
    model: ChatModel, model_server: FakeModelServer
) -> None:
    model_server.behaviour = "cut"
    failure(model)
    model_server.behaviour = "answer"
    assert text(ask(model)) == "The pump starts at 4.2 bar [1]."
    asyncio.run(model.close())
    asyncio.run(model.close())


# --- what a server sends -------------------------------------------------------------------------------------------


def test_korean_split_inside_a_character_arrives_whole(model: ChatModel, model_server: FakeModelServer) -> None:
    model_server.reply = ("예비 ", "펌프는 ", "4.2바에서 켜집니다 [1].")
    model_server.chunk_bytes = 1
    assert text(ask(model)) == "예비 펌프는 4.2바에서 켜집니다 [1]."


def test_usage_and_the_reason_for_stopping_are_told(
    provider: str, model: ChatModel, model_server: FakeModelServer
) -> None:
    model_server.behaviour = "length"
    reused = 20 if provider == "openai" else 0  # Ollama does not tell
    assert ask(model)[-1] == Done(Usage(prompt=26, reused=reused, completion=9), reason="length")


def test_reasoning_is_kept_apart_from_the_answer(model: ChatModel, model_server: FakeModelServer) -> None:
    model_server.behaviour = "thinks"
    events = ask(model)
    assert events[:2] == [ReasoningDelta("Let me "), ReasoningDelta("see.")]
    assert text(events) == "The pump starts at 4.2 bar [1]."


def test_bytes_that_are_no_utf8_become_replacement_characters(model: ChatModel, model_server: FakeModelServer) -> None:
    model_server.behaviour = "not_utf8"
    assert text(ask(model)) == "The p\ufffdmp starts at 4.2 bar [1]."


def test_a_lone_surrogate_in_question_or_answer_can_be_sent_and_stored(
    model: ChatModel, model_server: FakeModelServer
) -> None:
    model_server.reply = ("half a smile: \ud83d",)
    asked = ChatRequest(messages=[ChatMessage("user", "half a smile: \ud83d")])
    assert text(ask(model, asked)) == "half a smile: ?"
    assert model_server.chats[0].body["messages"][0]["content"] == "half a smile: \ud83d"


def test_endless_tokens_are_left_after_twice_the_limit(model: ChatModel, model_server: FakeModelServer) -> None:
    model_server.behaviour = "endless"
    events = ask(model)
    assert isinstance(events[-1], Done)
    assert events[-1].reason == "length"
    assert 2 * REQUEST.max_tokens <= len(events) <= 2 * REQUEST.max_tokens + 20
    assert model_server.wait_left()


def test_a_finish_reason_ends_an_answer_as_well_as_an_end_mark(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.behaviour = "no_end_mark"
    events = ask(open_model("openai:tiny", settings, str.split))
    assert text(events) == "The pump starts at 4.2 bar [1]."
    assert isinstance(events[-1], Done)


# --- how it fails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "kind", "said_before"),
    [
        ("headers_only", ModelTimeout, ""),
        ("silent", ModelTimeout, ""),
        ("stall", ModelTimeout, "The pump "),
        ("keep_alive_only", ModelTimeout, "The pump "),
        ("disconnect", ModelCutOff, ""),
        ("cut", ModelCutOff, "The pump "),
        ("ends_early", ModelCutOff, "The pump "),
        ("broken_json", ModelCutOff, "The pump "),
        ("not_an_answer", ModelCutOff, ""),
        ("long_line", ModelCutOff, ""),
        ("unauthorized", ModelRejected, ""),
        ("missing_model", ModelRejected, ""),
        ("rate_limited", ModelRejected, ""),
        ("server_error", ModelRejected, ""),
        ("error_hangs", ModelRejected, ""),
        ("error_in_stream", ModelRejected, "The pump "),
        ("error_unframed", ModelRejected, ""),
        ("error_flat", ModelRejected, ""),
        ("too_long_stream", ContextTooLong, ""),
    ],
)
def test_each_misbehaviour_has_its_error_after_the_text_that_came(
    provider: str,
    settings: ModelSettings,
    model_server: FakeModelServer,
    behaviour: Behaviour,
    kind: type[ModelError],
    said_before: str,
) -> None:
    if behaviour in ("silent", "headers_only"):
        settings = replace(settings, first_token_timeout_s=0.2)
    if behaviour == "error_hangs":
        settings = replace(settings, connect_timeout_s=0.2)
    model_server.behaviour = behaviour
    error, events = failure(open_model(f"{provider}:tiny", settings, str.split))
    assert type(error) is kind
    assert text(events) == said_before
    assert model_server.url in error.message
    assert "\n" not in error.message
    assert len(error.message) < 450
    assert error.hint
    assert KEY not in f"{error!r} {error.as_dict()} {error.__cause__!r}"


@pytest.mark.parametrize("behaviour", ["too_long_llama", "too_long_openai", "too_long_vllm"])
def test_a_prompt_too_long_is_told_apart_in_every_servers_words(
    settings: ModelSettings, model_server: FakeModelServer, behaviour: Behaviour
) -> None:
    model_server.behaviour = behaviour
    error, _ = failure(open_model("openai:tiny", settings, str.split))
    assert type(error) is ContextTooLong
    assert "budget_tokens" in error.hint


@pytest.mark.parametrize(
    ("behaviour", "status", "transient", "hints"),
    [
        ("unauthorized", 401, False, {"openai": "IBIDEM_MODELS__OPENAI_KEY", "ollama": "ollama_url"}),
        ("missing_model", 404, False, {"openai": "openai_url", "ollama": "ollama pull tiny"}),
        ("rate_limited", 429, True, {"openai": "in 7 s", "ollama": "in 7 s"}),
        ("server_error", 500, True, {"openai": "log", "ollama": "log"}),
    ],
)
def test_a_refusal_carries_its_status_and_what_to_do(
    provider: str,
    model: ChatModel,
    model_server: FakeModelServer,
    behaviour: Behaviour,
    status: int,
    transient: bool,
    hints: dict[str, str],
) -> None:
    model_server.behaviour = behaviour
    error, _ = failure(model)
    assert isinstance(error, ModelRejected)
    assert (error.status, error.transient) == (status, transient)
    assert hints[provider] in error.hint
    assert error.retry_after_s == (7.0 if status == 429 else None)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:{closed}", "{closed}"),
        ("http://no-such-host.invalid:1234", "no-such-host.invalid"),
        ("http://" + "a" * 70 + ".invalid", "aaa"),
        ("127.0.0.1:11434", "no address"),
        ("http://[::1", "no address"),
        ("http://127.0.0.1:99999", "99999"),
        ("http://user:pass-word@127.0.0.1:{closed}/?key=pass-word", "127.0.0.1:{closed}"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named_with_the_next_step(provider: str, url: str, said: str) -> None:
    closed = str(closed_port())
    url = url.replace("{closed}", closed)
    settings = ModelSettings(ollama_url=url, openai_url=url, connect_timeout_s=2.0)
    error, _ = failure(open_model(f"{provider}:tiny", settings, str.split))
    assert type(error) is ModelUnreachable
    assert said.replace("{closed}", closed) in error.message
    assert f"{provider}_url" in error.hint
    assert "pass-word" not in error.message


# --- what is sent --------------------------------------------------------------------------------------------------


def test_ollama_is_asked_for_a_window_that_holds_prompt_and_answer(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    ask(open_model("ollama:llama3.2:3b", settings, str.split))
    sent = model_server.chats[0]
    assert sent.path == "/api/chat"
    assert sent.body["model"] == "llama3.2:3b"
    assert sent.body["options"] == {"num_ctx": 4096, "num_predict": 20, "temperature": 0.2}
    assert sent.body["truncate"] is False
    assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    ("prompt_tokens", "window"), [(100, 4096), (2500, 8192), (9000, 16384), (16000, 32768), (26000, None)]
)
def test_the_window_grows_with_the_prompt_up_to_a_clear_error(prompt_tokens: int, window: int | None) -> None:
    if window is None:
        with pytest.raises(ContextTooLong, match="need more than 32768"):
            context_tokens(prompt_tokens, 1024)
    else:
        assert context_tokens(prompt_tokens, 1024) == window


def test_an_openai_server_gets_the_key_and_is_asked_for_usage(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    ask(open_model("openai:meta/tiny", settings, str.split))
    sent = model_server.chats[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body["model"] == "meta/tiny"
    assert sent.body["stream_options"] == {"include_usage": True}
    assert (sent.body["max_tokens"], sent.body["stream"]) == (20, True)


def test_a_proxy_of_the_environment_is_not_asked_for_a_server_on_this_machine(
    model: ChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    assert isinstance(ask(model)[-1], Done)


# --- scripts and names ---------------------------------------------------------------------------------------------


def test_a_script_waits_says_reasons_and_fails_as_written() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    model = ScriptedModel("play", sleep=sleep)
    model.queue(ReasoningDelta("hm"), "One ", 0.5, ModelCutOff("gone"))
    error, events = failure(model)
    assert (events, waited, error.message) == ([ReasoningDelta("hm"), TextDelta("One ")], [0.5], "gone")
    assert model.requests == [REQUEST]


def test_a_script_without_a_reply_echoes_the_question_with_a_citation(settings: ModelSettings) -> None:
    model = open_model("scripted:echo", settings, str.split)
    assert model.name == "scripted:echo"
    assert text(ask(model)) == f"You asked: {QUESTION} [1]"


def test_quotes_needs_no_server_and_no_name(settings: ModelSettings) -> None:
    assert open_model("quotes", settings, str.split).name == "quotes"


@pytest.mark.parametrize("name", ["", "  ", "ollama", "openai:", "scripted", "gpt-9", "llamma:x", "quotes:x"])
def test_an_unknown_name_is_told_with_what_is_known(name: str, settings: ModelSettings) -> None:
    with pytest.raises(ModelUnknown) as caught:
        open_model(name, settings, str.split)
    assert "NAME" in caught.value.hint


def test_a_key_that_no_header_can_carry_is_refused_without_showing_it() -> None:
    with pytest.raises(BadInput) as caught:
        open_model("openai:x", ModelSettings(openai_key="sk-first\nsecond"), str.split)
    assert "first" not in f"{caught.value!r}"


def test_opening_a_model_does_not_load_the_http_library() -> None:
    code = (
        "import sys; from ibidem.models.catalog import open_model; from ibidem.settings import ModelSettings;"
        "open_model('ollama:x', ModelSettings(), str.split); sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
