"""Ollama fetches a model: `/api/pull`, one JSON object a line, with the bytes of each layer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

from ibidem.errors import ModelCutOff, ModelError, ModelRejected, ModelTimeout, ModelUnreachable, NotFound
from ibidem.models.origin import inside, shown
from ibidem.models.upstream import as_dict, as_text
from ibidem.settings import ModelSettings

SILENCE_S = 120.0  # it is silent while it checks a large layer
MAX_BYTES = 1 << 60
SHOWN_CHARS = 300

OnStage = Callable[[str, int, int], None]  # what it does, bytes that are here, bytes in all


def ollama_pull(name: str, settings: ModelSettings, *, on_progress: OnStage = lambda *_: None) -> None:
    """Returns when Ollama has the model. Leaving in between stops it; it keeps what has come, and goes on next time.

    Raises ModelUnreachable, ModelTimeout, NotFound, ModelRejected, ModelCutOff.
    """
    layers: dict[str, tuple[int, int]] = {}
    where = f"Ollama at {shown(settings.ollama_url)}"
    for line in _lines(name, settings, where):
        try:
            said = as_dict(json.loads(line))
        except (ValueError, RecursionError):
            raise ModelCutOff(f"{where} sent broken JSON", hint="run the same command again") from None
        if error := as_text(said.get("error")):
            raise _refusal(name, where, 200, error)
        stage = as_text(said.get("status"))
        if stage == "success":
            return
        if digest := as_text(said.get("digest")):
            layers[digest] = (_bytes(said.get("completed")), _bytes(said.get("total")))
        on_progress(stage, sum(have for have, _ in layers.values()), sum(size for _, size in layers.values()))
    raise ModelCutOff(f"{where} ended before {name} was there", hint="run the same command again: Ollama goes on")


def _lines(name: str, settings: ModelSettings, where: str) -> Iterator[str]:
    import httpx

    url = settings.ollama_url.strip().rstrip("/")
    body = {"model": name, "stream": True}
    timeout = httpx.Timeout(SILENCE_S, connect=settings.connect_timeout_s)
    try:
        with (
            httpx.Client(timeout=timeout, trust_env=not inside(httpx.URL(url).host)) as client,
            client.stream("POST", f"{url}/api/pull", json=body) as response,
        ):
            if not response.is_success:
                raise _refusal(
                    name, where, response.status_code, response.read()[: 4 * SHOWN_CHARS].decode("utf-8", "replace")
                )
            for line in response.iter_lines():
                if line.strip():
                    yield line
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.InvalidURL) as error:
        hint = "start it with `ollama serve`, or set `ollama_url` under [models]"
        raise ModelUnreachable(f"no answer from {where}: {error}", hint=hint) from error
    except httpx.TimeoutException as error:
        raise ModelTimeout(f"{where} has been silent for {SILENCE_S:g} s", hint="run the same command again") from error
    except httpx.HTTPError as error:
        raise ModelCutOff(f"{where} broke off: {error}", hint="run the same command again: Ollama goes on") from error


def _refusal(name: str, where: str, status: int, text: str) -> ModelError | NotFound:
    with suppress(ValueError, RecursionError):
        text = as_text(as_dict(json.loads(text)).get("error")) or text
    said = "".join(c for c in " ".join(text.split()) if c.isprintable())[:SHOWN_CHARS]
    if "does not exist" in said:
        return NotFound(f"{where} finds no model {name!r}: {said}", hint="check the name in Ollama's library")
    return ModelRejected(f"{where} could not fetch {name!r}: {said}", status=status, hint="see Ollama's log")


def _bytes(value: object) -> int:
    """as_count has the range of tokens; a layer has more bytes."""
    return value if isinstance(value, int) and 0 <= value < MAX_BYTES else 0
