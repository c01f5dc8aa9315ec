"""A body posted to a model server becomes the events of its answer, and every failure one of our errors."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from ibidem.errors import (
    BadInput,
    ContextTooLong,
    ModelCutOff,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnreachable,
)
from ibidem.models.base import Done, ModelEvent, ReasoningDelta, TextDelta
from ibidem.settings import ModelSettings
from ibidem.types import Usage

if TYPE_CHECKING:
    import httpx  # 130 ms of start-up, so imported where a request is made

MAX_LINE_BYTES = 1024 * 1024  # one token is some 200 bytes
MAX_BODY_BYTES = 8 * 1024 * 1024  # a long list of models is under 1 MB
JSON_BODY = {"Content-Type": "application/json"}
SHOWN_CHARS = 300  # of what a server says about a failure
NO_ADDRESS = "that is no address such as http://127.0.0.1:1234"

# How servers say that a prompt is too long, in lower case.
TOO_LONG = (
    "context_length_exceeded",  # OpenAI
    "maximum context length",  # OpenAI, vLLM, OpenRouter
    "longer than the maximum model length",  # vLLM
    "exceed_context_size_error",  # llama.cpp
    "exceeds the available context size",  # llama.cpp, LM Studio, Ollama
    "exceeds the context length",  # Ollama
    "exceed context window",  # llama-cpp-python
    "loaded with context length of only",  # LM Studio
    "cannot truncate prompt with n_keep",  # LM Studio
)


class AnswerReader(Protocol):
    """One answer in one dialect."""

    def read(self, line: str) -> Sequence[ModelEvent] | None:
        """The events of a line; None for one that says nothing (a keep-alive)."""
        ...

    def end(self) -> Done | None:
        """The stream is over without a last line: `Done` if the answer is whole all the same."""
        ...


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step for the user, by what went wrong."""

    absent: str  # nobody listens at the address
    locked: str  # 401, 403
    unknown: str  # 404


