"""What the servers on this machine offer, with sizes and contexts where they say them, within about a second."""

from __future__ import annotations

import asyncio
import time

import httpx  # noqa: F401  (loaded before the clock runs)

from ibidem.models.found import Found, Server, servers
from ibidem.settings import ModelSettings
from tests.fakes.hub import Hub, hub, other_hub
from tests.fakes.model_server import FakeModelServer, closed_port

__all__ = ["hub", "other_hub"]

TAGS = {
    "models": [
        {
            "name": "qwen2.5:7b",
            "size": 4_683_087_332,
            "details": {"parameter_size": "7.6B", "quantization_level": "Q4_K_M"},
        }
    ]
}
SHOWN = {"model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768}}


def found(ollama: str, openai: str) -> tuple[list[Server], list[Found]]:
    return asyncio.run(servers(ModelSettings(ollama_url=ollama, openai_url=openai)))


def nobody() -> str:
    return f"http://127.0.0.1:{closed_port()}"


def test_ollama_and_lm_studio_say_what_they_have(hub: Hub, other_hub: Hub) -> None:
    hub.routes = {"/api/tags": TAGS, "/api/show": SHOWN, "/api/ps": {"models": [{"name": "qwen2.5:7b"}]}}
    other_hub.routes = {
        "/v1/models": {"data": [{"id": "gemma-3-4b"}, {"id": "phi-4"}]},
        "/api/v0/models": {
            "data": [
                {"id": "gemma-3-4b", "max_context_length": 131072, "quantization": "Q4_K_M", "state": "not-loaded"},
                {"id": "phi-4", "max_context_length": 16384, "loaded_context_length": 8192, "state": "loaded"},
            ]
        },
    }
    asked, models = found(hub.url, f"{other_hub.url}/v1")
    assert [(one.provider, one.reachable) for one in asked] == [("ollama", True), ("openai", True)]
    assert models == [
        Found("ollama:qwen2.5:7b", "ollama", 4_683_087_332, 32768, "7.6B Q4_K_M", loaded=True),
        Found("openai:gemma-3-4b", "openai", None, 131072, "Q4_K_M not-loaded", loaded=False),
        Found("openai:phi-4", "openai", None, 8192, "loaded", loaded=True),
    ]


def test_a_model_is_shown_once_and_again_when_it_is_another(hub: Hub) -> None:
    hub.routes = {"/api/tags": {"models": [{**TAGS["models"][0], "digest": "365c0bd3c000"}]}, "/api/show": SHOWN}
    contexts = [found(hub.url, nobody())[1][0].context_tokens for _ in range(2)]
    assert contexts == [32768, 32768] and hub.asked.count("/api/show") == 1
    hub.routes["/api/tags"]["models"][0]["digest"] = "76caddc30c76"
    found(hub.url, nobody())
    assert hub.asked.count("/api/show") == 2


def test_other_servers_say_it_in_their_own_entries(hub: Hub) -> None:
    hub.routes = {
        "/v1/models": {
            "data": [
                {"id": "vllm", "max_model_len": 6048},
                {"id": "router", "context_length": 200000},
                {"id": "file", "meta": {"n_ctx_train": 32768, "size": 531068416}},
                {"id": "mute"},
            ]
        }
    }
    _, models = found(nobody(), f"{hub.url}/v1")
    assert [(one.name, one.size_bytes, one.context_tokens) for one in models] == [
        ("openai:vllm", None, 6048),
        ("openai:router", None, 200000),
        ("openai:file", 531068416, 32768),
        ("openai:mute", None, None),
    ]


def test_figures_that_are_none_are_left_out(hub: Hub) -> None:
    hub.routes = {
        "/api/tags": {"models": [{"name": "odd", "size": "big", "details": 3}, 7]},
        "/api/show": {"model_info": []},
    }
    _, models = found(hub.url, nobody())
    assert [(one.size_bytes, one.context_tokens, one.detail) for one in models] == [(None, None, "")] * 2


def test_without_a_server_each_says_why() -> None:
    asked, models = found(nobody(), f"http://me:secret@127.0.0.1:{closed_port()}/v1")
    assert models == []
    assert [one.reachable for one in asked] == [False, False]
    assert "ollama serve" in asked[0].detail
    assert "secret" not in repr(asked)


def test_servers_that_stay_silent_cost_a_second_together(model_server: FakeModelServer) -> None:
    model_server.behaviour = "silent"
    began = time.monotonic()
    asked, _ = found(model_server.ollama_url, model_server.openai_url)
    assert time.monotonic() - began < 2.5
    assert [one.reachable for one in asked] == [False, False]
    assert "silent" in asked[0].detail
