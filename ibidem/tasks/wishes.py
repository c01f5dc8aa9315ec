"""A question, its session and its template -> how the answer is written, as its job carries it, and back.

The template is filled when the question is taken: an answer that is written again, or a template that has been changed
since, makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ibidem.chat.shipped import find_template
from ibidem.chat.template import NO_TEMPLATE, Filled, fill
from ibidem.errors import BadInput, TooLarge
from ibidem.retrieve.given import FIELD, MAX_CHARS, Given, given_document, given_text
from ibidem.store.database import Database
from ibidem.store.templates import template_of
from ibidem.tasks.asking import Ask

MAX_GIVEN = 16  # texts of one question

SETTINGS = ("model", "mode", "temperature", "max_tokens")


@dataclass(frozen=True, slots=True)
class Wishes:
    """None is as the program's settings say. `given` are texts and ids of documents, as they came."""

    model: str | None
    mode: str
    temperature: float | None
    max_tokens: int | None
    template: Filled = NO_TEMPLATE
    given: tuple[Mapping[str, str], ...] = ()

    def packed(self) -> dict[str, Any]:
        """What a job carries of it; model and mode are the run's own."""
        packed: dict[str, Any] = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        if self.template != NO_TEMPLATE:
            packed["template"] = asdict(self.template)
        if self.given:
            packed["given"] = [dict(one) for one in self.given]
        return packed


def wishes_of(
    db: Database, owner: int, ask: Ask, session: Mapping[str, Any], again: Mapping[str, Any] | None
) -> Wishes:
    """The question's own wishes first, then its template's, its session's, the session's template's.

    `session` are the session's settings, `again` the details of a message that is asked again, with the texts it came with. Raises NotFound for an
    unknown template or document, BadInput, TooLarge, Conflict, Refused, VariablesRefused.
    """
    named = session.get("template") if ask.template is None else ask.template
    template = find_template(db, owner, named) if named else None
    theirs: Mapping[str, Any] = asdict(template.settings) if template else {}
    own = {name: getattr(ask, name) for name in SETTINGS}
    order = [own, theirs, session] if ask.template else [own, session, theirs]
    chosen: dict[str, Any] = {
        name: next((one[name] for one in order if one.get(name) not in (None, "")), None) for name in SETTINGS
    }
    if template is None and ask.variables:
        raise BadInput("variables are for a template", hint="name one as `template`", field="variables")
    filled = fill(template, ask.variables) if template else NO_TEMPLATE
    given = tuple(ask.texts if again is None else again.get("given", ()))
    open_given(db, owner, given)  # raises for what cannot be read
    return Wishes(
        model=chosen["model"],
        mode=chosen["mode"] or "chat",
        temperature=chosen["temperature"],
        max_tokens=chosen["max_tokens"],
        template=filled,
        given=given,
    )


def template_in(payload: Mapping[str, Any]) -> Filled:
    """The template that a job carries."""
    packed = payload.get("template")
    if not packed:
        return NO_TEMPLATE
    whole = template_of("", "", packed)
    return Filled(whole.system, whole.examples, whole.settings)


def open_given(db: Database, owner: int, given: Sequence[Mapping[str, str]]) -> list[Given]:
    """The texts and documents in their chunks. Raises as `wishes_of` does."""
    if len(given) > MAX_GIVEN:
        raise BadInput(f"{len(given)} texts were given, at most {MAX_GIVEN} are taken", hint="send fewer", field=FIELD)
    chars = sum(len(one.get("content", "")) for one in given)
    if chars > MAX_CHARS:
        raise TooLarge(
            f"the texts given have {chars:,} characters, at most {MAX_CHARS:,} are taken with a question",
            hint='add the text as a document, and give `{"document": id}`',
            field=FIELD,
        )
    return [
        given_document(db, owner, one["document"]) if one.get("document") else given_text(one["title"], one["content"])
        for one in given
    ]
