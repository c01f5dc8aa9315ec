"""Wherever a stranger's text is shown, nothing in it asks another server, and nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Server, put_text
from tests.fakes.model_server import ERRORS, FakeModelServer
from tests.page.browser import Browser
from tests.page.canary import Canary
from tests.page.conftest import answer, ask, press_button
from tests.page.test_safety import MADE

IDLE = "new Promise(done => requestIdleCallback(() => requestIdleCallback(() => requestAnimationFrame(done))))"


@pytest.fixture
def canary() -> Iterator[Canary]:
    bird = Canary()
    yield bird
    bird.close()
    assert bird.asked == []


def test_the_canary_tells_when_it_is_asked() -> None:
    import httpx

    bird = Canary()
    httpx.get(f"{bird.url}/x", trust_env=False)
    bird.close()
    assert bird.asked == ["/x"]


def test_an_answer_asks_nobody(writing: Browser, model: FakeModelServer, canary: Canary) -> None:
    text = "\n\n".join(canary.attacks()) + "\n\nThe end."
    model.reply = [text[at : at + 11] for at in range(0, len(text), 11)]
    ask(writing, "pump?")
    writing.wait("document.querySelector('.answer .markdown').innerText.includes('The end.')")
    writing.evaluate(IDLE)
    assert writing.evaluate(MADE) == 0
    assert writing.evaluate("document.querySelectorAll('math a, math [href], math [style], math img').length") == 0
    writing.open("about:blank")


def test_a_question_a_title_and_a_template_ask_nobody(
    writing: Browser, writer: Server, model: FakeModelServer, canary: Canary
) -> None:
    model.reply = ["Well."]
    for attack in canary.attacks():
        writer.http.post("/api/sessions/", json={"title": attack[:200]})
    body = {"name": canary.attacks()[2][:80], "system": "\n".join(canary.attacks())}
    made = writer.http.post("/api/prompts/templates/", json=body)
    assert made.status_code == 201, made.text
    ask(writing, canary.attacks()[2] + " pump?")
    writing.wait("document.querySelector('nav').innerText.includes('<img')")
    writing.evaluate("location.hash = '#/templates'")
    writing.wait("document.querySelector('.cards')?.innerText.includes('<img')")
    writing.click_node(
        "[...document.querySelectorAll('.cards > *')].find(one => one.innerText.includes('<img')).querySelector('button')"
    )
    writing.wait("document.querySelector('.template-preview .as-read')?.innerText.includes('<iframe')")
    writing.press("Escape")
    writing.evaluate(IDLE)
    assert writing.evaluate(MADE) == 0
    writer.http.delete(f"/api/prompts/templates/{made.json()['id']}/")


def test_a_document_its_name_and_its_citation_ask_nobody(signed_in: Browser, server: Server, canary: Canary) -> None:
    attacks = "\n\n".join(f"The narwhal says: {attack}" for attack in canary.attacks())
    name = f"<img src='{canary.url}/name.png'>.md"
    put_text(server, name, f"# The narwhal ![h]({canary.url}/heading.png)\n\n{attacks}\n")
    ask(signed_in, "What does the narwhal say?")
    assert "narwhal" in answer(signed_in)
    signed_in.click(".answer .cite, .sources button")
    signed_in.wait("document.querySelector('aside .document-text li')")
    signed_in.evaluate(IDLE)
    assert signed_in.evaluate(MADE) == 0
    press_button(signed_in, "사용한 자료")
    signed_in.wait("document.querySelector('[role=dialog] ol')")
    assert signed_in.evaluate(MADE) == 0
    signed_in.press("Escape")
    signed_in.evaluate("location.hash = '#/documents'")
    signed_in.wait("document.querySelector('main')?.innerText.includes('<img')")
    signed_in.evaluate(IDLE)
    assert signed_in.evaluate(MADE) == 0


def test_an_error_of_a_model_asks_nobody(
    writing: Browser, model: FakeModelServer, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _ = ERRORS["server_error"]
    monkeypatch.setitem(ERRORS, "server_error", (status, {"message": "".join(canary.attacks()[2:4])}))
    monkeypatch.setattr(model, "behaviour", "server_error")
    ask(writing, "pump?")
    assert len(writing.text(".answer [role=alert]")) > 20
    writing.evaluate(IDLE)
    assert writing.evaluate(MADE) == 0
