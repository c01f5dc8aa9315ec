"""Models and embedders by name: one object a name, so that what a provider has learnt of its model is kept."""

from __future__ import annotations

from collections.abc import Callable

from ibidem.hardware.load import plan_file
from ibidem.hardware.predict import Beside
from ibidem.index.analyze import tokenize
from ibidem.models.base import ChatModel
from ibidem.models.catalog import open_embedder, open_model, open_reranker
from ibidem.models.embed import Embedder
from ibidem.models.engines import Engines
from ibidem.models.found import Found
from ibidem.models.rerank import Reranker
from ibidem.settings import ModelSettings
from ibidem.store.datadir import DataDir
from ibidem.tasks.models import offered
from ibidem.types import EnginePlan, Role

MODELS_KEPT = 64  # names asked for, of which each may hold a connection and what was learnt


class Opened:
    """`settings` are those of now. `beside` is what else of the program takes memory while an engine runs."""

    def __init__(self, settings: Callable[[], ModelSettings], data: DataDir, beside: Beside) -> None:
        self._settings = settings
        self._data = data
        self._beside = beside
        self.engines = Engines(self._plan, settings())
        self._models: dict[str, ChatModel] = {}
        self._embedders: dict[str, Embedder] = {}

    def model(self, name: str) -> ChatModel:
        """Raises ModelUnknown."""
        model = self._models.get(name)
        if model is None:
            if len(self._models) >= MODELS_KEPT:
                self._models.pop(next(iter(self._models)))  # an answer under way keeps its own hold of it
            model = open_model(name, self._settings(), tokenize, self.engines, self._data.models)
            self._models[name] = model
        return model

    def embedder(self, name: str) -> Embedder:
        """Raises ModelUnknown."""
        embedder = self._embedders.get(name)
        if embedder is None:
            embedder = open_embedder(name, self._settings(), self.engines, self._data.models)
            self._embedders[name] = embedder
        return embedder

    def reranker(self, name: str) -> Reranker:
        """Another one at each call. Raises ModelUnknown."""
        return open_reranker(name, self._settings(), self.engines, self._data.models)

    async def offered(self) -> list[Found]:
        """All models that can be asked now."""
        return await offered(self._settings(), self._data.models, self.engines)

    def forget(self) -> None:
        """Servers have other addresses: names are opened anew; an answer under way keeps its own."""
        self._models.clear()
        self._embedders.clear()

    async def close_models(self) -> None:
        for model in self._models.values():
            await model.close()

    def close_embedders(self) -> None:
        for embedder in self._embedders.values():
            embedder.close()

    def _plan(self, path: str, role: Role) -> EnginePlan:
        return plan_file(path, role, self._settings(), self._data.root, self._beside)
