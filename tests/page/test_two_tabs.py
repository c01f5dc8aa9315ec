"""One chat in two browsers, and what a screen reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, ENDED, answer, ask, sign_in


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path / "other", language="en-US")
    yield browser
    browser.close()


def test_an_answer_is_followed_in_a_second_tab_and_stopped_there(
    writing: Browser, other: Browser, writer: Server, model: FakeModelServer
) -> None:
    model.reply, model.pause_s = [f"w{n} " for n in range(600)], 0.02
    sign_in(other, writer)
    ask(writing, "pump?", wait="document.querySelector('.answer')?.innerText.includes('w5')")
    other.evaluate(f"location.hash = {writing.evaluate('location.hash')!r}")
    other.wait("document.querySelector('.answer')?.innerText.includes('w9')", 10)
    other.click(BOX)
    other.type("a draft of the second tab")
    other.press("Escape")
    for tab in (other, writing):
        tab.wait(ENDED, 10)
    assert answer(writing) == answer(other) != ""
    assert writing.text(".status-line").startswith("중지") and other.text(".status-line").startswith("Stopped")
    assert writing.evaluate(f"document.querySelector('{BOX}').value") == ""
    assert other.messages == []


def test_an_answer_is_read_aloud_once_and_whole_and_the_focus_stays(writing: Browser, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"w{n} " for n in range(30)], 0.02
    writing.evaluate(
        "window.said = []; new MutationObserver(() => { const text = document.querySelector('[aria-live=polite]')"
        "?.innerText; if (text && said.at(-1) !== text) said.push(text); })"
        ".observe(document.body, {subtree: true, childList: true, characterData: true}), 0"
    )
    ask(writing, "pump?")
    writing.wait("said.length")
    assert writing.evaluate("said.length") == 1
    assert "w0 w1" in writing.evaluate("said[0]") and "w29" in writing.evaluate("said[0]")
    model.reply = ["Again."]
    ask(writing, "and the valve?", wait="said.length === 2")
    assert writing.evaluate(f"document.activeElement === document.querySelector('{BOX}')")
    assert writing.evaluate("document.querySelector('.answer').ariaBusy") == "false"
