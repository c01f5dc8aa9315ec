"""The page of a server that asks for names and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving
from tests.api.signing_in import PASSWORD, add_users
from tests.page.browser import BINARY, Browser

pytestmark = pytest.mark.skipif(BINARY is None, reason="needs Chromium")


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
    page.type(text)


def test_a_name_and_a_password_open_the_page_and_a_wrong_one_is_told(server: Server, page: Browser) -> None:
    page.open(server.url)
    page.wait("!document.getElementById('sign-in').hidden")
    assert page.evaluate("document.activeElement.id") == "username"
    assert page.evaluate("document.getElementById('gate-command').hidden")
    assert page.text("#gate-title") == "로그인해 주세요"
    fill(page, "#username", "boss")
    fill(page, "#password", "not the password")
    page.click("#sign-in button")
    page.wait("document.querySelector('#sign-in .error').textContent.includes('wrong name or password')")
    assert page.evaluate("document.getElementById('password').value") == ""
    fill(page, "#password", PASSWORD)
    page.click("#sign-in button")
    page.wait("!document.getElementById('page').hidden && document.getElementById('gate').hidden")
    page.open(server.url)
    page.wait("!document.getElementById('page').hidden")
