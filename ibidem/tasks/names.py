"""Workspaces as models: a name on the wire -> a workspace, if any, and the model that answers; and the list of them.

`<slug>`, `<slug>/<model>` and `plain/<model>`; a name that is no slug but that a provider knows means `plain/`, and goes on
meaning it when a workspace of that slug is made later. `:latest` may be left out; where two providers have a name, the
provider stands before it: `ollama.llama3.2`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ibidem.errors import BadInput, ModelUnknown
from ibidem.models.found import Found
from ibidem.settings import DialectSettings
from ibidem.store.database import Database
from ibidem.store.dialects import keep_name, named_model
from ibidem.store.workspaces import Workspace, list_workspaces

PLAIN = "plain"
LATEST = ":latest"
FRESH_S = 5.0  # a list is as good as new for so long: clients ask again and again
MAX_NAME_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Target:
    """What a name means. `model` is `provider:name`; without a workspace nothing is searched."""

    name: str
    model: str
    workspace: Workspace | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A name on offer, and the model behind it as far as its provider tells of it."""

    target: Target
    found: Found

    @property
    def digest(self) -> str:
        """Another one for each name, and where the file behind it has another size: clients cache abilities by it."""
        return sha256(f"{self.target.name}\n{self.target.model}\n{self.found.size_bytes}".encode()).hexdigest()


class Names:
    """Of all owners. The models that servers offer are asked for once in a while, and kept while a server is away."""

    def __init__(
        self,
        db: Database,
        settings: DialectSettings,
        default_model: Callable[[], str],
        *,
        offered: Callable[[], Awaitable[Sequence[Found]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._settings = settings
        self._default_model = default_model
        self._offered = offered
        self._clock = clock
        self._aliases = aliases(settings.aliases)
        self._known: dict[str, Found] = {}  # by `provider:name`
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def resolve(self, owner: int, name: str) -> Target:
        """Raises ModelUnknown."""
        if len(name) > MAX_NAME_CHARS:
            raise ModelUnknown(f"model '{name[:80]}…' not found", hint="model names are shorter")
        meant = self._aliases.get(_short(name), name.strip())
        head, slash, rest = meant.partition("/")
        if slash and head == PLAIN:  # without a look at the store: no workspace has that name
            return Target(name, await self._model(rest, name))
        bare = _short(meant)
        pinned, places = await asyncio.to_thread(self._stored, owner, bare)
        if pinned:
            return Target(name, pinned, places.get(self._settings.workspace))
        if bare in places:
            return Target(name, self._default_model(), places[bare])
        if slash and head in places:
            return Target(name, await self._model(rest, name), places[head])
        model = await self._model(meant, name)
        await asyncio.to_thread(keep_name, self._db, owner, bare, model)
        return Target(name, model, places.get(self._settings.workspace))

    async def listing(self, owner: int) -> list[Listed]:
        """Every name that can be asked now, workspaces first."""
        await self._ask(FRESH_S)
        places = await asyncio.to_thread(list_workspaces, self._db, owner)
        default = self.found(self._default_model())
        models = list(self._known.values())
        listed = [Listed(Target(place.slug, default.name, place), default) for place in places]
        for place in places:
            listed += [Listed(Target(f"{place.slug}/{self._wire(one)}", one.name, place), one) for one in models]
        listed += [
            Listed(Target(f"{PLAIN}/{self._wire(one)}", one.name), one) for one in models if one.provider != "quotes"
        ]
        by_name = {_short(one.target.name): one for one in listed}
        for alias, meant in self._aliases.items():
            if one := by_name.get(_short(meant)):
                listed.append(Listed(Target(alias, one.target.model, one.target.workspace), one.found))
        return listed

    def found(self, model: str) -> Found:
        """What is known of it."""
        return self._known.get(model, _unknown(model))

    def _stored(self, owner: int, bare: str) -> tuple[str | None, dict[str, Workspace]]:
        """The model that a bare name came to mean, and the workspaces by slug."""
        places = list_workspaces(self._db, owner)
        return named_model(self._db, owner, bare), {place.slug: place for place in places}

    async def _model(self, wanted: str, name: str) -> str:
        """`provider:name` of a model as its provider names it. Raises ModelUnknown."""
        if not (fitting := self._fitting(wanted)):
            await self._ask(0.0)  # it may have come since
            fitting = self._fitting(wanted)
        if len(fitting) == 1:
            return fitting[0].name
        if fitting:
            ways = ", ".join(f"{one.provider}.{_own(one)}" for one in fitting)
            raise ModelUnknown(f"model '{name}' is ambiguous", hint=f"several providers have it: {ways}", field="model")
        raise ModelUnknown(
            f"model '{name}' not found", hint="GET /api/tags or /v1/models lists the names", field="model"
        )

    def _fitting(self, wanted: str) -> list[Found]:
        short = _short(wanted)
        return [one for one in self._known.values() if short in _spellings(one)]

    def _wire(self, found: Found) -> str:
        """Its name as its provider has it, with the provider where another one has that name too."""
        own = _own(found)
        twins = [one for one in self._known.values() if _short(_own(one)) == _short(own)]
        return f"{found.provider}.{own}" if len(twins) > 1 else own

    async def _ask(self, fresh_s: float) -> None:
        """All servers, once for everybody who waits; one that is away keeps its models in the list of names."""
        if self._clock() - self._asked_at < fresh_s:
            return
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        await asyncio.shield(self._asking)

    async def _ask_all(self) -> None:
        try:
            offered = await self._offered()
            present = {one.provider for one in offered}
            kept = {name: one for name, one in self._known.items() if one.provider not in present}
            self._known = {**{one.name: one for one in offered}, **kept}
        finally:
            self._asked_at = self._clock()
            self._asking = None


def aliases(text: str) -> dict[str, str]:
    """`gpt-4o=plant, fast=plain/tiny` as a mapping. Raises BadInput."""
    found = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        alias, equals, meant = (part.strip() for part in entry.partition("="))
        if not (alias and equals and meant):
            raise BadInput(f"{entry!r} in dialects.aliases is no alias", hint="write alias=name, alias=name")
        found[_short(alias)] = meant
    return found


def _short(name: str) -> str:
    return name.strip().removesuffix(LATEST)


def _spellings(found: Found) -> tuple[str, ...]:
    own = _short(_own(found))
    return own, f"{found.provider}.{own}", f"{found.provider}:{own}"


def _own(found: Found) -> str:
    """As its provider names it; a file somewhere by its name alone."""
    own = found.name.partition(":")[2] or found.name
    return Path(own).stem if found.provider == "llama" and "/" in own else own


def _unknown(model: str) -> Found:
    return Found(model, model.partition(":")[0])
