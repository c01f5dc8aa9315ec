"""The page of a server that asks for names and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving
from tests.api.signing_in import PASSWORD, add_users
from tests.page.browser import Browser
from tests.page.conftest import press_button
from tests.page.documents import open_documents


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    add_users(tmp_path / "data", boss="admin", mina="member")
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


def test_what_is_half_written_when_a_sign_in_ends_is_there_for_the_same_person_alone(
    server: Server, page: Browser
) -> None:
    def enter(who: str) -> None:
        page.wait("document.querySelector('.gate')", 10)
        fill(page, "input[autocomplete=username]", who)
        fill(page, "input[type=password]", PASSWORD)
        page.press("Enter")
        page.wait("!document.querySelector('.gate')", 10)

    written = "document.querySelector('[role=dialog] input')?.value"
    page.open(server.url)
    enter("mina")
    open_documents(page)
    press_button(page, "텍스트 붙여넣기")
    fill(page, "[role=dialog] input", "limpet.md")
    fill(page, "[role=dialog] textarea:not([aria-hidden])", "The limpet holds on.")
    for who, kept in (("mina", "limpet.md"), ("boss", None)):
        page.send("Network.clearBrowserCookies")
        press_button(page, "추가")
        enter(who)
        page.wait(f"document.querySelector('nav')?.innerText.includes({who!r})", 10)
        assert page.evaluate(written) == kept
