"""Code completion over the wire, in the shapes that ProxyAI and Continue send: what reaches the model upstream."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.serving import Server, add_folder, serving, workspace
from tests.fakes.model_server import FakeModelServer

CART = '''"""Prices."""


def discounted_total(cart, rate):
    """The sum of the cart's prices, less the rate."""
    return sum(cart.prices) * (1 - rate)
'''
MAIN = """from shop.cart import discounted_total


def checkout(cart):
    total = """
AFTER = "\n    return total\n"
QWEN = f"<|fim_prefix|>{MAIN}<|fim_suffix|>{AFTER}<|fim_middle|>"
PADDED = f"<|fim_prefix|> {MAIN} <|fim_suffix|>{AFTER} <|fim_middle|>"  # as ProxyAI's own template has it


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeModelServer]:
    server = FakeModelServer(models=("qwen2.5-coder:latest", "llama3.2:latest"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: FakeModelServer) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("completion")
    shop = root / "project" / "shop"
    shop.mkdir(parents=True)
    (shop / "cart.py").write_text(CART)
    (shop / "main.py").write_text(MAIN + "0" + AFTER)
    settings = {
        "IBIDEM_MODELS__OLLAMA_URL": upstream.ollama_url,
        "IBIDEM_MODELS__OPENAI_URL": upstream.openai_url,
        "IBIDEM_MODELS__DEFAULT": "ollama:qwen2.5-coder:latest",
        "IBIDEM_COMPLETE__CONTEXT_MS": "5000",  # a busy machine changes no result
    }
    with serving(root / "data", **settings) as running:
        add_folder(running, root / "project", workspace(running, "shop"))
        yield running


@pytest.fixture(autouse=True)
def well_behaved(upstream: FakeModelServer) -> None:
    upstream.behaviour, upstream.reply = "answer", ("discounted_total", "(cart, 0.1)")
    upstream.seen.clear()


def prompt_of(upstream: FakeModelServer) -> str:
    [asked] = upstream.completions
    prompt: str = asked.body["prompt"]
    return prompt


SHAPES: dict[str, dict[str, Any]] = {
    "proxyai": {
        "prompt": PADDED,
        "stream": False,
        "raw": True,
        "options": {"stop": ["<|endoftext|>"], "num_predict": 9},
    },
    "proxyai without its template": {"prompt": MAIN, "suffix": AFTER, "stream": False, "raw": True},
    "continue": {"prompt": QWEN, "raw": True, "stream": False, "keep_alive": 1800, "options": {"num_ctx": 8192}},
    "continue with a suffix": {"prompt": MAIN, "suffix": AFTER, "stream": False},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_completion_by_ollamas_clients_sees_the_definition_that_it_needs(
    server: Server, upstream: FakeModelServer, shape: dict[str, Any]
) -> None:
    answer = server.http.post("/api/generate", json={"model": "shop", **shape})
    assert answer.status_code == 200, answer.text
    assert answer.json()["response"] == "discounted_total(cart, 0.1)"
    prompt = prompt_of(upstream)
    context, mark, code = prompt.partition("<|fim_prefix|>")
    assert mark
    assert "def discounted_total(cart, rate):" in context
    assert context.startswith("<|repo_name|>shop\n<|file_sep|>project/shop/cart.py\n")
    assert context.endswith("<|file_sep|>project/shop/main.py\n")  # known by its lines: no client told the path
    assert "def discounted_total" not in code
    assert code.rstrip(" ").endswith("<|fim_middle|>")
    assert upstream.completions[0].body["raw"] is True


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/fim/completions", "/api/generate"])
def test_a_completion_by_openais_clients_sees_it_as_well(server: Server, upstream: FakeModelServer, path: str) -> None:
    body = {"model": "shop/ollama.qwen2.5-coder", "prompt": MAIN, "suffix": AFTER, "max_tokens": 24, "stream": False}
    answer = server.http.post(path, json=body)
    choice = answer.json()["choices"][0]
    text = choice["text"] if "text" in choice else choice["message"]["content"]
    assert text == "discounted_total(cart, 0.1)"
    assert "def discounted_total(cart, rate):" in prompt_of(upstream)


def test_a_stream_is_a_stream_of_the_same(server: Server, upstream: FakeModelServer) -> None:
    body = {"model": "shop", "prompt": QWEN, "raw": True}
    with server.http.stream("POST", "/api/generate", json=body) as answer:
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert "".join(line["response"] for line in lines) == "discounted_total(cart, 0.1)"
    assert lines[-1]["done"] is True
    assert "def discounted_total" in prompt_of(upstream)


def test_a_plain_model_gets_the_clients_prompt_and_nothing_else(server: Server, upstream: FakeModelServer) -> None:
    server.http.post("/api/generate", json={"model": "plain/ollama.qwen2.5-coder", "prompt": QWEN, "raw": True})
    assert prompt_of(upstream) == QWEN


def test_a_model_of_no_family_gets_comments_and_the_suffix_apart(server: Server, upstream: FakeModelServer) -> None:
    body = {"model": "shop/ollama.llama3.2", "prompt": MAIN, "suffix": AFTER, "stream": False}
    assert server.http.post("/api/generate", json=body).status_code == 200
    prompt = prompt_of(upstream)
    assert prompt.startswith("# Path: project/shop/cart.py\n# ")
    assert prompt.endswith(MAIN)
    assert upstream.completions[0].body["suffix"] == AFTER


def test_a_model_that_cannot_insert_is_refused_in_the_dialects_form(server: Server) -> None:
    body = {"model": "shop/quotes", "prompt": MAIN, "suffix": AFTER, "stream": False}
    answer = server.http.post("/api/generate", json=body)
    assert answer.status_code == 400
    assert "does not support insert" in answer.json()["error"]
    answer = server.http.post("/v1/completions", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_server_that_does_not_tell_is_given_both_sides(server: Server, upstream: FakeModelServer) -> None:
    body = {"model": "shop/openai.llama3.2", "prompt": MAIN, "suffix": AFTER, "stream": False}
    assert server.http.post("/v1/completions", json=body).status_code == 200
    assert prompt_of(upstream).endswith(MAIN)
    assert upstream.completions[0].body["suffix"] == AFTER


def test_completions_leave_no_record(server: Server) -> None:
    before = server.http.get("/api/answers/").json()["items"]
    server.http.post("/api/generate", json={"model": "shop", **SHAPES["proxyai"]})
    assert server.http.get("/api/answers/").json()["items"] == before


@pytest.mark.parametrize("stream", [True, False])
def test_an_editor_that_leaves_stops_the_model(server: Server, upstream: FakeModelServer, stream: bool) -> None:
    upstream.behaviour = "stall" if stream else "silent"
    upstream._someone_left.clear()
    upstream._someone_asked.clear()
    body = {"model": "shop", "prompt": QWEN, "raw": True, "stream": stream}
    with server.http.stream("POST", "/api/generate", json=body, timeout=0.5) if stream else _Left(server, body):
        assert upstream.wait_asked()
    assert upstream.wait_left()


class _Left:
    """A request whose client hangs up once the model has been asked."""

    def __init__(self, server: Server, body: dict[str, Any]) -> None:
        import socket

        content = json.dumps(body).encode()
        head = f"POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {len(content)}\r\n\r\n"
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.sendall(head.encode() + content)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def test_the_next_keystroke_ends_a_completion_that_waits(server: Server, upstream: FakeModelServer) -> None:
    upstream.behaviour = "silent"
    upstream._someone_asked.clear()
    older: dict[str, Any] = {}

    def ask() -> None:
        older.update(server.http.post("/api/generate", json={"model": "shop", **SHAPES["continue"]}).json())

    waiting = threading.Thread(target=ask)
    waiting.start()
    assert upstream.wait_asked()
    upstream.behaviour = "answer"
    typed = QWEN.replace("total = ", "total = d")
    newer = server.http.post("/api/generate", json={"model": "shop", "prompt": typed, "raw": True, "stream": False})
    waiting.join(10)
    assert newer.json()["response"] == "discounted_total(cart, 0.1)"
    assert (older["response"], older["done"]) == ("", True)
