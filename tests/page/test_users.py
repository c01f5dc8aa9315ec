"""The page of a server with names and passwords: who looks after users, and what each may do about their own account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.api.serving import Server, is_error, serving
from tests.api.signing_in import PASSWORD, add_users
from tests.api.signing_in import browser as client
from tests.api.signing_in import sign_in as client_of
from tests.page.browser import Browser
from tests.page.conftest import press_button
from tests.page.looking import look, with_axe
from tests.page.test_settings import go, labelled, write
from tests.page.test_sign_in import fill

ANOTHER = "another pump battery ten"
LANGUAGES = {"ko-KR": "사용자", "en-US": "Users"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("users") / "data"
    add_users(data, boss="admin", jun="member", sora="member", minji="member")
    with serving(data, IBIDEM_SERVE__SIGN_IN="password") as running:
        yield running


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    browser = Browser(tmp_path / "profile", language="ko-KR")
    yield browser
    browser.close()


def enter(page: Browser, server: Server, name: str, password: str = PASSWORD) -> None:
    page.open(server.url)
    page.wait("document.querySelector('input[type=password]')", 10)
    fill(page, "input[autocomplete=username]", name)
    fill(page, "input[type=password]", password)
    page.press("Enter")
    page.wait("document.querySelector('.sections')", 10)


def line(name: str) -> str:
    return f"[...document.querySelectorAll('main li')].find(one => one.querySelector('.chips > span')?.innerText === '{name}')"


def choose(page: Browser, name: str, action: str) -> None:
    press_button(page, f"{name} 메뉴")
    page.wait("document.querySelector('[role=menu]')")
    page.rest()
    press_button(page, action)
    page.wait("!document.querySelector('[role=menu]')")


def refused(server: Server, name: str, password: str) -> None:
    with client(server) as stranger:
        is_error(stranger.post("/api/auth/login/", json={"username": name, "password": password}), 401)


def test_an_admin_adds_a_user_who_can_sign_in(server: Server, page: Browser) -> None:
    enter(page, server, "boss")
    go(page, "settings/users", "li [aria-haspopup=menu]")
    press_button(page, "사용자 추가")
    write(page, labelled("이름"), "하늘")
    write(page, labelled("비밀번호"), PASSWORD)
    press_button(page, "추가")
    page.wait(f"{line('하늘')}?.innerText.includes('구성원')")
    assert "아직 사용 안 함" in page.evaluate(f"{line('하늘')}.innerText")
    client_of(server, "하늘").close()
    page.evaluate("location.reload()")
    page.wait(f"{line('하늘')}?.innerText.includes('마지막 사용')", 10)


def test_a_role_and_a_password_are_set(server: Server, page: Browser) -> None:
    enter(page, server, "boss")
    go(page, "settings/users", "li [aria-haspopup=menu]")
    choose(page, "sora", "관리자로 바꾸기")
    page.wait(f"{line('sora')}?.innerText.includes('관리자')")
    choose(page, "sora", "구성원으로 바꾸기")
    page.wait(f"{line('sora')}?.innerText.includes('구성원')")
    choose(page, "sora", "비밀번호 정하기")
    write(page, labelled("새 비밀번호"), ANOTHER)
    press_button(page, "비밀번호 정하기")
    page.wait("!document.querySelector('[role=dialog]')", 10)
    refused(server, "sora", PASSWORD)
    client_of(server, "sora", ANOTHER).close()


def test_who_is_disabled_is_out_at_once_and_may_come_back(server: Server, page: Browser) -> None:
    with closing(client_of(server, "jun")) as jun:
        enter(page, server, "boss")
        go(page, "settings/users", "li [aria-haspopup=menu]")
        choose(page, "jun", "사용 중지")
        press_button(page, "사용 중지", -1)
        page.wait(f"{line('jun')}?.innerText.includes('사용 중지')")
        is_error(jun.get("/api/auth/user/"), 401)
        choose(page, "jun", "다시 사용")
        page.wait(f"{line('jun')} && !{line('jun')}.innerText.includes('사용 중지')")
        assert jun.get("/api/auth/user/").status_code == 200


def test_nobody_takes_away_what_keeps_the_server_governed(server: Server, page: Browser) -> None:
    """One's own role, and that of the machine's owner."""
    enter(page, server, "boss")
    go(page, "settings/users", "li [aria-haspopup=menu]")
    for name in ("boss", "local"):
        press_button(page, f"{name} 메뉴")
        page.wait("document.querySelector('[role=menu]')")
        assert page.evaluate("[...document.querySelectorAll('[role=menuitem]')].map(one => one.innerText)") == [
            "비밀번호 정하기"
        ]
        page.press("Escape")
        page.wait("!document.querySelector('[role=menu]')")


def test_a_member_is_shown_no_way_to_the_server_and_told_so_there(server: Server, page: Browser) -> None:
    enter(page, server, "minji")
    page.click_node("[...document.querySelectorAll('.sections [aria-haspopup=menu]')].at(-1)")
    page.wait("document.querySelector('[role=menu]')")
    items = page.evaluate("[...document.querySelectorAll('[role=menu] [role=menuitem]')].map(one => one.innerText)")
    assert "계정과 키" in items and "서버 설정" not in items
    page.press("Escape")
    for place in ("settings", "settings/users", "settings/connections"):
        page.evaluate(f"location.hash = '#/{place}'")
        page.wait("document.querySelector('main [role=alert]')?.innerText === '관리자만 볼 수 있습니다.'")


def test_one_changes_ones_password_and_ends_ones_other_sign_ins(server: Server, page: Browser) -> None:
    with closing(client_of(server, "minji")) as elsewhere:
        enter(page, server, "minji")
        go(page, "account", "[aria-labelledby=logins] li")
        page.wait("document.querySelector('main').innerText.includes('이 브라우저')")
        press_button(page, "다른 곳 모두 로그아웃")
        page.wait("document.querySelectorAll('section[aria-labelledby=logins] li').length === 1")
        is_error(elsewhere.get("/api/auth/user/"), 401)
    press_button(page, "비밀번호 바꾸기")
    write(page, labelled("지금 비밀번호"), "not the password")
    write(page, labelled("새 비밀번호"), ANOTHER)
    press_button(page, "저장")
    page.wait("document.querySelector('[role=dialog] [role=alert]')", 10)
    write(page, labelled("지금 비밀번호"), PASSWORD)
    press_button(page, "저장")
    page.wait("!document.querySelector('[role=dialog]')", 10)
    refused(server, "minji", PASSWORD)
    client_of(server, "minji", ANOTHER).close()


@with_axe
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_users_page_is_sound_in_both_languages(server: Server, tmp_path: Path, language: str) -> None:
    browser = Browser(tmp_path / "profile", language=language)
    try:
        enter(browser, server, "boss")
        for width, height in ((1280, 800), (360, 740)):
            browser.size(width, height)
            go(browser, "settings/users", "li [aria-haspopup=menu]")
            browser.wait(f"document.querySelector('main nav [aria-current]')?.innerText === '{LANGUAGES[language]}'")
            assert look(browser, f"users-{width}") == []
    finally:
        browser.close()
