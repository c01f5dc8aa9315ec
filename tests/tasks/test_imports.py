"""A file is read an element at a time, wherever its blocks end, and never more of it than a chat may have."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest

from ibidem.errors import BadInput, TooLarge
from ibidem.store.database import Database
from ibidem.store.messages import list_messages
from ibidem.store.sessions import Session, list_sessions
from ibidem.store.workspaces import Workspace
from ibidem.tasks import imports
from ibidem.tasks.imports import Taken, elements, take_chats
from tests.chat.test_formats import CHATGPT, OPEN_WEBUI

LISTS: list[list[Any]] = [
    [],
    [{}],
    [1234, "two", None, [3, {"four": "]"}], {"five": [{}, "\\"]}],
    [{"said": '문서 \U0001f600 " , ] }'}] * 5,
]


@pytest.fixture(params=[1, 2, 3, 7, 1 << 16])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BLOCK_CHARS", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("value", LISTS)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_gives_its_elements_wherever_blocks_end(value: list[Any], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    for dressed in (text, f"\ufeff{text}", f"\n {text} \r\n"):
        assert list(elements(io.BytesIO(dressed.encode()))) == value


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("text", ["[1 2]", "[1,]", "[,1]", "[1", '["a', "[1]]", "[{]}", "", " ", "[1,,2]"])
def test_what_is_no_list_is_refused_wherever_blocks_end(text: str) -> None:
    with pytest.raises(BadInput, match="no valid JSON"):
        list(elements(io.BytesIO(text.encode())))


@pytest.mark.parametrize("text", ['[{"a": "' + "x" * 300 + '"}]', '{"a": "' + "x" * 300 + '"}'])
def test_no_more_is_read_than_one_chat_may_have(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(imports, "BLOCK_CHARS", 16)
    monkeypatch.setattr(imports, "MAX_ELEMENT_CHARS", 100)
    file = io.BytesIO((text + " " * 1_000_000).encode())
    with pytest.raises(TooLarge):
        list(elements(file))
    assert file.tell() < 50_000


def test_small_elements_behind_a_large_one_cost_no_more_than_before_it() -> None:
    """Processor time: with what had been read for the large one copied for each, it grew with the square."""
    file = io.BytesIO(b'["' + b"x" * 3_000_000 + b'"' + b", {}" * 200_000 + b"]")
    before = time.process_time()
    assert sum(1 for _ in elements(file)) == 200_001
    assert time.process_time() - before < 5


def take(db: Database, value: Any) -> Taken:
    file = io.BytesIO(json.dumps(value).encode())
    return take_chats(db, 1, file, workspace="home", checked=dict, now=0.0)


def sessions(db: Database) -> list[Session]:
    return list_sessions(db, 1, before=None, limit=100)


def test_a_fault_in_the_last_chat_leaves_nothing_of_the_first(db: Database, home: Workspace) -> None:
    with pytest.raises(BadInput) as error:
        take(db, [CHATGPT, OPEN_WEBUI, {"mapping": {"q": 7}}])
    assert error.value.message.startswith("chat 3: ")
    assert sessions(db) == []
    assert db.read("SELECT 1 FROM message") == []


def test_each_chat_of_a_file_is_taken_once_even_if_it_stands_there_twice(db: Database, home: Workspace) -> None:
    taken = take(db, [CHATGPT, OPEN_WEBUI, CHATGPT])
    assert (len(taken.sessions), taken.known) == (2, 1)
    assert take(db, [CHATGPT]).known == 1
    first = next(one for one in sessions(db) if one.title == "Pumps")
    assert first.head == list_messages(db, 1, first.id)[1].id, "the branch that was shown there is shown here"
