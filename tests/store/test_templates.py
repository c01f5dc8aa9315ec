"""Templates are kept for their owner, under names that are taken once, and an import changes nothing that is there."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from ibidem.errors import BadInput, Conflict, NotFound, TemplateRefused
from ibidem.store.database import Database
from ibidem.store.templates import (
    MAX_NAME_CHARS,
    MAX_TEMPLATES,
    Example,
    Template,
    TemplateSettings,
    Variable,
    create_template,
    delete_template,
    get_own_template,
    import_templates,
    list_templates,
    replace_template,
)
from ibidem.store.workspaces import LOCAL_OWNER

FULL = Template(
    "",
    "요약",
    "At most {{n}} sentences.",
    (Variable("n", "3", "how many"), Variable("m")),
    (Example("What?", "That."),),
    TemplateSettings("ollama:x", "query", 0.5, 100, "own"),
)


def names(db: Database, owner: int = LOCAL_OWNER) -> list[str]:
    return [template.name for _, template in list_templates(db, owner)]


def test_a_template_comes_back_as_it_was_stored(db: Database) -> None:
    stored = create_template(db, LOCAL_OWNER, FULL, 1.0)
    assert get_own_template(db, LOCAL_OWNER, stored.id) == stored == replace(FULL, id=stored.id)
    assert stored.id


@pytest.mark.parametrize("name", ["요약", unicodedata.normalize("NFD", "요약")])
def test_a_name_is_taken_once_however_it_is_composed(db: Database, name: str) -> None:
    create_template(db, LOCAL_OWNER, FULL, 1.0)
    with pytest.raises(Conflict) as error:
        create_template(db, LOCAL_OWNER, Template("", name, "x"), 1.0)
    assert error.value.field == "name"


def test_a_name_is_taken_once_whatever_its_case(db: Database, stranger: int) -> None:
    create_template(db, LOCAL_OWNER, Template("", "Straße", "x"), 1.0)
    with pytest.raises(Conflict):
        create_template(db, LOCAL_OWNER, Template("", "STRASSE", "x"), 1.0)
    create_template(db, stranger, Template("", "straße", "x"), 1.0)
    assert (names(db), names(db, stranger)) == (["Straße"], ["straße"])


def test_a_template_is_replaced_as_a_whole(db: Database) -> None:
    stored = create_template(db, LOCAL_OWNER, FULL, 1.0)
    other = Template(stored.id, "Short", "Be short.")
    replace_template(db, LOCAL_OWNER, other, 2.0)
    assert get_own_template(db, LOCAL_OWNER, stored.id) == other


def test_a_template_may_keep_its_name_but_not_take_anothers(db: Database) -> None:
    one = create_template(db, LOCAL_OWNER, FULL, 1.0)
    other = create_template(db, LOCAL_OWNER, replace(FULL, name="b"), 1.0)
    replace_template(db, LOCAL_OWNER, replace(one, system="new"), 2.0)
    with pytest.raises(Conflict):
        replace_template(db, LOCAL_OWNER, replace(other, name="요약"), 2.0)
    assert names(db) == ["요약", "b"]


def test_another_owners_template_is_not_there(db: Database, stranger: int) -> None:
    stored = create_template(db, LOCAL_OWNER, FULL, 1.0)
    for attempt in (
        lambda: get_own_template(db, stranger, stored.id),
        lambda: replace_template(db, stranger, replace(stored, name="mine"), 2.0),
        lambda: delete_template(db, stranger, stored.id),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert get_own_template(db, LOCAL_OWNER, stored.id) == stored
    assert names(db, stranger) == []


def test_a_deleted_template_is_gone_and_its_name_is_free(db: Database) -> None:
    stored = create_template(db, LOCAL_OWNER, FULL, 1.0)
    delete_template(db, LOCAL_OWNER, stored.id)
    with pytest.raises(NotFound):
        delete_template(db, LOCAL_OWNER, stored.id)
    assert create_template(db, LOCAL_OWNER, FULL, 2.0).id != stored.id


def test_a_list_goes_on_behind_its_cursor(db: Database) -> None:
    for name in "abc":
        create_template(db, LOCAL_OWNER, Template("", name, "x"), 1.0)
    ((_, first), (mark, second)) = list_templates(db, LOCAL_OWNER, limit=2)
    assert [first.name, second.name] == ["a", "b"]
    assert [one.name for _, one in list_templates(db, LOCAL_OWNER, after=mark)] == ["c"]
    with pytest.raises(BadInput):
        list_templates(db, LOCAL_OWNER, after="elsewhere")


def test_an_owner_has_so_many_templates_and_no_more(db: Database) -> None:
    import_templates(db, LOCAL_OWNER, [Template("", f"t{n}", "x") for n in range(MAX_TEMPLATES)], 1.0)
    with pytest.raises(TemplateRefused):
        create_template(db, LOCAL_OWNER, Template("", "one more", "x"), 1.0)
    with pytest.raises(TemplateRefused):
        import_templates(db, LOCAL_OWNER, [Template("", "t0", "x"), Template("", "one more", "x")], 1.0)
    assert len(names(db)) == MAX_TEMPLATES


# --- import ----------------------------------------------------------------------------------------------------------


def test_what_is_there_word_for_word_is_left_alone(db: Database) -> None:
    stored = create_template(db, LOCAL_OWNER, FULL, 1.0)
    ((outcome, template),) = import_templates(db, LOCAL_OWNER, [replace(FULL, name="요약")], 2.0)
    assert (outcome, template) == ("unchanged", stored)
    assert names(db) == ["요약"]


def test_another_text_under_a_name_that_is_taken_gets_a_name_of_its_own(db: Database) -> None:
    stored = create_template(db, LOCAL_OWNER, Template("", "Short", "old"), 1.0)
    new = [Template("", "SHORT", "new"), Template("", "short", "newer"), Template("", "Short", "new")]
    done = import_templates(db, LOCAL_OWNER, new, 2.0)
    assert [(outcome, one.name) for outcome, one in done] == [
        ("renamed", "SHORT (2)"),
        ("renamed", "short (3)"),
        ("unchanged", "SHORT (2)"),
    ]
    assert get_own_template(db, LOCAL_OWNER, stored.id).system == "old"


def test_a_new_name_is_no_longer_than_a_name_may_be(db: Database) -> None:
    long = "가" * MAX_NAME_CHARS
    import_templates(db, LOCAL_OWNER, [Template("", long, "a"), Template("", long, "b")], 1.0)
    assert [len(name) <= MAX_NAME_CHARS for name in names(db)] == [True, True]
