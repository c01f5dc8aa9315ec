"""Prompt templates: system text with variables, few-shot pairs and model settings, each owner's by themselves."""

from __future__ import annotations

import json
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any, Literal

from ibidem.errors import Conflict, NotFound, TemplateRefused
from ibidem.store.database import Database, Row
from ibidem.store.documents import row_number
from ibidem.types import Mode

MAX_TEMPLATES = 200  # of one owner
MAX_NAME_CHARS = 200

Outcome = Literal["created", "renamed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that stands in the texts as `{{name}}`. Without a default whoever asks must give a value."""

    name: str
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A few-shot pair: what is asked, and how it should be answered."""

    user: str
    assistant: str


@dataclass(frozen=True, slots=True)
class TemplateSettings:
    """What an answer is written with, unless whoever asks says otherwise; None leaves it as it would be.

    `language`: the answer is in the question's language, or the template's `own` text says in which.
    """

    model: str | None = None
    mode: Mode | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    language: Literal["question", "own"] = "question"


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    system: str = ""
    variables: tuple[Variable, ...] = ()
    examples: tuple[Example, ...] = ()
    settings: TemplateSettings = field(default_factory=TemplateSettings)

    def body(self) -> dict[str, Any]:
        """What it says, as JSON: everything but its id and its name."""
        return {key: value for key, value in asdict(self).items() if key not in ("id", "name")}


def template_of(template_id: str, name: str, body: Mapping[str, Any]) -> Template:
    """The template that `Template.body` describes; what is left out is empty."""
    return Template(
        template_id,
        name,
        body.get("system", ""),
        tuple(Variable(**one) for one in body.get("variables", ())),
        tuple(Example(**one) for one in body.get("examples", ())),
        TemplateSettings(**body.get("settings", {})),
    )


def name_key(name: str) -> str:
    """Names with the same key are the same: composed or not, in capitals or not."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def get_own_template(db: Database, owner: int, template_id: str) -> Template:
    """Raises NotFound."""
    row = db.read_one("SELECT id, name, body FROM template WHERE id = ? AND owner = ?", (template_id, owner))
    if row is None:
        raise _absent(template_id)
    return _template(row)


def list_templates(
    db: Database, owner: int, *, after: str | None = None, limit: int = MAX_TEMPLATES
) -> list[tuple[str, Template]]:
    """Own templates in the order they were made, each with the cursor of its place. Raises BadInput for a bad cursor."""
    rows = db.read(
        "SELECT rowid AS mark, id, name, body FROM template WHERE owner = ? AND rowid > ? ORDER BY rowid LIMIT ?",
        (owner, row_number(after) if after else 0, limit),
    )
    return [(str(row["mark"]), _template(row)) for row in rows]


def create_template(db: Database, owner: int, template: Template, now: float) -> Template:
    """Store it under a new id. Raises Conflict where the name is taken, TemplateRefused where there are too many."""

    def write(tx: sqlite3.Connection) -> Template:
        _refuse_beyond(tx, owner, 1)
        return _insert(tx, owner, template, now)

    try:
        return db.write(write)
    except sqlite3.IntegrityError:
        raise _taken(template.name) from None


def replace_template(db: Database, owner: int, template: Template, now: float) -> None:
    """Everything but the id. Raises NotFound, Conflict where another one has the name."""
    values = (template.name, name_key(template.name), _json(template), now, template.id, owner)
    try:
        found = db.write(
            lambda tx: (
                tx.execute(
                    "UPDATE template SET name = ?, name_key = ?, body = ?, updated_at = ? WHERE id = ? AND owner = ?",
                    values,
                ).rowcount
            )
        )
    except sqlite3.IntegrityError:
        raise _taken(template.name) from None
    if not found:
        raise _absent(template.id)


def delete_template(db: Database, owner: int, template_id: str) -> None:
    """Raises NotFound."""
    found = db.write(
        lambda tx: tx.execute("DELETE FROM template WHERE id = ? AND owner = ?", (template_id, owner)).rowcount
    )
    if not found:
        raise _absent(template_id)


def import_templates(
    db: Database, owner: int, templates: Sequence[Template], now: float
) -> list[tuple[Outcome, Template]]:
    """All of them or none; nothing that is there changes.

    One that is there already, word for word, stays as it is; where another one has its name it is called `name (2)`.
    Raises TemplateRefused where there would be too many.
    """

    bodies = [_json(template) for template in templates]

    def write(tx: sqlite3.Connection) -> list[tuple[Outcome, Template]]:
        rows = tx.execute("SELECT id, name, name_key, body FROM template WHERE owner = ?", (owner,))
        known = {row["name_key"]: (row["id"], row["name"], row["body"]) for row in rows}
        done: list[tuple[Outcome, Template]] = []
        for wanted, body in zip(templates, bodies, strict=True):
            name = next(name for name in _names(wanted.name) if known.get(name_key(name), ("", "", body))[2] == body)
            if there := known.get(name_key(name)):
                done.append(("unchanged", replace(wanted, id=there[0], name=there[1])))
                continue
            stored = _insert(tx, owner, replace(wanted, name=name), now)
            known[name_key(name)] = (stored.id, name, body)
            done.append(("created" if name == wanted.name else "renamed", stored))
        _refuse_beyond(tx, owner, 0)
        return done

    return db.write(write)


def _names(name: str) -> Iterator[str]:
    """The name, then with (2), (3) and so on behind it."""
    yield name
    for number in count(2):
        yield f"{name[: MAX_NAME_CHARS - 8]} ({number})"


def _insert(tx: sqlite3.Connection, owner: int, template: Template, now: float) -> Template:
    stored = replace(template, id=secrets.token_hex(8))
    tx.execute(
        "INSERT INTO template (id, owner, name, name_key, body, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (stored.id, owner, stored.name, name_key(stored.name), _json(stored), now, now),
    )
    return stored


def _refuse_beyond(tx: sqlite3.Connection, owner: int, added: int) -> None:
    (count,) = tx.execute("SELECT count(*) FROM template WHERE owner = ?", (owner,)).fetchone()
    if count + added > MAX_TEMPLATES:
        raise TemplateRefused(f"that would be more than {MAX_TEMPLATES} templates", hint="delete some first")


def _json(template: Template) -> str:
    return json.dumps(template.body(), ensure_ascii=False)


def _template(row: Row) -> Template:
    return template_of(row["id"], row["name"], json.loads(row["body"]))


def _absent(template_id: str) -> NotFound:
    return NotFound(f"no template {template_id!r}", hint="list them with GET /api/prompts/templates/")


def _taken(name: str) -> Conflict:
    return Conflict(f"there is a template {name!r} already", hint="choose another name", field="name")
