"""The templates that come with Ibidem, from their files: everybody's to use and to copy, nobody's to change."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from ibidem.store.database import Database
from ibidem.store.templates import Template, get_own_template, template_of

PREFIX = "ibidem-"  # of their ids, which are names of files and stay as they are


@cache
def shipped_templates() -> tuple[Template, ...]:
    """In the order of their ids."""
    folder = files("ibidem.chat").joinpath("shipped")
    texts = {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in folder.iterdir()}
    bodies = {stem: tomllib.loads(text) for stem, text in sorted(texts.items())}
    return tuple(template_of(PREFIX + stem, body["name"], body) for stem, body in bodies.items())


def find_template(db: Database, owner: int, template_id: str) -> Template:
    """One of the owner's, or one that comes with Ibidem. Raises NotFound."""
    known = {template.id: template for template in shipped_templates()}
    return known.get(template_id) or get_own_template(db, owner, template_id)
