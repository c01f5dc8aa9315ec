"""Every page, in both languages, light and dark, wide and narrow: no serious fault for axe, and a picture to look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import ask, press_button, sign_in

AXE = Path("web/node_modules/axe-core/axe.min.js")
PICTURES = Path("build/page")  # which git ignores
REPLY = (
    "## Relief valve\n\nThe relief valve opens at **4.2 bar** [1]. The filter is cleaned every month [1].\n\n"
    "| part | when |\n|---|---|\n| valve | 4.2 bar |\n| filter | monthly |\n\n"
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
AT_REST = (  # what moves has come to rest
    "Promise.all(document.getAnimations().filter(one => one.effect.getTiming().iterations !== Infinity)"
    ".map(one => one.finished.catch(() => 0))).then(() => 0)"
)
SIZES = {"desktop": (1280, 800, False), "dark": (1280, 800, True), "phone": (360, 740, False)}


@pytest.fixture(scope="module", params=["en-US", "ko-KR"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    one = Browser(tmp_path_factory.mktemp("look"), language=request.param)
    yield one
    one.close()


def faults(page: Browser) -> list[str]:
    """What axe finds serious, with the element."""
    page.evaluate(AXE.read_text("utf-8") + ";0")
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(result => JSON.stringify(result.violations.filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary.slice(0, 300)])))"
    )
    return [str(one) for one in json.loads(found)]


@pytest.mark.skipif(not AXE.exists(), reason="needs the page's packages, which `make page` installs")
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_sound(browser: Browser, writer: Server, model: FakeModelServer, size: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    model.reply = [REPLY]
    width, height, dark = SIZES[size]
    browser.size(width, height, dark=dark)
    found: list[str] = []

    def look(name: str) -> None:
        browser.evaluate(AT_REST)
        language = browser.evaluate("document.documentElement.lang")
        browser.shot(PICTURES / f"{name.replace('/', '-')}-{size}-{language}.png")
        found.extend(f"{name}: {fault}" for fault in faults(browser))
        assert not re.search(r"NaN|undefined|\[object", browser.text("body"))
        assert browser.evaluate("document.documentElement.scrollWidth") <= width

    sign_in(browser, writer)
    look("new")
    ask(browser, "When does the relief valve of the pump open?")
    browser.wait("document.querySelector('.answer pre')")
    look("answer")
    browser.click(".answer .cite")
    browser.wait("document.querySelector('aside .document-text li')")
    look("source")
    browser.press("Escape")
    browser.wait("!document.querySelector('aside')")
    for name in ("What was used", "무엇을 썼나"):
        if browser.evaluate(f"Boolean(document.querySelector('[aria-label=\"{name}\"]'))"):
            press_button(browser, name)
    browser.wait("document.querySelector('[role=dialog]')")
    look("used")
    browser.press("Escape")
    for place, (titles, shown) in PLACES.items():
        browser.evaluate(f"location.hash = '#/{place}'")
        title = "document.querySelector('main h1')?.innerText"
        browser.wait(f"{json.dumps(titles)}.includes({title}) && document.querySelector('{shown}')")
        look(place)
    assert not found, "\n".join(found)
