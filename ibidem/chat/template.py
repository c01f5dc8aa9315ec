"""A prompt template and the values of its variables -> what stands at the top of a prompt, and what it costs there.

Variables are put in as they are, once: no expression is evaluated, and a value that looks like a variable stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from ibidem.chat.turns import Count, tokens_of
from ibidem.errors import VariablesRefused
from ibidem.models.base import ChatMessage
from ibidem.store.templates import MAX_NAME_CHARS, Example, Template, TemplateSettings

MAX_VALUE_CHARS = 4_000  # of one variable; a longer text is given with the question
MAX_CHARS = 20_000  # of all texts of a template: some 5,000 tokens, already too many for small windows

Fault = tuple[str, str]  # the place in the template, and what is wrong there

_VARIABLE = re.compile(r"\{\{[ \t]*(\w+)[ \t]*\}\}")
_NAME = re.compile(r"\w{1,40}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its variables put in: its own words, its pairs, and what the answer is to be written with."""

    system: str = ""
    examples: tuple[Example, ...] = ()
    settings: TemplateSettings = field(default_factory=TemplateSettings)

    @property
    def in_questions_language(self) -> bool:
        """Whether the answer's language is the question's, and not the template's own business."""
        return self.settings.language == "question"

    def shots(self) -> list[ChatMessage]:
        """The pairs as messages."""
        return [
            message
            for one in self.examples
            for message in (ChatMessage("user", one.user), ChatMessage("assistant", one.assistant))
        ]


NO_TEMPLATE = Filled()


def fill(template: Template, values: Mapping[str, str]) -> Filled:
    """Raises VariablesRefused for a value that is missing, too long, or of a variable that the template has not."""
    known = {variable.name for variable in template.variables}
    for name, value in values.items():
        if name not in known:
            raise VariablesRefused(
                f"{template.name!r} has no variable {name!r}",
                hint=f"it has: {', '.join(sorted(known))}" if known else "it has none",
                field=f"variables.{name}",
            )
        if len(value) > MAX_VALUE_CHARS:
            raise VariablesRefused(
                f"the value of {name!r} has {len(value):,} characters, at most {MAX_VALUE_CHARS:,} are taken",
                hint="give a long text as an attachment of the question",
                field=f"variables.{name}",
            )
    given = {variable.name: values.get(variable.name, variable.default) for variable in template.variables}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise VariablesRefused(
            f"{template.name!r} needs a value for {', '.join(map(repr, missing))}",
            hint='send it as `"variables": {"name": "value"}`, or give the variable a default',
            field=f"variables.{missing[0]}",
        )
    return _with({name: value or "" for name, value in given.items()}, template)


def preview(template: Template, values: Mapping[str, str]) -> tuple[Filled, list[str]]:
    """As `fill`, for the eyes, of a template that may be faulty: what has no value stays as it is written, and is named."""
    given = {variable.name: values.get(variable.name) or variable.default for variable in template.variables}
    known = {name: value for name, value in given.items() if value is not None}
    return _with(known, template), [name for name, value in given.items() if value is None]


def cost(template: Template, count: Count) -> dict[str, int]:
    """Estimated tokens of its own words and of its pairs, variables at their defaults: what each prompt begins with."""
    return tokens(_with({variable.name: variable.default or "" for variable in template.variables}, template), count)


def tokens(filled: Filled, count: Count) -> dict[str, int]:
    """Estimated, of its own words and of its pairs."""
    system, examples = count(filled.system) if filled.system else 0, tokens_of(filled.shots(), count)
    return {"system": system, "examples": examples, "total": system + examples}


def faults(template: Template) -> list[Fault]:
    """What is wrong with it beyond its shape."""
    return list(chain(_wrong_name(template), _wrong_variables(template), _wrong_texts(template)))


def _wrong_name(template: Template) -> Iterator[Fault]:
    if not template.name or len(template.name) > MAX_NAME_CHARS:
        yield "name", f"a name has 1 to {MAX_NAME_CHARS} characters"
    elif not template.name.isprintable():
        yield "name", "the name holds a control character"


def _wrong_variables(template: Template) -> Iterator[Fault]:
    used = {name for _, text in _texts(template) for name in _VARIABLE.findall(text)}
    seen: set[str] = set()
    for index, variable in enumerate(template.variables):
        place = f"variables[{index}].name"
        if not _NAME.fullmatch(variable.name):
            yield place, f"{variable.name!r} is no name: letters, digits and _ only, 1 to 40 of them"
        elif variable.name in seen:
            yield place, f"there is a variable {variable.name!r} already"
        elif variable.name not in used:
            yield place, f"no text of the template holds {{{{{variable.name}}}}}"
        seen.add(variable.name)


def _wrong_texts(template: Template) -> Iterator[Fault]:
    known = {variable.name for variable in template.variables}
    for place, text in _texts(template):
        for name in dict.fromkeys(_VARIABLE.findall(text)):
            if name not in known:
                yield place, f"{{{{{name}}}}} is not among the variables"
    chars = sum(len(text) for _, text in _texts(template))
    chars += sum(len(variable.default or "") + len(variable.description) for variable in template.variables)
    if chars > MAX_CHARS:
        yield "system", f"its texts have {chars:,} characters, at most {MAX_CHARS:,} are taken"
    if not chars and template.settings == TemplateSettings():
        yield "system", "the template says nothing: it has neither a text nor examples nor settings"


def _texts(template: Template) -> Iterator[tuple[str, str]]:
    """Every text that may hold variables, with its place."""
    yield "system", template.system
    for index, example in enumerate(template.examples):
        yield f"examples[{index}].user", example.user
        yield f"examples[{index}].assistant", example.assistant


def _with(values: Mapping[str, str], template: Template) -> Filled:
    def put(text: str) -> str:
        return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text).strip()

    examples = tuple(Example(put(one.user), put(one.assistant)) for one in template.examples)
    return Filled(put(template.system), examples, template.settings)
