"""Where a model server is, and how each of its failures is told: what clients of both kinds, async and blocking, share."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
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
from ibidem.models.outbound import is_here
from ibidem.settings import ModelSettings

MAX_BODY_BYTES = 8 * 1024 * 1024  # a long list of models is 1 MB, vectors of 32 texts in 4,096 numbers 3 MB
JSON_BODY = {"Content-Type": "application/json"}
SHOWN_CHARS = 300  # of what a server says about a failure
NO_ADDRESS = "that is no address such as http://127.0.0.1:1234"
OFFLINE = "set `offline = false` under [models], or pick a --model of this machine"
NO_PROXY = "the proxy that the environment names cannot be used"

# How servers say that a prompt or text is too long, in lower case.
TOO_LONG = (
    "context_length_exceeded",  # OpenAI
    "maximum context length",  # OpenAI, vLLM, OpenRouter
    "longer than the maximum model length",  # vLLM
    "exceed_context_size_error",  # llama.cpp
    "exceeds the available context size",  # llama.cpp, LM Studio, Ollama
    "is too large to process",  # llama.cpp, of a text to embed
    "exceeds the context length",  # Ollama
    "exceed context window",  # llama-cpp-python
    "loaded with context length of only",  # LM Studio
    "cannot truncate prompt with n_keep",  # LM Studio
)


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step for the user, by what went wrong."""

    absent: str  # nobody listens at the address
    locked: str  # 401, 403
    unknown: str  # 404


@dataclass(frozen=True, slots=True)
class Reach:
    """`secure`: over TLS, where connections are kept, since a new one costs two round trips. Over plain HTTP they are not:
    llama-server closes one after a stream, and of 60 requests on kept ones 11 failed. `here`: no proxy reaches our loopback."""

    headers: Mapping[str, str]
    secure: bool
    here: bool


class Upstream:
    """A model server at an address, not asked yet. The key stays inside."""

    def __init__(
        self,
        title: str,
        url: str,
        settings: ModelSettings,
        advice: Advice,
        *,
        key: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url.strip().rstrip("/")
        self.title = title
        self.settings = settings
        self.advice = advice
        self.headers = headers or {}
        self._key = key.strip()
        self._where = f"{title} at {without_secrets(self.url)}"
        if not (self._key.isascii() and self._key.isprintable()):
            raise BadInput(
                f"the key for {self._where} holds a character that no key has", hint="copy the key once more"
            )

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

    def reach(self) -> Reach:
        """How a client is to speak to this server. Raises ModelUnreachable for what is no address."""
        if not is_address(self.url):
            raise self._unreachable(NO_ADDRESS)
        here = is_here(host_of(self.url))
        if self.settings.offline and not here:
            raise ModelUnreachable(f"{self._where} is beyond this machine, and offline mode is on", hint=OFFLINE)
        headers = {**self.headers, **({"Authorization": f"Bearer {self._key}"} if self._key else {})}
        return Reach(headers, secure=self.url.startswith("https:"), here=here)

    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ModelError:
        """What an error status says, in the server's own words."""
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = text
        return self._rejected(status, answer, _seconds(headers.get("retry-after")))

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
            hint = self.advice.locked
        elif status == 404:
            hint = self.advice.unknown
        elif status == 429:
            hint = "ask again in a while" if retry_after_s is None else f"ask again in {retry_after_s:g} s"
        elif status >= 500:
            hint = "ask again; if it stays so, see the server's log or pick another --model"
        else:
            hint = "check the model's name and the address in the settings, or pick another --model"
        answered = f"{self._where} answered {status}" + (f": {said}" if said else "")
        return ModelRejected(answered, status=status, retry_after_s=retry_after_s, hint=hint)

    def _unreachable(self, why: str) -> ModelError:
        return ModelUnreachable(f"no answer from {self._where}: {why}", hint=self.advice.absent)

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


def as_dicts(value: Any) -> tuple[dict[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def as_count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _seconds(header: str | None) -> float | None:
    """`Retry-After` in seconds from now; it may be a date as well. None for anything else."""
    if not header or not header.isascii():
        return None
    if header.replace(".", "", 1).isdigit():
        return float(header)
    try:
        return max(0.0, round(parsedate_to_datetime(header).timestamp() - time.time(), 1))
    except ValueError:
        return None


def is_address(url: str) -> bool:
    """Whether it names a server at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port over 65535, half an IPv6 address
        return False


def host_of(url: str) -> str:
    """ "" for what is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def without_secrets(url: str) -> str:
    """An address as it may be shown: no user, password or query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not an address)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
