"""The pages of the server and of one's own account, in local mode: settings, state, connections, profiles, keys, jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ibidem.settings.options import each_option
from tests.api.serving import Server, put_text, serving, wait_for
from tests.page.browser import Browser
from tests.page.conftest import press_button, sign_in
from tests.page.looking import look, with_axe

FILE = "# mine\n[retrieve]\nhits = 20  # many\n"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("own") / "data"
    data.mkdir()
    (data / "ibidem.toml").write_text(FILE)
    with serving(data, IBIDEM_JOBS__ANSWERS="3", IBIDEM_MODELS__OPENAI_KEY="sk-canary") as running:
        put_text(running, "pump.md", "The pump starts.")  # without a document the page would begin with its first steps
        yield running


@pytest.fixture
def at(page: Browser, own: Server) -> Browser:
    """Signed in as the machine's owner, on the settings page."""
    (own.data / "ibidem.toml").write_text(FILE)
    sign_in(page, own)
    go(page, "settings", ".setting")
    return page


def go(page: Browser, place: str, shown: str) -> None:
    page.evaluate(f"location.hash = '#/{place}'")
    page.wait(f"document.querySelector('main {shown}')", 10)


def row(name: str, inside: str = "") -> str:
    """The row of a setting, or what is inside of it."""
    found = f"[...document.querySelectorAll('.setting')].find(one => one.querySelector('h3').innerText === '{name}')"
    return f"{found}?.querySelector('{inside}')" if inside else found


def labelled(label: str) -> str:
    """The field of a dialog with this label."""
    found = f"[...document.querySelectorAll('[role=dialog] label')].find(one => one.innerText.includes({label!r}))"
    return f"document.getElementById({found}?.htmlFor)"


def write(page: Browser, field: str, text: str) -> None:
    page.click_node(field)
    page.evaluate("document.activeElement.select()")
    page.type(text)


def said(server: Server) -> str:
    return (server.data / "ibidem.toml").read_text("utf-8")


def test_a_setting_is_found_changed_and_reset(at: Browser, own: Server) -> None:
    write(at, "document.querySelector('main input[type=search]')", "합친 뒤")
    at.wait("document.querySelectorAll('.setting').length === 1")
    write(at, row("retrieve.hits", "input"), "33")
    press_button(at, "retrieve.hits 저장")
    at.wait(f"{row('retrieve.hits')}?.innerText.includes('다시 시작하면 적용, 지금은 20')")
    assert said(own) == FILE.replace("hits = 20", "hits = 33")
    assert "다시 시작해야" in at.text("main [role=alert]")
    press_button(at, "retrieve.hits 기본값으로")
    at.wait(f"{row('retrieve.hits', 'input')}?.value === '30'")
    assert "hits" not in said(own)


def test_the_server_is_started_again_with_what_was_changed(at: Browser) -> None:
    write(at, row("retrieve.read_s", "input"), "5")
    at.press("Enter")
    at.wait(f"{row('retrieve.read_s')}?.innerText.includes('지금은 8')")
    press_button(at, "서버 다시 시작")
    at.wait("document.querySelector('[role=dialog]')")
    at.rest()
    press_button(at, "서버 다시 시작", -1)
    at.wait("!document.querySelector('[role=dialog]')", 30)
    at.wait(f"{row('retrieve.read_s', 'input')}?.value === '5' && !document.querySelector('main [role=alert]')")
    at.messages.clear()  # the browser notes that nobody answered for a while


def test_what_is_no_value_is_told_beside_its_field_and_kept_there(at: Browser, own: Server) -> None:
    write(at, row("retrieve.hits", "input"), "many")
    at.press("Enter")
    at.wait(f"{row('retrieve.hits')}?.innerText.includes(\"not 'many'\")")
    assert at.evaluate(f"{row('retrieve.hits', 'input')}.value") == "many"
    assert said(own) == FILE
    at.messages.clear()  # the browser notes the answer 400


def test_a_switch_is_saved_as_it_is_turned(at: Browser, own: Server) -> None:
    at.click_node(row("models.offline", "input[type=checkbox]"))
    at.wait(f"{row('models.offline', 'input')}?.checked")
    assert "offline = true" in said(own)


def test_every_setting_is_explained_in_korean(at: Browser) -> None:
    told = at.evaluate(
        "[...document.querySelectorAll('.setting')].map(one => [one.querySelector('h3').innerText,"
        " one.querySelector('h3 + p').innerText])"
    )
    names = sorted(f"{section}.{option.name}" for section, option in each_option())
    assert sorted(name for name, _ in told) == names
    assert [name for name, meaning in told if not re.search("[가-힣]", meaning)] == []


