"""What a question wishes is settled when it is taken, and its job carries all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ibidem.chat.template import Filled
from ibidem.errors import BadInput, NotFound
from ibidem.store.database import Database
from ibidem.store.templates import (
    Example,
    Template,
    TemplateSettings,
    Variable,
    create_template,
    delete_template,
)
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.tasks.asking import Ask
from ibidem.tasks.wishes import Wishes, template_in, wishes_of

POST = {"title": "post.md", "content": "The pump starts at 4.2 bar."}
SETTINGS = TemplateSettings("scripted:t", "plain", 0.9, 90, "own")


@pytest.fixture
def template(db: Database) -> str:
    made = Template("", "role", "You are {{who}}.", (Variable("who", "a cook"),), (Example("{{who}}", "b"),), SETTINGS)
    return create_template(db, LOCAL_OWNER, made, 0.0).id


def wishes(db: Database, ask: Ask, session: dict[str, Any] | None = None, again: Any = None) -> Wishes:
    return wishes_of(db, LOCAL_OWNER, ask, session or {}, again)


def test_a_job_carries_the_template_as_it_was_when_the_question_was_taken(db: Database, template: str) -> None:
    taken = wishes(db, Ask("Why?", template=template, texts=[POST]))
    payload = json.loads(json.dumps(taken.packed()))
    delete_template(db, LOCAL_OWNER, template)
    assert template_in(payload) == Filled("You are a cook.", (Example("a cook", "b"),), SETTINGS)
    assert (payload["temperature"], payload["max_tokens"], payload["given"]) == (0.9, 90, [POST])
    with pytest.raises(NotFound):
        wishes(db, Ask("Why?", template=template))


def test_a_value_that_looks_like_a_variable_is_still_text_after_the_job(db: Database, template: str) -> None:
    taken = wishes(db, Ask("Why?", template=template, variables={"who": "{{who}}"}))
    assert template_in(taken.packed()).system == "You are {{who}}."


def test_a_plain_question_has_no_wishes(db: Database) -> None:
    taken = wishes(db, Ask("Why?"))
    assert taken == Wishes(None, "chat", None, None)
    assert taken.packed() == {"temperature": None, "max_tokens": None}
    assert template_in(taken.packed()) == Filled()


@pytest.mark.parametrize(
    ("ask", "session", "mode", "temperature"),
    [
        ({}, {}, "chat", None),
        ({}, {"mode": "query", "temperature": 0.0}, "query", 0.0),
        ({"mode": "chat"}, {"mode": "query"}, "chat", None),
        ({"template": True}, {"mode": "query", "temperature": 0.1}, "plain", 0.9),
        ({"template": True, "temperature": 0.3}, {"mode": "query"}, "plain", 0.3),
        ({}, {"template": True, "temperature": 0.1}, "plain", 0.1),
        ({"template": ""}, {"template": True}, "chat", None),
    ],
)
def test_the_question_comes_first_then_its_template_its_session_and_the_sessions_template(
    db: Database, template: str, ask: dict[str, Any], session: dict[str, Any], mode: str, temperature: float | None
) -> None:
    named = [{**each, "template": template} if each.get("template") is True else each for each in (ask, session)]
    taken = wishes(db, Ask("Why?", **named[0]), named[1])
    assert (taken.mode, taken.temperature) == (mode, temperature)


def test_a_question_asked_again_has_the_texts_that_it_came_with(db: Database) -> None:
    other = {"title": "other.md", "content": "x"}
    assert wishes(db, Ask("", texts=[other]), again={"given": [POST]}).given == (POST,)
    assert wishes(db, Ask("", texts=[other]), again={}).given == ()


def test_values_without_a_template_are_refused(db: Database) -> None:
    with pytest.raises(BadInput):
        wishes(db, Ask("Why?", variables={"a": "b"}))
