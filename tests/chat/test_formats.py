"""Exported chats are read as they are written: trees, hidden nodes, times, and what is malformed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ibidem.chat.formats import chats
from ibidem.chat.imported import MAX_CHARS, Imported
from ibidem.errors import BadInput


def chatgpt(role: str, *parts: Any, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """A node of ChatGPT's `mapping`."""
    message = {
        "author": {"role": role},
        "content": {"content_type": "text", "parts": list(parts)},
        "create_time": 1_700_000_000.5,
        "recipient": "all",
        "metadata": {},
        **more,
    }
    return {"parent": parent, "message": message, "children": []}


CHATGPT = {
    "title": "Pumps",
    "create_time": 1_700_000_000.0,
    "conversation_id": "c-1",
    "current_node": "a2",
    "mapping": {
        "a2": chatgpt("assistant", "Half past four.", parent="q1", metadata={"model_slug": "gpt-4o"}),
        "root": {"parent": None, "message": None, "children": ["sys"]},
        "sys": chatgpt("system", "", parent="root"),
        "q1": chatgpt("user", "When?", {"content_type": "image_asset_pointer"}, parent="sys"),
        "call": chatgpt("assistant", "search('pump')", parent="q1", recipient="browser"),
        "tool": chatgpt("tool", "4.2 bar", parent="call"),
        "a1": chatgpt("assistant", "At four.", parent="tool"),
        "hidden": chatgpt("user", "secret", parent="a1", metadata={"is_visually_hidden_from_conversation": True}),
        "q2": chatgpt("user", "Why?", parent="hidden"),
    },
}

OPEN_WEBUI = {
    "id": "w-1",
    "title": "펌프",
    "created_at": 1_700_000_000,
    "chat": {
        "history": {
            "currentId": "a",
            "messages": {
                "q": {"id": "q", "parentId": None, "role": "user", "content": "언제?", "timestamp": 1_700_000_001},
                "a": {
                    "id": "a",
                    "parentId": "q",
                    "role": "assistant",
                    "model": "qwen3:8b",
                    "content": '<details type="reasoning" done="true">hm</details>\n네 시.',
                    "timestamp": 1_700_000_002,
                },
            },
        }
    },
}


def only(value: Any) -> Imported:
    [found] = chats(value)
    return found


def told(chat: Imported) -> list[tuple[str, str | None, str]]:
    return [(message.id, message.parent, message.content) for message in chat.messages]


def test_chatgpt_s_tree_is_kept_and_what_nobody_said_is_left_out() -> None:
    found = only(CHATGPT)
    assert told(found) == [
        ("q1", None, "When?"),
        ("a2", "q1", "Half past four."),
        ("a1", "q1", "At four."),
        ("q2", "a1", "Why?"),
    ]
    assert (found.origin, found.title, found.head, found.created_at) == ("chatgpt:c-1", "Pumps", "a2", 1_700_000_000.0)
    assert found.messages[1].details == {"model": "gpt-4o"}


def test_open_webui_s_chats_are_read_without_their_reasoning() -> None:
    found = only(OPEN_WEBUI)
    assert told(found) == [("q", None, "언제?"), ("a", "q", "네 시.")]
    assert (found.origin, found.title, found.head) == ("open-webui:w-1", "펌프", "a")
    assert found.messages[1].created_at == 1_700_000_002


def test_an_older_open_webui_chat_is_a_flat_list() -> None:
    messages = [
        {"role": "user", "content": "When?"},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "At four."},
    ]
    found = only({"chat": {"title": "Old", "timestamp": 1_700_000_000_000, "messages": messages}})
    assert told(found) == [("0", None, "When?"), ("2", "0", "At four.")]
    assert found.created_at == 1_700_000_000.0


@pytest.mark.parametrize("parts", [7, "When?", {"text": "When?"}])
def test_parts_that_are_no_list_say_nothing(parts: Any) -> None:
    node = chatgpt("user")
    node["message"]["content"]["parts"] = parts
    assert only({"mapping": {"q": node}}).messages == ()


def test_reasoning_that_does_not_end_is_not_looked_for_again_and_again() -> None:
    said = '<details type="reasoning">' * 30_000
    before = time.process_time()
    found = only({"chat": {"messages": [{"role": "assistant", "content": f"{said}x"}]}})
    assert found.messages[0].content == f"{said}x"
    assert time.process_time() - before < 5, "processor time; what grows with the square takes minutes"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://elsewhere.test/", "//elsewhere.test/#/documents/1"])
def test_a_file_does_not_choose_where_a_citation_leads(url: str) -> None:
    one = {"number": 1, "document_id": "d", "path": "p", "title": "p", "text": "t", "verdict": "weak", "url": url}
    message = {"id": "a", "role": "assistant", "content": "So [1].", "citations": [one]}
    session = {"id": "s", "messages": [message]}
    found = only({"format": "ibidem-sessions", "version": 1, "sessions": [session]})
    assert "citations" not in found.messages[0].details


def test_half_a_character_does_not_stop_an_import() -> None:
    node = chatgpt("user", "a \ud83d b\x00")
    assert told(only({"mapping": {"q": node}}))[0][2] == "a \ufffd b\ufffd"


@pytest.mark.parametrize("moment", [None, "yesterday", -1, float("nan"), float("inf"), 1e300, 10**400, True])
def test_a_time_that_is_none_is_left_out(moment: Any) -> None:
    found = only({"mapping": {"q": chatgpt("user", "When?", create_time=moment)}, "create_time": moment})
    assert (found.created_at, found.messages[0].created_at) == (None, None)


@pytest.mark.parametrize(
    "value",
    [
        17,
        [],
        {"question": "When?"},
        {"mapping": []},
        {"mapping": {"q": None}},
        {"mapping": {"a": chatgpt("user", "1", parent="b"), "b": chatgpt("user", "2", parent="a")}},
        {"mapping": {"q": chatgpt("user", "x" * (MAX_CHARS + 1))}},
        {"format": "ibidem-sessions", "version": 99, "sessions": []},
        {"format": "ibidem-sessions", "version": 1, "sessions": [7]},
        {"format": "ibidem-sessions", "version": 1, "sessions": 7},
        {"format": "ibidem-sessions", "version": 1, "sessions": [{"messages": [{"role": "king", "content": "x"}]}]},
    ],
)
def test_what_is_no_chat_is_refused(value: Any) -> None:
    with pytest.raises(BadInput) as error:
        list(chats(value))
    assert error.value.hint
