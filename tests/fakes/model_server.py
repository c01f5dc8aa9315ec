"""A model server on a real socket that speaks Ollama and OpenAI, and misbehaves as told.

    def test_a_cut_answer_is_told(model_server):
        model_server.behaviour = "cut"
        settings = ModelSettings(ollama_url=model_server.ollama_url, openai_url=model_server.openai_url)

`from tests.fakes.model_server import model_server` in a conftest makes the fixture known.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.fakes.model_vectors import VectorFault, ollama_embeddings, openai_embeddings, scores

Behaviour = Literal[
    "answer",  # the pieces of `reply`, then usage and the end mark
    "silent",  # takes the request and never answers
    "headers_only",  # 200, then silence
    "stall",  # the first piece, then silence
    "keep_alive_only",  # the first piece, then comments or blank lines for ever
    "disconnect",  # takes the request and hangs up
    "cut",  # the first piece, then hangs up in mid-body
    "ends_early",  # the first piece, then a proper end of the body without the end mark
    "broken_json",  # the first piece, then half an object, then a proper end of the body
    "no_end_mark",  # the whole answer, but no last line
    "unauthorized",  # 401
    "missing_model",  # 404
    "rate_limited",  # 429 with Retry-After: 7
    "server_error",  # 500 with a very long text
    "error_hangs",  # 500, whose body never comes
    "too_long_llama",  # 400 as llama.cpp says it
    "too_long_openai",  # 400 as OpenAI says it
    "too_long_vllm",  # 400 as vLLM says it
    "too_long_stream",  # 200, and then the error object
    "error_in_stream",  # the first piece, then an error object; the status was 200
    "error_unframed",  # 200, and then a bare error object without the dialect's frame
    "error_flat",  # 200, and then an error object that is not inside another, as older vLLM sends
    "long_line",  # a line of 2 MB
    "not_utf8",  # a byte inside the text that is no UTF-8
    "not_an_answer",  # 200 with a page of HTML
    "endless",  # pieces for ever
    "thinks",  # reasoning before the text
    "length",  # stops at the limit of tokens
    "calls_tool",  # after the text, the function `weather` for Oslo
]

ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "unauthorized": ("401 Unauthorized", {"message": "Incorrect API key provided: {authorization}"}),
    "missing_model": ("404 Not Found", {"message": "model 'tiny' not found", "type": "not_found_error"}),
    "rate_limited": ("429 Too Many Requests", {"message": "slow down", "type": "rate_limit_exceeded"}),
    "server_error": ("500 Internal Server Error", {"message": "CUDA error: out of memory\n" + "at layer 7 " * 200}),
    "too_long_llama": (
        "400 Bad Request",
        {
            "code": 400,
            "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 14429,
            "n_ctx": 8192,
        },
    ),
    "too_long_openai": (
        "400 Bad Request",
        {"message": "Please reduce the length of the messages.", "code": "context_length_exceeded"},
    ),
    "too_long_vllm": (
        "400 Bad Request",
        {"message": "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens"},
    ),
    "too_long_stream": ("200 OK", {"message": "the request exceeds the available context size", "code": 400}),
}
SHOWN = {
    "capabilities": ["completion", "tools", "insert"],
    "model_info": {"general.architecture": "tiny", "general.basename": "Tiny", "tiny.context_length": 65536},
}
CHATS = ("/api/chat", "/v1/chat/completions")
TEXTS = ("/api/generate", "/v1/completions")
CALLED = {"name": "weather", "arguments": {"city": "Oslo", "days": 2}}
# Where the stream itself goes wrong: before the first piece, after it, or after the last.
AFTER_FIRST = {"stall", "keep_alive_only", "cut", "ends_early", "broken_json", "error_in_stream"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class FakeModelServer:
    """Set `behaviour` and `reply` at any time; `seen` and `left_after_s` tell what clients did."""

    behaviour: Behaviour = "answer"
    reply: Sequence[str] = ("The pump ", "starts at ", "4.2 bar [1].")
    models: Sequence[str] = ("tiny:latest", "large:7b")
    loaded: Sequence[str] = ()  # of `/api/ps`
    running: dict[str, Any] = field(default_factory=dict)  # what it says of each of them
    sizes: dict[str, int] = field(default_factory=dict)  # bytes of models, in `/api/tags`
    pause_s: float = 0.0  # before each piece
    shown: dict[str, Any] = field(default_factory=lambda: dict(SHOWN))  # of `/api/show`
    entry: dict[str, Any] = field(default_factory=dict)  # more about each model of `/v1/models`
    studio: dict[str, Any] | None = None  # what LM Studio says of each model; None: another server
    props: dict[str, Any] | None = None  # of llama-server's `/props`; None: another server
    vector_fault: VectorFault = ""
    window_chars: int = 2000  # a longer text to embed is refused
    behaves_times: int = 0  # so many vectors or scores go wrong as `behaviour` says, the others well; 0: all go wrong
    chunk_bytes: int = 0  # a piece of network for each so many bytes; 0 = one for each line
    seen: list[Seen] = field(default_factory=list)
    left_after_s: list[float] = field(default_factory=list)  # how long after its request a client left early
    port: int = 0

    def __post_init__(self) -> None:
        self._someone_left = threading.Event()
        self._someone_asked = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake-model-server", daemon=True)
        started = threading.Event()
        self._loop.call_soon(started.set)
        self._loop.run_until_complete(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread.start()
        started.wait(5)

    @property
    def chats(self) -> list[Seen]:
        """The chats asked for."""
        return [seen for seen in self.seen if seen.path in CHATS]

    @property
    def completions(self) -> list[Seen]:
        """The completions asked for, without those that load a model."""
        return [seen for seen in self.seen if seen.path in TEXTS and seen.body.get("prompt")]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ollama_url(self) -> str:
        return self.url

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    def wait_asked(self, timeout_s: float = 5.0) -> bool:
        """Whether a chat has been asked for by then."""
        return self._someone_asked.wait(timeout_s)

    def wait_left(self, timeout_s: float = 5.0) -> bool:
        """Whether a client has left before its answer was complete by then."""
        return self._someone_left.wait(timeout_s)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens meanwhile."""
        self._loop.call_soon_threadsafe(self._server.close)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop).result(5)  # it is closed
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        self._loop.run_forever()
        self._server.close()
        self._loop.run_until_complete(_cancel(asyncio.all_tasks(self._loop)))
        for _ in range(3):  # turns of the loop in which the sockets close
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on one connection."""
        finished = False
        try:
            seen = await _read_request(reader)
            self.seen.append(seen)
            finished = await self._play_until_left(seen, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close() if finished else writer.transport.abort()

    async def _play_until_left(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether all was said before the client went."""
        asked_at = time.monotonic()
        playing = asyncio.ensure_future(self._play(seen, writer))
        leaving = asyncio.ensure_future(_until_left(reader))
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                with suppress(ConnectionError):
                    playing.result()
                    return True
            self.left_after_s.append(time.monotonic() - asked_at)
            self._someone_left.set()
            return False
        finally:
            await _cancel({playing, leaving})

    async def _play(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        dialect: Dialect = OpenAI() if seen.path.startswith("/v1/") else Ollama()
        dialect.of_texts = seen.path in TEXTS
        dialect.likely = seen.body.get("top_logprobs") if seen.body.get("logprobs") is True else None
        match seen.method, seen.path:
            case "GET", "/api/tags":
                details = {"parameter_size": "3.2B", "quantization_level": "Q4_K_M"}
                sizes = [{"size": self.sizes[name]} if name in self.sizes else {} for name in self.models]
                entries = [{"name": name, "details": details} for name in self.models]
                models = [entry | size for entry, size in zip(entries, sizes, strict=True)]
                await self._list(writer, {"models": models})
            case "GET", "/api/ps":
                await self._list(writer, {"models": [{"name": name, **self.running} for name in self.loaded]})
            case "GET", "/v1/models":
                entries = [{"id": name, "object": "model", **self.entry} for name in self.models]
                await self._list(writer, {"object": "list", "data": entries})
            case "GET", "/api/v0/models" if self.studio is not None:
                await self._list(writer, {"data": [{"id": name, **self.studio} for name in self.models]})
            case "GET", "/props" if self.props is not None:
                await self._list(writer, self.props)
            case "POST", "/v1/chat/completions/input_tokens" if self.props is not None:
                words = sum(len(message["content"].split()) for message in seen.body["messages"])
                await self._list(writer, {"input_tokens": words})
            case "POST", "/api/show":
                known = self.behaviour != "missing_model"
                answer = self.shown if known else {"error": "model 'tiny' not found"}
                await _send(writer, "200 OK" if known else "404 Not Found", json.dumps(answer).encode())
            case "POST", "/api/embed" | "/v1/embeddings" | "/v1/rerank":
                await self._answer(seen, dialect, writer)
            case "POST", "/api/generate" if not seen.body.get("prompt"):  # load, unload
                await _send(writer, "200 OK", b'{"model": "tiny", "done": true, "done_reason": "load"}')
            case "POST", "/api/pull":
                await _send(writer, "200 OK", b'{"status":"pulling manifest"}\n{"status":"success"}\n')
            case ("POST", "/api/copy") | ("DELETE", "/api/delete"):
                await _send(writer, "200 OK", b"")
            case "POST", path if path in (*CHATS, *TEXTS):
                self._someone_asked.set()
                await self._chat(seen, dialect, writer)
            case _:
                await _send(writer, "404 Not Found", b"404 page not found")

    async def _list(self, writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
        if self.behaviour == "silent":
            await asyncio.sleep(3600)
        status, body = "200 OK", json.dumps(answer)
        if self.behaviour in ERRORS:
            status, body = ERRORS[self.behaviour][0], '{"error": "no"}'
        await _send(writer, status, body.encode())

    async def _answer(self, seen: Seen, dialect: Dialect, writer: asyncio.StreamWriter) -> None:
        """Vectors or scores, in one piece."""
        behaviour = self.behaviour
        if self.behaves_times:
            self.behaves_times -= 1
            if not self.behaves_times:
                self.behaviour = "answer"
        if behaviour == "silent":
            await asyncio.sleep(3600)
        if behaviour == "disconnect":
            return
        texts = [*seen.body.get("input", []), *seen.body.get("documents", [])]
        if behaviour in ERRORS or max(map(len, texts)) > self.window_chars:
            name = behaviour if behaviour in ERRORS else "too_long_llama"
            retry = "Retry-After: 1\r\n" if behaviour == "rate_limited" else ""
            await _send(writer, ERRORS[name][0], dialect.error_body(ERRORS[name][1]), headers=retry)
            return
        make = {"/api/embed": ollama_embeddings, "/v1/embeddings": openai_embeddings, "/v1/rerank": scores}[seen.path]
        body = json.dumps(make(seen.body, self.vector_fault)).encode()
        if behaviour == "cut":
            await _send(writer, "200 OK", body[: len(body) // 2], length=len(body))
        else:
            await _send(writer, "200 OK", b"<!doctype html>" if behaviour == "not_an_answer" else body)

    async def _chat(self, seen: Seen, dialect: Dialect, writer: asyncio.StreamWriter) -> None:
        behaviour = self.behaviour
        if behaviour == "silent":
            await asyncio.sleep(3600)
        if behaviour == "disconnect":
            return
        if behaviour == "error_hangs":
            await _send(writer, "500 Internal Server Error", b"", length=100)
            await asyncio.sleep(3600)
        if behaviour in ERRORS and behaviour != "too_long_stream":
            status, error = ERRORS[behaviour]
            error = {**error, "message": error["message"].format(authorization=seen.headers.get("authorization", "-"))}
            retry = "Retry-After: 7\r\n" if behaviour == "rate_limited" else ""
            await _send(writer, status, dialect.error_body(error), headers=retry)
            return
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: " + dialect.media_type + b"\r\n\r\n"
        )
        async for line in self._lines(behaviour, dialect):
            size = self.chunk_bytes or len(line)
            for start in range(0, len(line), size):
                piece = line[start : start + size]
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
        if behaviour in ("headers_only", "stall"):
            await asyncio.sleep(3600)
        if behaviour != "cut":
            writer.write(b"0\r\n\r\n")
            await writer.drain()

    async def _lines(self, behaviour: Behaviour, dialect: Dialect) -> AsyncIterator[bytes]:
        """The lines of an answer, with what is to go wrong in its place."""
        if behaviour == "headers_only":
            return
        if behaviour == "not_an_answer":
            yield b"<!doctype html>\n<title>Welcome</title>\n"
            return
        if behaviour == "error_unframed":
            yield b'{"error": {"message": "the runner has died"}}\n'
            return
        if dialect.opening:
            yield dialect.opening
        if behaviour == "too_long_stream":
            yield dialect.error_line(ERRORS[behaviour][1])
            return
        if behaviour == "error_flat":
            yield dialect.frame({"object": "error", "message": "the runner has died", "code": 400})
            for line in dialect.ending("stop", mark=True):
                yield line
            return
        if behaviour == "long_line":
            yield dialect.text("x" * 2 * 1024 * 1024)
            return
        if behaviour == "thinks":
            yield dialect.reasoning("Let me ")
            yield dialect.reasoning("see.")
        while behaviour == "endless":
            yield dialect.text("word ")
        for piece in self.reply:
            await asyncio.sleep(self.pause_s)
            line = dialect.text(piece)
            yield line.replace(b"pump", b"p\xffmp") if behaviour == "not_utf8" else line
            if behaviour in AFTER_FIRST:
                break
        while behaviour == "keep_alive_only":
            yield dialect.keep_alive
            await asyncio.sleep(0.01)
        if behaviour == "broken_json":
            yield dialect.text("half an object")[:-20] + b"\n"
        if behaviour == "error_in_stream":
            yield dialect.error_line({"message": "the runner has died", "code": 502})
        if behaviour == "calls_tool":
            for line in dialect.calling():
                yield line
        if behaviour not in AFTER_FIRST:
            for line in dialect.ending("length" if behaviour == "length" else "stop", mark=behaviour != "no_end_mark"):
                yield line


def logprob(piece: str, likely: int) -> dict[str, Any]:
    """What is told of a token, with so many others."""
    token = {"token": piece, "logprob": -0.25, "bytes": list(piece.encode())}
    return {
        **token,
        "top_logprobs": [{"token": f"t{rank}", "logprob": -1.0 - rank, "bytes": []} for rank in range(likely)],
    }


class Dialect:
    media_type = b""
    opening = b""
    of_texts = False  # of a completion instead of a chat
    likely: int | None = None  # tokens told beside each one; None: no probabilities are
    keep_alive = b"\n"

    def frame(self, part: dict[str, Any]) -> bytes:
        raise NotImplementedError

    def text(self, piece: str) -> bytes:
        raise NotImplementedError

    def reasoning(self, piece: str) -> bytes:
        raise NotImplementedError

    def calling(self) -> list[bytes]:
        raise NotImplementedError

    def ending(self, reason: str, *, mark: bool) -> list[bytes]:
        raise NotImplementedError

    def error_line(self, error: dict[str, Any]) -> bytes:
        raise NotImplementedError

    def error_body(self, error: dict[str, Any]) -> bytes:
        raise NotImplementedError


class Ollama(Dialect):
    media_type = b"application/x-ndjson"

    def text(self, piece: str) -> bytes:
        if self.of_texts:
            return self.frame({"response": piece, "done": False})
        told = {} if self.likely is None else {"logprobs": [logprob(piece, self.likely)]}
        return self.frame({"message": {"role": "assistant", "content": piece}, **told, "done": False})

    def calling(self) -> list[bytes]:
        return [self.frame({"message": {"role": "assistant", "content": "", "tool_calls": [{"function": CALLED}]}})]

    def reasoning(self, piece: str) -> bytes:
        return self.frame({"message": {"role": "assistant", "content": "", "thinking": piece}, "done": False})

    def ending(self, reason: str, *, mark: bool) -> list[bytes]:
        counts = {"prompt_eval_count": 26, "eval_count": 9, "total_duration": 4883583458}
        last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason, **counts}
        return [self.frame(last)] if mark else []

    def error_line(self, error: dict[str, Any]) -> bytes:
        return self.error_body(error) + b"\n"

    def error_body(self, error: dict[str, Any]) -> bytes:
        return json.dumps({"error": error["message"]}).encode()

    def frame(self, part: dict[str, Any]) -> bytes:
        stamped = {"model": "tiny", "created_at": "2026-01-01T00:00:00Z", **part}
        return _json(stamped) + b"\n"


class OpenAI(Dialect):
    media_type = b"text/event-stream"
    keep_alive = b": OPENROUTER PROCESSING\n\n"

    @property
    def opening(self) -> bytes:  # type: ignore[override]
        return self.keep_alive + self._delta({"role": "assistant", "content": ""})

    def text(self, piece: str) -> bytes:
        if self.of_texts:
            return self.frame({"choices": [{"index": 0, "text": piece, "finish_reason": None}]})
        if self.likely is not None:
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            return self.frame({"choices": [{**choice, "logprobs": {"content": [logprob(piece, self.likely)]}}]})
        return self._delta({"content": piece})

    def calling(self) -> list[bytes]:
        """Arguments come in pieces."""
        arguments = json.dumps(CALLED["arguments"])
        first = {"index": 0, "id": "call_7", "type": "function", "function": {"name": CALLED["name"], "arguments": ""}}
        rest = [{"index": 0, "function": {"arguments": piece}} for piece in (arguments[:9], arguments[9:])]
        return [self._delta({"tool_calls": [part]}) for part in (first, *rest)]

    def reasoning(self, piece: str) -> bytes:
        return self._delta({"reasoning_content": piece})

    def ending(self, reason: str, *, mark: bool) -> list[bytes]:
        counts = {"prompt_tokens": 26, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 20}}
        finish = self._delta({}, finish_reason=reason)
        return [finish, self.frame({"choices": [], "usage": counts}), b"data: [DONE]\n\n"] if mark else [finish]

    def error_line(self, error: dict[str, Any]) -> bytes:
        return self.frame({"error": error, "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]})

    def error_body(self, error: dict[str, Any]) -> bytes:
        return json.dumps({"error": error}).encode()

    def _delta(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return self.frame({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}], "usage": None})

    def frame(self, part: dict[str, Any]) -> bytes:
        stamped = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "tiny", **part}
        return b"data: " + _json(stamped) + b"\n\n"


async def _read_request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, json.loads(body) if body else {})


async def _until_left(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read(1)


async def _cancel(tasks: set[asyncio.Future[None]] | set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _json(value: Any) -> bytes:
    """JSON with its characters as UTF-8, but for halves of surrogate pairs, which only an escape can hold."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


async def _send(
    writer: asyncio.StreamWriter, status: str, body: bytes, *, headers: str = "", length: int | None = None
) -> None:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length or len(body)}\r\n{headers}\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.fixture
def model_server() -> Iterator[FakeModelServer]:
    server = FakeModelServer()
    yield server
    server.close()
