"""A real engine behind the dialects: the official clients get a cited answer, and its cache keeps what it has read."""

from __future__ import annotations

from collections.abc import Iterator

import ollama
import openai
import pytest

from tests.api.serving import Server, put_text, serving, workspace
from tests.models.conftest import made, tiny_chat

__all__ = ["made", "tiny_chat"]

NOTE = "The code of the blue door is 4821 and it changes every Monday.\n"
ASKED = [{"role": "user", "content": "What is the code of the blue door?"}]
REREAD = 64  # tokens beside those that are new to a prompt


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, tiny_chat: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("engine")
    settings = {"IBIDEM_MODELS__DEFAULT": f"llama:{tiny_chat}", "IBIDEM_MODELS__CONTEXT_TOKENS": "4096"}
    away = {"IBIDEM_MODELS__OLLAMA_URL": "http://127.0.0.1:9", "IBIDEM_MODELS__OPENAI_URL": "http://127.0.0.1:9/v1"}
    with serving(folder / "data", **settings, **away) as running:
        workspace(running, "Plant")
        put_text(running, "door.md", NOTE, "plant")
        yield running


def test_ollama_s_client_gets_a_cited_answer(engine: Server) -> None:
    client = ollama.Client(host=engine.url, trust_env=False)
    told = client.chat("plant", messages=ASKED, options={"num_predict": 60}).message.content or ""
    assert told.endswith(f"{NOTE.strip()} [1]")
    (loaded,) = client.ps().models
    assert loaded.model == "plain/tiny-chat:latest" and loaded.expires_at
    assert client.generate("plant", "def f(", suffix="return x", options={"num_predict": 8}).response


def test_over_six_turns_the_engine_reads_only_what_is_new(engine: Server) -> None:
    messages = list(ASKED)
    before = 0
    with openai.OpenAI(base_url=f"{engine.url}/v1", api_key="x") as client:
        for turn in range(6):
            told = client.chat.completions.create(model="plant", messages=messages, max_tokens=20)  # type: ignore[arg-type]
            assert told.choices[0].message.content and told.usage and told.usage.prompt_tokens_details
            cached = told.usage.prompt_tokens_details.cached_tokens or 0
            assert cached >= before - REREAD, f"turn {turn}"
            before = told.usage.total_tokens
            messages.append({"role": "assistant", "content": told.choices[0].message.content})
            messages.append({"role": "user", "content": f"And again, what is the code? ({turn})"})