def test_what_the_environment_or_the_file_alone_sets_has_no_field_and_says_why(at: Browser) -> None:
    for name, variable in (("jobs.answers", "IBIDEM_JOBS__ANSWERS"), ("serve.sign_in", "IBIDEM_SERVE__SIGN_IN")):
        assert variable in at.wait(f"{row(name)}?.innerText")
        assert at.evaluate(f"{row(name)}.querySelectorAll('input').length") == 0
    assert "sk-canary" not in at.evaluate("document.documentElement.innerHTML")


def test_the_state_and_the_connections_are_shown(at: Browser, own: Server) -> None:
    go(at, "settings/state", ".disk-parts li")
    assert str(own.data) in at.text(".facts-list")
    own.http.get("/api/models/")
    go(at, "settings/connections", "li .line")
    assert "http://127.0.0.1:11434" in at.text("main")
    at.wait("/\\d번 연결/.test(document.querySelector('main').innerText)")
    assert "연결한 적 없음" in at.text("main")  # where models are fetched from


def test_a_key_is_made_shown_once_and_revoked(at: Browser, own: Server) -> None:
    go(at, "account", "#keys")
    press_button(at, "새 키")
    write(at, labelled("쓰임새"), "편집기")
    press_button(at, "만들기")
    key = at.wait("document.querySelector('[role=dialog] input[readonly]')?.value")
    with httpx.Client(base_url=own.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as program:
        assert program.get("/api/workspaces/").status_code == 200
        press_button(at, "완료")
        at.wait("!document.querySelector('[role=dialog]')")
        assert key not in at.evaluate("document.documentElement.innerHTML")
        press_button(at, "편집기 폐기")
        press_button(at, "폐기", -1)
        at.wait(
            "!document.querySelector('[role=dialog]') && !document.querySelector('main').innerText.includes('편집기')"
        )
        assert program.get("/api/workspaces/").status_code == 401


def test_a_profile_is_made_and_switched_and_changes_no_settings(at: Browser) -> None:
    go(at, "account", "#keys")
    press_button(at, "새 프로필")
    write(at, labelled("이름"), "민지")
    press_button(at, "만들기")
    at.wait("document.querySelector('.sections')?.innerText.includes('민지')", 10)
    go(at, "settings", ".setting")
    assert at.evaluate("document.querySelectorAll('.setting input').length") == 0
    go(at, "account", "#keys")
    press_button(at, "local(으)로 바꾸기")
    at.wait(
        "document.querySelector('.composer') && !document.querySelector('.sections').innerText.includes('민지')", 10
    )
    go(at, "settings", ".setting input")


def test_a_running_job_shows_how_far_it_is_and_is_cancelled(at: Browser, own: Server, tmp_path: Path) -> None:
    for number in range(4000):
        (tmp_path / f"{number}.md").write_text(f"The okapi number {number}. " * 40)
    source = own.http.post("/api/workspaces/home/sources/", json={"path": str(tmp_path), "watch": False}).json()
    go(at, "jobs", "[role=progressbar]")
    at.wait("document.querySelector('main [role=progressbar][aria-valuenow]')", 10)
    assert str(tmp_path) in at.text("main li")
    press_button(at, f"취소: 폴더 읽기 · {tmp_path}")
    job = f"/api/jobs/{source['job']}/"
    wait_for(lambda: own.http.get(job).json()["state"] == "cancelled", "the job ends")
    at.wait("!document.querySelector('main [role=progressbar]')")


@with_axe
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["wide", "phone"])
def test_no_page_of_these_has_a_serious_fault(at: Browser, own: Server, size: tuple[int, int]) -> None:
    at.size(*size)
    found = []
    own.http.post("/api/keys/", json={"name": "editor"})
    for place, shown in (
        ("settings", ".setting"),
        ("settings/state", ".disk-parts li"),
        ("settings/connections", "li .line"),
        ("account", "#keys"),
        ("jobs", ".toolbar a"),
    ):
        go(at, place, shown)
        found += look(at, f"{place}-{size[0]}")
    go(at, "account", "#keys")
    press_button(at, "새 키")
    at.wait("document.querySelector('[role=dialog]')")
    found += look(at, f"new-key-{size[0]}")
    assert not found, json.dumps(found, indent=1)
