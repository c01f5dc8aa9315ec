"""Texts -> what a provider's server answers for them: `/api/embed`, `/v1/embeddings` and `/v1/rerank`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ibidem.errors import ModelCutOff, ModelRejected, ModelUnreachable
from ibidem.models.blocking import BlockingServer
from ibidem.models.engine import Engine
from ibidem.models.engines import Engines
from ibidem.models.families import Reported
from ibidem.models.llama import crash
from ibidem.models.ollama import own_context
from ibidem.models.openai import entry_of
from ibidem.models.upstream import as_count, as_dict, as_text
from ibidem.types import Role


class OllamaSource:
    """Ollama's own API: only there can the context be set, and cutting be forbidden."""

    def __init__(self, model: str, server: BlockingServer) -> None:
        self._model = model
        self._server = server
        self._timeout_s = server.settings.first_token_timeout_s  # a cold model is loaded first

    def reported(self) -> Reported:
        shown = self._server.post("/api/show", {"model": self._model}, timeout_s=self._timeout_s)
        info = as_dict(shown.get("model_info"))
        names = (self._model, as_text(info.get("general.basename")), as_text(info.get("general.name")))
        return Reported(names, own_context(shown) or None)

    def vectors(self, texts: Sequence[str], window_tokens: int) -> list[Any]:
        body = {
            "model": self._model,
            "input": list(texts),
            "truncate": False,  # a text too long is an error, and cut by us
            "options": {"num_ctx": window_tokens},
        }
        found = self._server.post("/api/embed", body, timeout_s=self._timeout_s).get("embeddings")
        return found if isinstance(found, list) else []

    def close(self) -> None:
        self._server.close()


class OpenAISource:
    """Any server with `/embeddings` or `/rerank` under its address."""

    def __init__(self, model: str, server: BlockingServer, *, names: tuple[str, ...] = (), api: str = "") -> None:
        self._model = model
        self._server = server
        self._names = names or (model,)
        self._api = api  # what stands between the address and the path
        self._timeout_s = server.settings.first_token_timeout_s

    def reported(self) -> Reported:
        try:
            listed = self._server.get(f"{self._api}/models", timeout_s=self._timeout_s)
        except (ModelRejected, ModelCutOff):
            listed = {}  # some servers list nothing
        entry = entry_of(listed, self._model)
        window = as_count(entry.get("max_model_len")) or as_count(as_dict(entry.get("meta")).get("n_ctx"))
        return Reported(self._names, window or None)

    def vectors(self, texts: Sequence[str], window_tokens: int) -> list[Any]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        answer = self._server.post(f"{self._api}/embeddings", body, timeout_s=self._timeout_s)
        return [numbers(entry.get("embedding")) for entry in in_order(answer.get("data"), len(texts))]

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        body = {"model": self._model, "query": question, "documents": list(passages)}
        answer = self._server.post(f"{self._api}/rerank", body, timeout_s=self._timeout_s)
        entries = in_order(answer.get("results") or answer.get("data"), len(passages))
        scores = [entry.get("relevance_score", entry.get("score")) for entry in entries]
        return [float(score) for score in scores if isinstance(score, int | float)]

    def close(self) -> None:
        self._server.close()


class LlamaSource:
    """A GGUF file, run by an engine of ours that is started when it is needed."""

    def __init__(self, path: str, role: Role, engines: Engines) -> None:
        self._path = path
        self._role: Role = role
        self._engines = engines
        self._known: tuple[Engine, OpenAISource] | None = None

    def reported(self) -> Reported:
        with self._engine() as source:
            return source.reported()

    def vectors(self, texts: Sequence[str], window_tokens: int) -> list[Any]:
        with self._engine() as source:
            return source.vectors(texts, window_tokens)

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        with self._engine() as source:
            return source.scores(question, passages)

    def close(self) -> None:
        """The engines belong to whoever made them."""
        if self._known is not None:
            self._known[1].close()

    @contextmanager
    def _engine(self) -> Iterator[OpenAISource]:
        """The engine's API. Raises EngineCrashed where the engine ended meanwhile."""
        with self._engines.use(self._path, self._role) as engine:
            known = self._known
            if known is None or known[0] is not engine:
                self.close()
                names = (Path(self._path).stem, engine.plan.name)
                source = OpenAISource(self._path, BlockingServer.of(engine.server), names=names, api="/v1")
                known = self._known = (engine, source)
            try:
                yield known[1]
            except (ModelCutOff, ModelUnreachable) as error:
                if not engine.has_ended():
                    raise
                raise crash(engine) from error


def in_order(entries: Any, count: int) -> list[dict[str, Any]]:
    """The entries by their `index`, which need not be the order they come in; empty if one is missing or there twice."""
    found: dict[int, dict[str, Any]] = {}
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        index = as_dict(entry).get("index", place)
        if isinstance(index, int):
            found[index] = as_dict(entry)
    return [found[place] for place in range(count)] if set(found) == set(range(count)) else []


def numbers(embedding: Any) -> Any:
    """A vector as numbers; some servers send base64 of little-endian float32 whatever was asked for."""
    if not isinstance(embedding, str):
        return embedding
    import numpy as np

    try:
        return np.frombuffer(b64decode(embedding, validate=True), np.dtype("<f4"))
    except ValueError:
        return None
