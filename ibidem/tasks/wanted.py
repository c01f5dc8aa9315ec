"""A name of the tables, or an address -> what is to be fetched, from where, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass

from ibidem.errors import ModelUnknown
from ibidem.hardware import catalog
from ibidem.models.hub import hub_models
from ibidem.models.origin import given, shown
from ibidem.types import Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model that is to be fetched."""

    title: str
    address: str
    licence: str
    size_gb: float = 0.0  # about, where the table has it
    role: Role = "chat"


def find_wanted(name: str) -> Wanted:
    """By a name of the tables, or an address. Raises ModelUnknown, BadInput."""
    if "://" in name:
        address = given(name)
        return Wanted(shown(address), address, "not known here: see the page it comes from")
    short, _, quantisation = name.strip().partition(":")
    for row in hub_models():
        if row.name == short.lower():
            return Wanted(row.title, row.address(quantisation), row.licence, role=row.role)
    try:
        model, size = catalog.find(name)
    except ModelUnknown as error:
        others = ", ".join(row.name for row in hub_models())
        raise ModelUnknown(error.message, hint=f"{error.hint.partition('; ')[0]}; {others}; or an address") from error
    title = f"{model.title} {size}"
    return Wanted(title, model.file_address(size), model.licence, model.size_gb[size])
