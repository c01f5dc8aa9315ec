"""The page of a server that asks for names and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving
from tests.api.signing_in import PASSWORD, add_users
from tests.page.browser import Browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    add_users(tmp_path / "data", boss="admin")
    with serving(tmp_path / "data", IBIDEM_SERVE__SIGN_IN="password") as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path / "profile", language="ko-KR")
    yield browser
    browser.close()


def fill(page: Browser, selector: str, text: str) -> None:
    page.click(selector)
    page.evaluate("document.activeElement.select()")
    page.type(text)


def test_a_name_and_a_password_open_the_page_and_a_wrong_one_is_told(server: Server, page: Browser) -> None:
    page.open(server.url)
    assert page.text(".gate h1") == "로그인해 주세요"
    page.wait("document.activeElement.autocomplete === 'username'")
    assert "ibidem open" not in page.text(".gate")
    name, password = "input[autocomplete=username]", "input[type=password]"
    fill(page, name, "boss")
    fill(page, password, "not the password")
    page.press("Enter")
    assert "wrong name or password" in page.text(".gate [role=alert]")
    assert page.evaluate(f"document.querySelector('{name}').value") == "boss"
    fill(page, password, PASSWORD)
    page.press("Enter")
    page.wait("document.querySelector('.first-run')", 10)
    page.open(server.url)
    page.wait("document.querySelector('.first-run')", 10)
