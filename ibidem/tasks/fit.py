"""What fits this machine: every model of the table, and every model that can be asked now, judged by its memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ibidem.errors import ModelError
from ibidem.hardware import catalog
from ibidem.hardware.advise import machine_warnings, rank
from ibidem.hardware.calibration import Calibration
from ibidem.hardware.catalog import Model
from ibidem.hardware.fits import Fit, assess
from ibidem.hardware.header import Header, read_header
from ibidem.hardware.load import wishes_of
from ibidem.hardware.plan import lasting_bytes
from ibidem.hardware.predict import Beside
from ibidem.hardware.probe import Machine
from ibidem.hardware.shown import shown_choice, shown_machine
from ibidem.hardware.survey import survey
from ibidem.models.catalog import model_file
from ibidem.models.found import Found, Server
from ibidem.models.nearby import LOOPBACK
from ibidem.settings import Settings
from ibidem.tasks.models import all_models


async def fit(settings: Settings, models_dir: Path) -> dict[str, Any]:
    """`{"machine", "items", "next", "engine", "warnings"}`: the table's models first, the best first, then those that are here.

    The memory's bandwidth is measured when it is not known yet: half a second, once.
    """
    found, asked = await all_models(settings.models, models_dir, None)
    return await asyncio.to_thread(_judge, settings, models_dir, found, asked)


@dataclass(frozen=True, slots=True)
class _Judge:
    """This machine, and what is judged by it."""

    settings: Settings
    models_dir: Path
    machine: Machine
    calibrations: Sequence[Calibration]
    beside: Beside
    here: Sequence[Found]

    def table(self) -> Iterator[dict[str, Any]]:
        here = {one.name for one in self.here}
        judged = [(row, self._assess(row.header(row.quantisation), row, row.quantisation)) for row in catalog.models()]
        judged.sort(key=lambda pair: (pair[1].verdict != "too_large", rank(pair[1].choice, self.machine)), reverse=True)
        advised = next((one for _, one in judged if one.verdict in ("fits", "busy")), None)
        for row, one in judged:
            asked_as = f"llama:{Path(row.file_address(row.quantisation).rpartition('/')[2]).stem}"
            about = {"name": row.name, "asked_as": asked_as, "here": asked_as in here, "source": "table"}
            yield {**about, "advised": one is advised, **self._shown(one)}

    def present(self, local: set[str]) -> Iterator[dict[str, Any]]:
        """`local` are the providers whose server runs on this machine."""
        for one in self.here:
            about = {"name": one.name, "asked_as": one.name, "here": True, "source": "server"}
            about["title"] = one.name.partition(":")[2]
            if one.provider == "llama":
                yield self._file(one)
            elif one.size_bytes and one.provider in local:
                fits = one.size_bytes <= lasting_bytes(self.machine, self.beside)
                yield {**about, "verdict": "fits" if fits else "too_large", "size_bytes": one.size_bytes}
            else:
                yield {**about, "verdict": "unknown", "size_bytes": one.size_bytes}

    def _file(self, one: Found) -> dict[str, Any]:
        about = {"name": one.name, "asked_as": one.name, "here": True, "source": "file", "size_bytes": one.size_bytes}
        try:
            header = read_header(Path(model_file(one.name.removeprefix("llama:"), self.models_dir)))
        except ModelError as error:
            return {**about, "title": one.name, "verdict": "unusable", "why": error.message}
        return {**about, **self._shown(self._assess(header))}

    def _assess(self, header: Header, row: Model | None = None, quantisation: str = "") -> Fit:
        return assess(
            header,
            row,
            quantisation,
            machine=self.machine,
            wishes=wishes_of(self.settings.models),
            beside=self.beside,
            calibrations=self.calibrations,
        )

    def _shown(self, one: Fit) -> dict[str, Any]:
        shown = shown_choice(one.choice, self.machine, self.beside)
        for name in ("model", "plan"):
            shown.pop(name)
        if one.verdict == "too_large":
            shown["why"] = ""
        size = one.choice.header.weights_bytes
        return {**shown, "verdict": one.verdict, "settings": one.settings, "smaller": one.smaller, "size_bytes": size}


def _judge(settings: Settings, models_dir: Path, found: list[Found], asked: list[Server]) -> dict[str, Any]:
    machine, calibrations = survey(settings.data_dir, llama_server=settings.models.llama_server, measure=True)
    beside = Beside() if settings.index.korean == "morphemes" else Beside(korean=0)
    here = [one for one in found if one.provider != "quotes"]
    judge = _Judge(settings, models_dir, machine, calibrations, beside, here)
    local = {one.provider for one in asked if urlsplit(one.address).hostname in LOOPBACK}
    return {
        "machine": shown_machine(machine),
        "items": [*judge.table(), *judge.present(local)],
        "next": None,
        "engine": bool(settings.models.llama_server) or find_spec("xllamacpp") is not None,
        "warnings": machine_warnings(machine),
    }
