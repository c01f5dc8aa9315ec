"""A model and a machine -> whether it fits, with its memory either way, and what to change where it does not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from ibidem.errors import ModelTooLarge
from ibidem.hardware.advise import LEAST_TOKENS_S, Choice, as_arranged, choose
from ibidem.hardware.calibration import Calibration
from ibidem.hardware.catalog import Model
from ibidem.hardware.header import Header
from ibidem.hardware.plan import NO_WISHES, USUAL, Wishes, least, present_bytes
from ibidem.hardware.predict import Beside
from ibidem.hardware.probe import Machine

Verdict = Literal[
    "fits",
    "busy",  # it would, if other programs left it the memory
    "slow",  # it fits, and writes too slowly to wait for
    "too_large",  # it would swap with nothing else running
]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model would run here, or why it would not.

    Where it is too large, `choice` is its smallest arrangement, `settings` are those of [models] without which it would
    fit, and `smaller` is a quantisation of the table that fits.
    """

    verdict: Verdict
    choice: Choice
    settings: tuple[str, ...] = ()
    smaller: str = ""


def assess(
    header: Header,
    model: Model | None = None,
    quantisation: str = "",
    *,
    machine: Machine,
    wishes: Wishes = NO_WISHES,
    beside: Beside = USUAL,
    calibrations: Sequence[Calibration] = (),
) -> Fit:
    """Judge one model: a row of the table in a quantisation, or a file by its header."""

    def chosen(header: Header, quantisation: str, wishes: Wishes) -> Choice | None:
        try:
            return choose(
                header, model, quantisation, machine=machine, wishes=wishes, beside=beside, calibrations=calibrations
            )
        except ModelTooLarge:
            return None

    choice = chosen(header, quantisation, wishes)
    if choice is not None:
        return Fit(_verdict(choice, machine, beside), choice)
    smallest = least(header, machine, wishes=wishes)
    choice = as_arranged(header, smallest, model, quantisation, machine=machine, calibrations=calibrations)
    if wishes != NO_WISHES and chosen(header, quantisation, NO_WISHES):
        return Fit("too_large", choice, settings=tuple(_set(wishes)))
    if model is None:
        return Fit("too_large", choice)
    fitting = (size for size in _smaller(model, quantisation) if chosen(model.header(size), size, wishes))
    return Fit("too_large", choice, smaller=next(fitting, ""))


def _verdict(choice: Choice, machine: Machine, beside: Beside) -> Verdict:
    if choice.header.role == "chat" and choice.speed.basis != "unknown" and choice.speed.generation < LEAST_TOKENS_S:
        return "slow"
    if choice.plan.needs_bytes > present_bytes(machine, beside):
        return "busy"
    return "fits"


def _set(wishes: Wishes) -> Iterator[str]:
    """The names of the settings that hold a wish which memory depends on."""
    for field in fields(wishes):
        wished = getattr(wishes, field.name) != getattr(NO_WISHES, field.name)
        if wished and field.name in ("context_tokens", "slots", "gpu_layers", "kv_type"):
            yield field.name


def _smaller(model: Model, quantisation: str) -> list[str]:
    """Its quantisations of fewer bytes, the largest first."""
    sizes = model.size_gb
    return sorted((one for one in sizes if sizes[one] < sizes[quantisation]), key=lambda one: -sizes[one])
