"""A server that dies in the middle of an answer and comes back."""

from __future__ import annotations

from pathlib import Path

from tests.api.serving import start
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import ENDED, answer, ask, press_button, sign_in


def test_a_killed_server_keeps_what_was_written_and_the_question_is_asked_again(
    page: Browser, tmp_path: Path, model: FakeModelServer
) -> None:
    settings = {"IBIDEM_MODELS__DEFAULT": "ollama:tiny", "IBIDEM_MODELS__OLLAMA_URL": model.ollama_url}
    words = [f"w{n}" for n in range(60)]
    model.reply, model.pause_s = [f"{word} " for word in words], 0.03
    server = start(tmp_path / "data", **settings)
    try:
        sign_in(page, server)
        ask(page, "pump?", wait="document.querySelector('.answer')?.innerText.includes('w5')")
        page.evaluate("document.querySelector('.composer textarea').focus()")
        page.type("kept")
        server.kill()
        page.wait("document.querySelector('.lost')")
        assert "w5" in answer(page), "what was written stays on the screen"
        server = start(tmp_path / "data", port=server.port, **settings)
        page.wait(f"!document.querySelector('.lost') && {ENDED}", 20)
        assert "멈췄습니다" in page.text(".status-line") and answer(page).startswith("w0 w1")
        assert page.evaluate("document.querySelector('.composer textarea').value") == "kept"
        model.pause_s = 0.0
        press_button(page, "다시 답하기")
        page.wait("document.querySelector('.answer .markdown')?.innerText.includes('w59')", 10)
        assert answer(page).split() == words
    finally:
        page.open("about:blank")
        server.stop()
    assert all("ERR_" in message or "WebSocket" in message for message in page.messages), page.messages
    page.messages.clear()