class ModelServer:
    """A model server at an address: posts requests, reads streams. Owns connections; the key stays inside."""

    def __init__(self, title: str, url: str, settings: ModelSettings, advice: Advice, *, key: str = "") -> None:
        self._url = url.strip().rstrip("/")
        self._settings = settings
        self._advice = advice
        self._key = key.strip()
        self._client: httpx.AsyncClient | None = None
        self._where = f"{title} at {_without_secrets(self._url)}"
        if not (self._key.isascii() and self._key.isprintable()):
            raise BadInput(
                f"the key for {self._where} holds a character that no key has", hint="copy the key once more"
            )

    async def stream(
        self, path: str, body: Mapping[str, Any], reader: AnswerReader, *, max_tokens: int
    ) -> AsyncGenerator[ModelEvent, None]:
        """The events of an answer, ending in one `Done`. Raises ModelError.

        The clock runs while we wait, not while the caller works, and a keep-alive does not stop it. A server that
        ignores `max_tokens` is left once it has written twice as much.
        """
        limit_s = self._settings.first_token_timeout_s
        written = 0  # tokens, roughly: a piece is one, a long piece one for 16 characters
        async with aclosing(self._lines(path, body)) as lines:
            deadline = _now() + limit_s
            while True:
                try:
                    line = await self._next(lines, deadline, limit_s)
                except ModelError:
                    if (done := reader.end()) is None:
                        raise
                    yield done
                    return
                if (events := reader.read(line)) is None:
                    continue
                for event in events:
                    yield event
                    if isinstance(event, Done):
                        return
                chars = sum(len(event.text) for event in events if isinstance(event, TextDelta | ReasoningDelta))
                written += max(1, chars // 16)
                if written > 2 * max_tokens + 16:  # 16: pieces without text, when max_tokens is very small
                    yield Done(Usage(completion=written), reason="length")
                    return
                if chars:
                    limit_s = self._settings.idle_timeout_s
                deadline = _now() + limit_s

    async def get(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        """The JSON object at `path`. Raises ModelError."""
        return await self._ask("GET", path, None, timeout_s)

    async def post(self, path: str, body: Mapping[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The JSON object that answers a body. Raises ModelError."""
        return await self._ask("POST", path, body, timeout_s)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, timeout_s: float) -> dict[str, Any]:
        content, headers = (None, {}) if body is None else (json.dumps(body), JSON_BODY)
        try:
            async with asyncio.timeout(timeout_s):
                with self._failures():
                    request = self._open().stream(method, self._url + path, content=content, headers=headers)
                    async with request as response:
                        await self._check(response)
                        text = await _body(response)
        except TimeoutError as error:
            raise self._silent(timeout_s) from error
        return self.parse(text)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def parse(self, text: str) -> dict[str, Any]:
        """A JSON object of an answer. Raises ModelCutOff if it is none, ModelRejected if it tells of an error."""
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._cut_off(f"sent broken JSON: {self._shown(text)[:80]!r}") from error
        if not isinstance(answer, dict):
            raise self._cut_off(f"sent {type(answer).__name__} where an object belongs")
        failure = answer if answer.get("object") == "error" else answer.get("error")
        if failure:
            status = as_count(as_dict(failure).get("code"))
            raise self._rejected(status if 400 <= status < 600 else 500, answer)
        return answer

    async def _next(self, lines: AsyncGenerator[str, None], deadline: float, limit_s: float) -> str:
        try:
            async with asyncio.timeout_at(deadline):
                line = await anext(lines, None)
        except TimeoutError as error:
            raise self._silent(limit_s) from error
        if line is None:
            raise self._cut_off("ended the stream before the answer was complete")
        return line

    async def _lines(self, path: str, body: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        content = json.dumps(body)  # ASCII, so that even half a surrogate pair in a question can be sent
        with self._failures():
            async with self._open().stream("POST", self._url + path, content=content, headers=JSON_BODY) as response:
                await self._check(response)
                pending = bytearray()
                async for piece in response.aiter_bytes():
                    pending += piece
                    if b"\n" in piece:
                        *whole, pending = pending.split(b"\n")
                        for line in whole:
                            yield line.decode("utf-8", "replace").strip()
                    if len(pending) > MAX_LINE_BYTES:
                        raise self._cut_off(f"sent a line of more than {MAX_LINE_BYTES:,} bytes")
                if pending:
                    yield pending.decode("utf-8", "replace").strip()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            if not _is_address(self._url):
                raise self._unreachable(NO_ADDRESS)
            try:
                self._client = httpx.AsyncClient(
                    headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
                    timeout=httpx.Timeout(None, connect=self._settings.connect_timeout_s),
                    # llama-server closes a connection after a stream: a kept one then fails, 11 requests of 60
                    limits=httpx.Limits(max_keepalive_connections=0),
                    trust_env=not _is_loopback(self._url),  # no proxy can reach our own loopback
                )
            except (ImportError, ValueError, httpx.InvalidURL) as error:
                raise self._unreachable("the proxy that the environment names cannot be used") from error
        return self._client

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What httpx raises, as our errors."""
        import httpx

        try:
            yield
        except httpx.ConnectTimeout as error:
            raise self._unreachable(f"no connection in {self._settings.connect_timeout_s:g} s") from error
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise self._unreachable(self._shown(str(error)) or "no connection") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._unreachable(NO_ADDRESS) from error
        except httpx.HTTPError as error:
            raise self._cut_off(f"broke off: {self._shown(str(error)) or type(error).__name__}") from error

    async def _check(self, response: httpx.Response) -> None:
        """Raise what the status says, in the server's own words."""
        import httpx

        if response.is_success:
            return
        text = ""
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                text = await _body(response)
        except (TimeoutError, httpx.HTTPError):
            pass  # the status alone says enough
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = text
        raise self._rejected(response.status_code, answer, _seconds(response.headers.get("retry-after")))

    def _rejected(self, status: int, answer: Any, retry_after_s: float | None = None) -> ModelError:
        error = (answer.get("error") or answer) if isinstance(answer, dict) else answer
        kind = ""
        if isinstance(error, dict):
            kind = f"{error.get('type')} {error.get('code')}"
            error = error.get("message") or error.get("detail") or error
        said = self._shown(str(error))
        if status in (400, 413, 500) and any(sign in f"{kind} {error}".lower() for sign in TOO_LONG):
            return ContextTooLong(
                f"the prompt is too long for {self._where}: {said}",
                hint="lower `budget_tokens` under [retrieve], or load the model with a longer context",
            )
        if status in (401, 403):
            hint = self._advice.locked
        elif status == 404:
            hint = self._advice.unknown
        elif status == 429:
            hint = "ask again in a while" if retry_after_s is None else f"ask again in {retry_after_s:g} s"
        elif status >= 500:
            hint = "ask again; if it stays so, see the server's log or pick another --model"
        else:
            hint = "check the model's name and the address in the settings, or pick another --model"
        answered = f"{self._where} answered {status}" + (f": {said}" if said else "")
        return ModelRejected(answered, status=status, retry_after_s=retry_after_s, hint=hint)

    def _unreachable(self, why: str) -> ModelError:
        return ModelUnreachable(f"no answer from {self._where}: {why}", hint=self._advice.absent)

    def _silent(self, limit_s: float) -> ModelError:
        return ModelTimeout(
            f"{self._where} has been silent for {limit_s:g} s",
            hint="ask again, pick a smaller --model, or raise `first_token_timeout_s` or `idle_timeout_s` under [models]",
        )

    def _cut_off(self, what: str) -> ModelError:
        return ModelCutOff(f"{self._where} {what}", hint="ask again; if it stays so, see the server's log")

    def _shown(self, text: str) -> str:
        """A server's words, fit for one line: no control characters, no key, not too long."""
        if len(self._key) >= 8:  # shorter ones are dummies such as "x" or "ollama"
            text = text.replace(self._key, "***")
        return "".join(c for c in " ".join(text[: 4 * SHOWN_CHARS].split()) if c.isprintable())[:SHOWN_CHARS]


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """Text that can be stored: halves of surrogate pairs, which JSON allows, become question marks."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def as_count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


async def _body(response: httpx.Response) -> str:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    return body.decode("utf-8", "replace")


def _now() -> float:
    return asyncio.get_running_loop().time()


def _seconds(header: str | None) -> float | None:
    """`Retry-After` in seconds; its other form, a date, is not used by model servers."""
    return float(header) if header and header.isascii() and header.replace(".", "", 1).isdigit() else None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port over 65535, half an IPv6 address
        return False


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_secrets(url: str) -> str:
    """An address as it may be shown: no user, password or query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not an address)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
