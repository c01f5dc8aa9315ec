"""Variables are put in as they are, once; what cannot be put in is told; and the templates that come along keep the rules."""

from __future__ import annotations

import pytest

from ibidem.chat.meter import MESSAGE_TOKENS, Meter
from ibidem.chat.shipped import find_template, shipped_templates
from ibidem.chat.template import MAX_CHARS, MAX_VALUE_CHARS, cost, faults, fill
from ibidem.errors import NotFound, VariablesRefused
from ibidem.store.database import Database
from ibidem.store.templates import Example, Template, TemplateSettings, Variable, create_template
from ibidem.store.workspaces import LOCAL_OWNER

ROLE = Template(
    "t",
    "Role",
    "You are a {{role}}.\n",
    (Variable("role"), Variable("톤", "정중")),
    (Example("Greet a {{ role }}", "{{톤}}하게"),),
)


def test_variables_are_put_into_text_and_pairs() -> None:
    filled = fill(ROLE, {"role": "plumber"})
    assert filled.system == "You are a plumber."
    assert filled.examples == (Example("Greet a plumber", "정중하게"),)


def test_a_value_is_put_in_once_and_never_evaluated() -> None:
    value = r"{{톤}} {{role.__class__}} \1 \g<0> {0} %s"
    assert fill(ROLE, {"role": value}).system == f"You are a {value}."


def test_braces_that_are_no_variable_stay() -> None:
    text = "{{}} {{ a b }} {x} {{% if %}} {{x.y}}"
    assert fill(Template("t", "T", text), {}).system == text
    assert faults(Template("t", "T", text)) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "variables.role"),
        ({"role": "x", "rôle": "y"}, "variables.rôle"),
        ({"role": "x" * (MAX_VALUE_CHARS + 1)}, "variables.role"),
    ],
    ids=["missing", "unknown", "too long"],
)
def test_a_value_that_cannot_be_put_in_is_named(values: dict[str, str], field: str) -> None:
    with pytest.raises(VariablesRefused) as error:
        fill(ROLE, values)
    assert error.value.field == field


def test_all_missing_values_are_named_at_once() -> None:
    with pytest.raises(VariablesRefused, match="'a', 'b'"):
        fill(Template("t", "T", "{{a}}{{b}}", (Variable("a"), Variable("b"))), {})


def test_an_empty_value_is_a_value() -> None:
    assert fill(ROLE, {"role": ""}).system == "You are a ."


@pytest.mark.parametrize(
    ("template", "places"),
    [
        (Template("", "", "x"), ["name"]),
        (Template("", "a\u200eb", "x"), ["name"]),
        (Template("", "n" * 201, "x"), ["name"]),
        (Template("", "n"), ["system"]),
        (Template("", "n", "x" * (MAX_CHARS + 1)), ["system"]),
        (Template("", "n", "{{a}} {{a}} {{b}}"), ["system", "system"]),
        (Template("", "n", "x", (), (Example("{{a}}", "{{b}}"),)), ["examples[0].user", "examples[0].assistant"]),
        (Template("", "n", "x", (Variable("a"),)), ["variables[0].name"]),
        (Template("", "n", "{{a}}", (Variable("a"), Variable("a"))), ["variables[1].name"]),
        (Template("", "n", "{{a b}}", (Variable("a b"),)), ["variables[0].name"]),
    ],
)
def test_what_is_wrong_with_a_template_is_told_with_its_place(template: Template, places: list[str]) -> None:
    assert [place for place, _ in faults(template)] == places


def test_a_template_of_settings_alone_is_one() -> None:
    assert faults(Template("", "cold", settings=TemplateSettings(temperature=0.0))) == []


def test_the_cost_is_that_of_its_words_and_its_pairs() -> None:
    count = Meter().count
    shown = cost(ROLE, count)
    assert shown["system"] == count("You are a .")
    assert shown["examples"] == 2 * MESSAGE_TOKENS + count("Greet a") + count("정중하게")
    assert shown["total"] == shown["system"] + shown["examples"]
    assert cost(Template("", "n"), count)["total"] == 0


# --- those that come with Ibidem -------------------------------------------------------------------------------------

SHIPPED = {template.id: template for template in shipped_templates()}


def test_each_kind_comes_in_both_languages() -> None:
    kinds = ("code-review", "documents", "summary", "translation")
    assert list(SHIPPED) == [f"ibidem-{kind}-{language}" for kind in kinds for language in ("en", "ko")]


@pytest.mark.parametrize("template", SHIPPED.values(), ids=SHIPPED)
def test_a_template_that_comes_along_is_sound_and_needs_no_values(template: Template) -> None:
    assert faults(template) == []
    filled = fill(template, {})
    assert "{{" not in filled.system
    assert template.settings.mode and not filled.in_questions_language
    assert cost(template, Meter().count)["total"] < 620  # three seconds of a slow machine


@pytest.mark.parametrize("template", SHIPPED.values(), ids=SHIPPED)
def test_a_template_that_comes_along_says_language_length_order_and_what_is_not_there(template: Template) -> None:
    korean = template.id.endswith("ko")
    text = fill(template, {}).system
    assert ("한국어" if korean else "English") in text
    assert ("부터:" if korean else "first:") in text
    assert ("까지" in text or "넘기지" in text) if korean else "at most" in text.lower()
    assert ("없" if korean else "not") in text
    assert all(variable.description for variable in template.variables)


def test_a_template_is_found_among_ones_own_and_those_that_come_along(db: Database, stranger: int) -> None:
    own = create_template(db, LOCAL_OWNER, Template("", "mine", "x"), 1.0)
    assert find_template(db, LOCAL_OWNER, own.id) == own
    assert find_template(db, stranger, "ibidem-summary-ko").name == "요약 (한국어)"
    for owner, template_id in ((stranger, own.id), (LOCAL_OWNER, "ibidem-nothing")):
        with pytest.raises(NotFound):
            find_template(db, owner, template_id)
