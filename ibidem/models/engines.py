"""The engines that are loaded: each started at its first use, shared while warm, ended when idle or in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ibidem.errors import EngineFailed, ModelTooLarge
from ibidem.models.engine import Engine
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan, Role

Planned = Callable[[str, Role], EnginePlan]  # raises ModelFileBroken, ModelTooLarge, EngineFailed


@dataclass(slots=True)
class _Loaded:
    """A model's place: `loading` is held while its engine starts, so that two first requests start one."""

    engine: Engine | None = None
    users: int = 0
    idle_since: float = 0.0
    loading: threading.Lock = field(default_factory=threading.Lock)


class Engines:
    """One engine a model file and role. Safe to call from many threads; `use` blocks while a model loads."""

    def __init__(self, plan: Planned, settings: ModelSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._settings = settings
        self._clock = clock
        self._guard = threading.Lock()
        self._loaded: dict[tuple[str, Role], _Loaded] = {}
        self._closed = False

    @contextmanager
    def use(self, path: str, role: Role) -> Iterator[Engine]:
        """The model's engine, running; it is not ended by idleness before the block is left.

        Raises EngineFailed, ModelTooLarge, ModelFileBroken.
        """
        engine = self.take(path, role)
        try:
            yield engine
        finally:
            self.give_back(path, role)

    def take(self, path: str, role: Role) -> Engine:
        """As `use`, for callers whose start and end lie in different threads: each `take` wants one `give_back`."""
        with self._guard:
            place = self._loaded.setdefault((path, role), _Loaded())
            place.users += 1
        try:
            with place.loading:
                if self._closed:
                    raise EngineFailed("the program stops", hint="ask again when it is up")
                if place.engine is not None and not place.engine.alive:
                    place.engine.close()
                    place.engine = None
                return place.engine or self._start(place, path, role)
        except BaseException:
            self.give_back(path, role)
            raise

    def give_back(self, path: str, role: Role) -> None:
        with self._guard:
            place = self._loaded[path, role]
            place.users -= 1
            place.idle_since = self._clock()

    def _start(self, place: _Loaded, path: str, role: Role) -> Engine:
        """Where memory is short, models that nobody uses make room first. It has its place at once: `close` finds it."""
        try:
            plan = self._plan(path, role)
        except ModelTooLarge:
            if not self.end_idle(idle_s=0.0):
                raise
            plan = self._plan(path, role)
        engine = Engine(plan, self._settings)
        with self._guard:
            place.engine = engine
            if self._closed:
                engine.close()
        try:
            engine.start()
        except BaseException:
            place.engine = None
            raise
        return engine

    def loaded(self) -> list[tuple[EnginePlan, bool]]:
        """The plans of the engines that run, each with whether it is in use."""
        with self._guard:
            return [
                (place.engine.plan, place.users > 0)
                for place in self._loaded.values()
                if place.engine is not None and place.engine.alive
            ]

    def end_idle(self, *, idle_s: float | None = None) -> int:
        """End the engines that nobody has used for `idle_s`, or else for the keep-alive. Returns how many."""
        idle_s = self._settings.keep_alive_s if idle_s is None else idle_s
        with self._guard:
            old = [
                place
                for place in self._loaded.values()
                if place.engine is not None and not place.users and self._clock() - place.idle_since >= idle_s
            ]
            engines = [place.engine for place in old if place.engine is not None]
            for place in old:
                place.engine = None
        for engine in engines:
            engine.close()
        return len(engines)

    def close(self) -> None:
        """End them all, also those that are being loaded; requests under way fail."""
        with self._guard:
            self._closed = True
            engines = [place.engine for place in self._loaded.values() if place.engine is not None]
        for engine in engines:
            engine.close()
