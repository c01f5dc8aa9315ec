"""Code blocks and what is done with them; colours from the start; a chat as a file."""

from __future__ import annotations

from tests.api.serving import Server
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, ask, press_button

CODE = "def opens(bar):\n    return bar >= 4.2  # <b>"


def test_code_is_copied_wrapped_and_downloaded(writing: Browser, model: FakeModelServer) -> None:
    model.reply = [f"```python\n{CODE}\n```\n"]
    writing.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    writing.evaluate(
        "window.saved = []; const make = URL.createObjectURL;"
        " URL.createObjectURL = blob => { blob.text().then(text => saved.push(text)); return make(blob) };"
        " HTMLAnchorElement.prototype.click = function () { saved.push(this.download) }, 0"
    )
    ask(writing, "How?")
    writing.wait("document.querySelector('.answer .hljs-keyword')?.innerText === 'def'")
    assert writing.text(".answer figcaption span") == "python"
    press_button(writing, "코드 복사")
    writing.wait("document.querySelector('.answer figcaption [aria-label=복사함]')")
    assert writing.evaluate("navigator.clipboard.readText()") == CODE
    press_button(writing, "줄 바꿈")
    writing.wait("getComputedStyle(document.querySelector('.answer pre')).whiteSpace.startsWith('pre-wrap')")
    press_button(writing, "코드 내려받기")
    writing.wait("saved.length === 2")
    assert writing.evaluate("saved") == ["code.py", CODE]


def test_the_chosen_colours_are_there_before_anything_is_drawn(signed_in: Browser, server: Server) -> None:
    script = signed_in.send(
        "Page.addScriptToEvaluateOnNewDocument",
        source="document.addEventListener('readystatechange', () => { window.early ??= document.documentElement.dataset.theme })",
    )["identifier"]
    signed_in.evaluate("localStorage.setItem('ibidem-mode', 'dark')")
    signed_in.open("about:blank")
    signed_in.open(server.url)
    signed_in.wait(f"document.querySelector('{BOX}')", 15)
    assert signed_in.evaluate("window.early") == "dark"
    signed_in.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def test_a_chat_is_exported_from_its_menu(writing: Browser, model: FakeModelServer) -> None:
    model.reply = ["The lantern is lit."]
    ask(writing, "Export this?")
    for item, form in (("Markdown으로 내보내기", "markdown"), ("JSON으로 내보내기", "json")):
        press_button(writing, "Export this? 작업")
        found = f"[...document.querySelectorAll('[role=menuitem]')].find(one => one.innerText === {item!r})"
        writing.wait(f"{found}?.href.endsWith('format={form}')")
        text = writing.evaluate(f"fetch({found}.href).then(answer => answer.text())")
        assert "The lantern is lit." in text
        writing.press("Escape")
        writing.wait("!document.querySelector('[role=menuitem]')")
