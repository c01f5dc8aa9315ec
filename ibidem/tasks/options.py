"""The settings as the page shows and changes them: where each value comes from, and what the next start will read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ibidem.errors import BadInput, Conflict, Forbidden, IbidemError, NotFound
from ibidem.index.analyze import tokenize
from ibidem.models.catalog import open_embedder, open_model, open_reranker
from ibidem.models.engines import Engines
from ibidem.models.openai import openai_server
from ibidem.models.upstream import NO_ADDRESS, is_address
from ibidem.settings.edit import Value, edited
from ibidem.settings.load import FILE, build, from_environment, read_file, typed
from ibidem.settings.options import SECTIONS, ModelSettings, Settings, each_option
from ibidem.store.datadir import write_private
from ibidem.tasks.names import aliases

Source = Literal["default", "file", "environment"]
Kind = Literal["text", "number", "whole", "choice", "switch"]
AT_ONCE = ("models.default", "models.embedder", "models.ollama_url", "models.openai_url")  # without another start
_KINDS: dict[Any, Kind] = {str: "text", float: "number", int: "whole", bool: "switch"}


@dataclass(frozen=True, slots=True)
class Option:
    """An option with what the next start will read, and what this server runs with. A secret has neither value."""

    section: str
    key: str
    kind: Kind
    choices: tuple[str, ...]
    meaning: str
    default: Value
    value: Value | None
    running: Value | None
    source: Source
    variable: str  # of the environment
    by_hand: bool
    secret: bool
    pending: bool  # another value since the start

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


def write_options(
    folder: Path, section: str, changes: Mapping[str, Value | None], environ: Mapping[str, str] = os.environ
) -> None:
    """Change what the file of a data directory says; all else in it stays as its owner wrote it. None: the default again.

    Raises Conflict where the environment decides, and for a file that says it in a way that is not changed from here.
    """
    given = from_environment(section, environ)
    for key in changes:
        if key in given:
            raise Conflict(
                f"{section}.{key} is set by {given[key][1]}, which comes before the file",
                hint="change the variable, and start the server again",
            )
    path = (folder / FILE).resolve()  # a link stays one
    read_file(path)  # raises for one that is broken
    text = path.read_text("utf-8") if path.exists() else ""
    new = text
    for key, value in changes.items():
        new = edited(new, section, key, value)
    new.encode()  # half a character is told before anything is written
    if new != text:
        write_private(path, new)


class Options:
    """Of one data directory. `running` says what the server runs with; `check` refuses what could not be started; `adopt`
    makes the server run with another model or server at once."""

    def __init__(
        self,
        running: Callable[[], Settings],
        check: Callable[[str, Settings], None],
        adopt: Callable[[ModelSettings], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._running = running
        self._check = check
        self._adopt = adopt
        self._environ = environ
        self._folder = running().data_dir
        self._changing = threading.Lock()

    @property
    def path(self) -> Path:
        return self._folder / FILE

    def list(self) -> list[Option]:
        """Every option, in the order of the documentation. Raises BadInput where the file cannot be read any more."""
        written = read_file(self.path)
        coming = build(self._folder, written, self._environ)
        return [self._option(section, item, written, coming) for section, item in each_option()]

    def get(self, name: str) -> Option:
        """Raises NotFound, BadInput."""
        found = next((one for one in self.list() if one.name == name), None)
        if found is None:
            raise NotFound(f"no option {name!r}", hint="GET /api/settings/ lists them", field="name")
        return found

    def change(self, name: str, value: Value | None) -> Option:
        """Write a value into the file; None: the default again. It holds from the next start on, those of AT_ONCE now.

        Raises NotFound, Forbidden, BadInput in the field's own words, Conflict where the environment decides.
        """
        with self._changing:
            option = self.get(name)
            if option.by_hand:
                raise Forbidden(
                    f"{name} is not changed from here", hint=f"write it into {self.path}, and start the server again"
                )
            try:
                self._write(option, value)
            except IbidemError as error:
                error.field = "value"
                raise
            if name in AT_ONCE:
                key = option.key
                coming = build(self._folder, read_file(self.path), self._environ)
                self._adopt(replace(self._running().models, **{key: getattr(coming.models, key)}))
            return self.get(name)

    def _write(self, option: Option, value: Value | None) -> None:
        written = read_file(self.path)
        if value is not None:
            value = typed(option.section, option.key, value)
            written.setdefault(option.section, {})[option.key] = value
            self._check(option.name, build(self._folder, written, self._environ))
        write_options(self._folder, option.section, {option.key: value}, self._environ)

    def _option(self, section: str, item: Any, written: Mapping[str, Any], coming: Settings) -> Option:
        value = getattr(getattr(coming, section), item.name)
        running = getattr(getattr(self._running(), section), item.name)
        wanted = get_type_hints(SECTIONS[section])[item.name]
        choices = get_args(wanted) if get_origin(wanted) is Literal else ()
        given = from_environment(section, self._environ).get(item.name)
        secret = not item.repr
        return Option(
            section=section,
            key=item.name,
            kind="choice" if choices else _KINDS[wanted],
            choices=choices,
            meaning=item.metadata["meaning"],
            default=item.default,
            value=None if secret else value,
            running=None if secret else running,
            source="environment" if given else "file" if item.name in written.get(section, {}) else "default",
            variable=given[1] if given else f"IBIDEM_{section.upper()}__{item.name.upper()}",
            by_hand=item.metadata["by_hand"],
            secret=secret,
            pending=value != running,
        )


def startable(name: str, coming: Settings, engines: Engines, models_dir: Path) -> None:
    """Whether a server would start with the changed option, as far as that can be known without asking anybody.

    Raises BadInput, ModelUnknown.
    """
    models = coming.models
    if name == "models.default":
        open_model(models.default, models, tokenize, engines, models_dir)
    elif name == "models.openai_key":
        openai_server(models)
    elif name.endswith("_url"):
        if not is_address(getattr(models, name.partition(".")[2])):
            raise BadInput(NO_ADDRESS, hint="write it as the server tells it when it starts")
    elif name.startswith("models.embedder") and models.embedder:
        open_embedder(models.embedder, models, engines, models_dir).close()
    elif name == "models.reranker" and models.reranker:
        open_reranker(models.reranker, models, engines, models_dir).close()
    elif name == "dialects.aliases":
        aliases(coming.dialects.aliases)
