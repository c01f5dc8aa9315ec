"""Every page, in both languages, light and dark, wide and narrow: no serious fault for axe, and a picture to look at."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import ask, press_button, sign_in
from tests.page.looking import SIZES, look, with_axe

REPLY = (
    "## Relief valve\n\nThe relief valve opens at **4.2 bar** [1]. The filter is cleaned every month [1].\n\n"
    "| part | when | what is done | remarks |\n|---|--:|---|---|\n| relief valve | 4.2 bar | opens by itself [1] | 압력계로 확인 |\n"
    "| inlet filter | monthly | cleaned | in the shift lead's list |\n\n$$F = p A = 4.2 \\times 10^5 \\frac{\\pi d^2}{4}$$\n\n"
    "```python\ndef opens(bar: float) -> bool:\n    return bar >= 4.2\n```\n"
)
PLACES = {  # its title, and what is there once it has loaded
    "documents": (("Documents", "문서"), "main tbody tr"),
    "templates": (("Templates", "템플릿"), "main .cards h2"),
    "models": (("Models", "모델"), "main .memory-bar"),
    "jobs": (("Jobs", "작업"), "main .toolbar + :is(p, section)"),
    "settings": (("Server", "서버"), "main .setting"),
    "settings/state": (("Server", "서버"), "main .disk-parts li"),
    "settings/connections": (("Server", "서버"), "main section li .line"),
    "account": (("Account", "계정"), "main [aria-labelledby=logins] li"),
}


@pytest.fixture(scope="module", params=["en-US", "ko-KR"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    one = Browser(tmp_path_factory.mktemp("look"), language=request.param)
    yield one
    one.close()


DIALOGS = {"palette": ("k", 2, 75), "keys": ("?", 0, 191)}  # the key, its modifiers and its code that open each


@with_axe
@pytest.mark.parametrize("size", SIZES)
def test_every_dialog_is_sound(browser: Browser, writer: Server, size: str) -> None:
    width, height, dark = SIZES[size]
    browser.size(width, height, dark=dark)
    sign_in(browser, writer)
    found: list[str] = []
    for name, (key, modifiers, code) in DIALOGS.items():
        browser.evaluate("document.activeElement.blur()")
        browser.press(key, modifiers=modifiers, code=code)
        browser.wait("document.querySelector('[role=dialog] :is([role=option], kbd)')")
        found += look(browser, f"{name}-{size}")
        browser.press("Escape")
        browser.wait("!document.querySelector('[role=dialog]')")
    browser.evaluate("location.hash = '#/templates'")
    browser.click("main .cards button")
    browser.wait("document.querySelector('[role=dialog] form')")
    found += look(browser, f"template-{size}")
    browser.press("Escape")
    browser.wait("!document.querySelector('[role=dialog]')")
    assert not found, "\n".join(found)


@with_axe
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_sound(browser: Browser, writer: Server, model: FakeModelServer, size: str) -> None:
    model.reply = [REPLY]
    width, height, dark = SIZES[size]
    browser.size(width, height, dark=dark)
    found: list[str] = []

    sign_in(browser, writer)
    found += look(browser, f"new-{size}")
    ask(browser, "When does the relief valve of the pump open?")
    browser.wait("document.querySelector('.answer pre')")
    found += look(browser, f"answer-{size}")
    browser.click(".answer .cite")
    browser.wait("document.querySelector('aside .document-text li')")
    found += look(browser, f"source-{size}")
    browser.press("Escape")
    browser.wait("!document.querySelector('aside')")
    for name in ("What was used", "사용한 자료"):
        if browser.evaluate(f"Boolean(document.querySelector('[aria-label=\"{name}\"]'))"):
            press_button(browser, name)
    browser.wait("document.querySelector('[role=dialog]')")
    found += look(browser, f"used-{size}")
    browser.press("Escape")
    for place, (titles, shown) in PLACES.items():
        browser.evaluate(f"location.hash = '#/{place}'")
        title = "document.querySelector('main h1')?.innerText"
        browser.wait(f"{json.dumps(titles)}.includes({title}) && document.querySelector('{shown}')")
        found += look(browser, f"{place}-{size}")
    assert not found, "\n".join(found)
